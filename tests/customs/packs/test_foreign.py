"""A new document type is files alone: quarantine certificates of UN/CEFACT, inspection certificates, and what two partners agreed on top."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.codelists import open_lists
from node.customs.checking.check import Checked
from node.customs.checking.offline import Offline
from node.customs.checking.trial import samples, trial
from node.customs.packs.labels import LANGUAGES, read_labels
from node.library import core_files, open_pack, open_packs

FOREIGN = Path(__file__).parent / "foreign"
ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PACKS = ("sps", "inspection", "tw-kr-overlay")


def desk(*folders: str) -> Offline:
    return Offline(open_packs(None, open_lists(None), [open_pack(FOREIGN / folder) for folder in folders]))


def told(checked: Checked) -> list[str]:
    return [finding.rule for finding in checked.verdict.findings]


@pytest.mark.parametrize("folder", PACKS)
def test_the_pack_keeps_its_word(folder: str) -> None:
    pack = open_pack(FOREIGN / folder)
    assert [str(problem) for problem in trial(pack, lambda: desk(folder))] == []
    found = list(samples(pack))
    assert {bool(sample.refused_by) for sample in found} == {True, False}


def test_the_node_has_never_heard_of_them() -> None:
    words = ("SPSCertificate", "sps.certificate", "InspectionDate", "tw-kr-overlay")
    for file in (ROOT / "node").rglob("*.py"):
        text = file.read_text("utf-8")
        assert not any(word in text for word in words), file
    assert not [file for file in FOREIGN.rglob("*") if file.suffix in {".py", ".so", ".pyc"}]


def test_the_life_of_a_quarantine_certificate_is_in_its_file() -> None:
    at_desk = desk("sps")
    folder = FOREIGN / "sps" / "samples" / "good"
    at_desk.put_on_file((folder / "withdrawn.prior" / "01.xml").read_bytes(), NOW)
    withdrawal = (folder / "withdrawn.xml").read_bytes()
    assert told(at_desk.check(withdrawal, NOW)) == []
    at_desk.put_on_file(withdrawal, NOW)
    # The same octets are a duplicate; another withdrawal of what is withdrawn is refused by the table of states.
    assert at_desk.check(withdrawal, NOW).duplicate
    again = withdrawal.replace(b"09:00:00", b"10:00:00")
    assert "LC-02" in told(at_desk.check(again, NOW))


def test_what_two_partners_agreed_counts_for_them_alone() -> None:
    samples_of_overlay = FOREIGN / "tw-kr-overlay" / "samples"
    no_weight = (samples_of_overlay / "bad" / "no-net-weight.xml").read_bytes()
    hidden = (samples_of_overlay / "bad" / "by-way-of-north-korea.xml").read_bytes()
    added = (samples_of_overlay / "good" / "by-way-of-kosovo.xml").read_bytes()
    at_desk = desk("tw-kr-overlay")
    assert [told(at_desk.check(octets, NOW)) for octets in (no_weight, hidden, added)] == [["KR-01"], ["CO-16"], []]
    others = [octets.replace(b"KR-KCS", b"JP-CUSTOMS") for octets in (no_weight, hidden, added)]
    assert [told(at_desk.check(octets, NOW)) for octets in others] == [[], [], ["CO-16"]]


def test_a_foreign_pack_has_labels_over_those_of_the_core() -> None:
    pack, core = open_pack(FOREIGN / "sps"), core_files()
    for language, name in zip(LANGUAGES, ("species", "學名"), strict=True):
        file = f"labels/{language}.toml"
        said = read_labels([core[file], pack.files[file]])
        assert said.field("ScientificName") == name
        assert said.field("Address") != "Address"


def test_schematron_of_a_pack_tells_in_both_languages() -> None:
    (finding,) = desk("sps").check((FOREIGN / "sps" / "samples" / "bad" / "no-name.xml").read_bytes(), NOW).verdict.findings
    assert (finding.rule, finding.args) == ("SPS-04", ("1",))
    assert finding.en == "Line 1 names neither the species nor the goods."
    assert finding.zh == "第 1 項未載明學名或品名。"
    assert finding.location.endswith("/IncludedSPSConsignmentItem/IncludedSPSTradeLineItem[1]")


def test_schematron_and_rows_do_not_go_together(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(FOREIGN / "sps", tmp_path / "sps"))
    file = pack / "types" / "sps.certificate.toml"
    file.write_text(file.read_text("utf-8").replace("reply =", 'rows = ["SPSConsignment"]\nreply ='), "utf-8")
    (problem,) = (one for one in open_pack(pack).types["sps.certificate"].problems() if "lines.sch" in one.file)
    assert "row by row" in problem.problem
