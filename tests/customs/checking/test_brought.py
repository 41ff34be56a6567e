"""Code lists, names and maps of a pack are tried with it, and each problem names its file."""

import shutil
from pathlib import Path

import pytest

from node.codelists import open_lists
from node.customs.checking.brought import label_problems, list_problems, map_problems
from node.library import open_pack, open_packs

DOCUMENTS = Path(__file__).parents[3] / "profiles" / "documents"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack of the node that a test may break."""
    return Path(shutil.copytree(DOCUMENTS / "n2n-co", tmp_path / "n2n-co"))


def told(folder: Path) -> list[str]:
    pack = open_pack(folder)
    lists = list(list_problems(pack))
    library = open_packs(None, open_lists(None), [])
    return [str(problem) for problem in (*lists, *label_problems(pack), *map_problems(pack, library))]


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


@pytest.mark.parametrize("name", ["n2n-co", "n2n-aeo", "n2n-man", "n2n-res"])
def test_the_packs_of_the_node_bring_what_is_right(name: str) -> None:
    assert told(DOCUMENTS / name) == []


def test_a_bad_row_of_a_list_is_told(copy: Path) -> None:
    (copy / "codelists").mkdir()
    (copy / "codelists" / "own.csv").write_text("code,name_en,name_zh,valid_from,valid_to\nA,,,,\nA,,,,\n")
    assert told(copy) == ["n2n-co/codelists/own.csv: line 3: A stands twice for the same days"]


def test_what_is_named_in_one_language_alone_is_told(copy: Path) -> None:
    change(copy / "labels" / "en.toml", 'AgreementCode = "agreement"\n', "")
    assert told(copy) == ["n2n-co/labels/en.toml: fields.AgreementCode is named in the other language alone"]
    (copy / "labels" / "en.toml").write_text("[names]\n")
    assert told(copy) == ["n2n-co/labels/en.toml: names is no table of labels; there are fields, states, values"]


def test_a_map_that_cannot_be_read_is_told(copy: Path) -> None:
    change(copy / "map" / "ubl.csv", "ID,cbc:ID,both", "ID,cbc:ID,up")
    assert [problem.partition(": direction")[0] for problem in told(copy)] == ["n2n-co/map/ubl.csv: line 17"]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        # Written and never read: lost on the way back without a word.
        ("VersionID,cbc:VersionID,both,,,yes,", "VersionID,cbc:VersionID,out,,,yes,", "VersionID is lost, and nothing says so"),
        ("VersionID,cbc:VersionID,both,,,yes,", "VersionID,cbc:VersionID,both,pad:3|prefix:0,,yes,", ""),
        (
            "AgreementCode,cbc:ProfileID,both,,,yes,",
            "AgreementCode,cbc:ProfileID,both,upper|prefix:x|strip:xE,,yes,",
            "comes back as",
        ),
        ("VersionID,cbc:VersionID,both,,,yes,", "Missing,cbc:VersionID,both,,,yes,", "Missing is needed and missing"),
    ],
)
def test_a_sample_that_does_not_come_back_is_told(copy: Path, before: str, after: str, problem: str) -> None:
    change(copy / "map" / "ubl.csv", before, after)
    found = told(copy)
    assert bool(found) == bool(problem)
    assert all(problem in one for one in found)
    assert all(one.startswith("n2n-co/samples/good/") for one in found)
