"""`n2n pack`: list, check, new, activate."""

import pytest

from tests.homes import make_pair

NEW = ("--type", "inspection.certificate", "--namespace", "urn:example:inspection:1", "--root", "InspectionCertificate")


@pytest.fixture
def home(tmp_path):
    return make_pair(tmp_path)[0].folder


def test_the_shipped_packs_are_listed(n2n):
    ended = n2n("pack", "list", "--json")
    found = {row["id"]: row for row in ended.document["packs"]}
    assert found["n2n-co"]["state"] == "shipped"
    assert "co.certificate" in found["n2n-co"]["types"]
    assert "rcep.1" in found["n2n-co"]["profiles"]


def test_a_pack_is_written_tried_made_active_and_used(n2n, home, tmp_path):
    assert n2n("--home", home, "pack", "new", "inspection", *NEW).code == 0
    checked = n2n("--home", home, "pack", "check", "inspection", "--json")
    assert (checked.code, checked.document) == (0, {"ok": True, "samples": 2, "problems": []})
    sample = home / "profiles" / "documents" / "inspection" / "samples" / "good" / "one.xml"
    before = n2n("--home", home, "document", "check", sample, "--now", "2026-11-20")
    assert (before.code, "GEN-02" in before.out) == (1, True)
    assert n2n("--home", home, "pack", "activate", "inspection").code == 0
    assert n2n("--home", home, "document", "check", sample, "--now", "2026-11-20").code == 0
    states = [
        row["state"] for row in n2n("--home", home, "pack", "list", "--json").document["packs"] if row["id"] == "inspection"
    ]
    assert states == ["active", "home"]


def test_a_pack_that_does_not_keep_its_word_is_not_made_active(n2n, home):
    n2n("--home", home, "pack", "new", "inspection", *NEW)
    sample = home / "profiles" / "documents" / "inspection" / "samples" / "bad" / "ended.xml"
    sample.write_text(sample.read_text().replace("2026-05-31", "2026-12-31"))
    checked = n2n("--home", home, "pack", "check", "inspection")
    assert checked.code == 1
    assert "inspection/samples/bad/ended.xml: is to be refused by INSPECTION-01" in checked.out
    activated = n2n("--home", home, "pack", "activate", "inspection")
    assert activated.code == 8
    assert "inspection/samples/bad/ended.xml" in activated.err
    assert not (home / "profiles" / "documents" / "active").exists()


def test_a_folder_that_is_no_pack_is_told(n2n):
    ended = n2n("pack", "check", "nonsense")
    assert ended.code == 7
    assert "n2n-co" in ended.err


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("Bad Name", *NEW), "PACK"),
        (("inspection", "--type", "one", *NEW[2:]), "--type"),
        (("inspection", *NEW[:2], "--namespace", "a b", *NEW[4:]), "--namespace"),
        (("inspection", *NEW[:4], "--root", "a:b"), "--root"),
    ],
)
def test_names_that_cannot_be_are_refused(n2n, home, words, where):
    ended = n2n("--home", home, "pack", "new", *words)
    assert ended.code == 2
    assert where in ended.err
    assert not (home / "profiles" / "documents").exists()


def test_a_bad_list_or_map_keeps_a_pack_from_being_used(n2n, home):
    n2n("--home", home, "pack", "new", "inspection", *NEW)
    folder = home / "profiles" / "documents" / "inspection"
    (folder / "map").mkdir()
    (folder / "map" / "theirs.csv").write_text("# type: inspection.certificate\n# root: D\nsource_path,target_path\n")
    ended = n2n("--home", home, "pack", "check", "inspection", "--json")
    assert [problem["file"] for problem in ended.document["problems"]] == ["inspection/map/theirs.csv"]
    (folder / "codelists").mkdir()
    (folder / "codelists" / "own.csv").write_text("code,name\nA,B\n")
    ended = n2n("--home", home, "pack", "check", "inspection", "--json")
    assert [problem["file"] for problem in ended.document["problems"]] == ["inspection/codelists/own.csv"]
    assert n2n("--home", home, "pack", "activate", "inspection").code == 8
