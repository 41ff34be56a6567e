"""A pack keeps its word or is told where it does not."""

import pytest

from node.cli.pack_new import write_pack
from node.codelists import open_lists
from node.customs.checking.offline import Offline
from node.customs.checking.trial import samples, trial
from node.library import open_pack, open_packs, shipped_documents


@pytest.fixture
def folder(tmp_path):
    write_pack(
        tmp_path / "inspection", "inspection", "inspection.certificate", "urn:example:inspection:1", "InspectionCertificate"
    )
    return tmp_path / "inspection"


def tried(folder):
    pack = open_pack(folder)
    library = open_packs(None, open_lists(None), [pack])
    return [str(problem) for problem in trial(pack, lambda: Offline(library))]


def test_a_new_pack_keeps_its_word(folder):
    assert tried(folder) == []


@pytest.mark.parametrize("name", ["n2n-co", "n2n-aeo", "n2n-man", "n2n-res", "n2n-not", "n2n-rec"])
def test_the_shipped_packs_keep_their_word(name):
    library = open_packs(None, open_lists(None))
    pack = open_pack(shipped_documents() / name)
    # Interchanges are converted first; see the tests of EDIFACT.
    found = [problem for problem in trial(pack, lambda: Offline(library)) if not problem.file.endswith(".edi")]
    assert found == []
    assert len(list(samples(pack))) >= 4


def test_a_good_sample_that_is_refused_is_told_with_file_and_rule(folder):
    sample = folder / "samples" / "good" / "one.xml"
    sample.write_text(sample.read_text().replace("2026-12-31", "2026-05-31"))
    (told,) = tried(folder)
    place = "INSPECTION-01 at /InspectionCertificate/ValidUntil"
    assert told.startswith(f"inspection/samples/good/one.xml: is a good sample, and is refused: {place}: ")
    assert told.endswith("The document has ended before it was issued: 2026-05-31.")


def test_a_bad_sample_that_is_accepted_is_told(folder):
    sample = folder / "samples" / "bad" / "ended.xml"
    sample.write_text(sample.read_text().replace("2026-05-31", "2026-12-31"))
    assert tried(folder) == ["inspection/samples/bad/ended.xml: is to be refused by INSPECTION-01, and was told: accepted"]


def test_a_bad_sample_that_another_rule_refuses_is_told(folder):
    sample = folder / "samples" / "bad" / "ended.xml"
    sample.write_text(sample.read_text().replace("<Number>0002</Number>", ""))
    (told,) = tried(folder)
    assert told.startswith("inspection/samples/bad/ended.xml: is to be refused by INSPECTION-01, and was told: GEN-03 at ")


def test_a_missing_warning_is_told(folder):
    (folder / "samples" / "good" / "warnings.json").write_text('{"one.xml": ["INSPECTION-02"]}')
    (told,) = tried(folder)
    assert told == "inspection/samples/good/one.xml: is to be warned about by INSPECTION-02, and was told: accepted"


def test_a_rule_that_does_not_compile_is_told(folder):
    file = folder / "rules" / "inspection.toml"
    file.write_text(file.read_text().replace("n2n:day(Issued)", "n2n:dya(Issued)"))
    assert any("rules/inspection.toml: INSPECTION-01: 'n2n:dya" in told for told in tried(folder))


def test_a_pack_that_adds_types_has_a_good_sample(folder):
    (folder / "samples" / "good" / "one.xml").unlink()
    assert "inspection/samples/good: a pack that adds types has a good sample at least" in tried(folder)
