"""Lists of a home come before those that came with the node, and a version is written whole or not at all."""

from datetime import date
from pathlib import Path

import pytest

from node.codelists import keep, of_core, open_lists
from node.configuration import ConfigurationError
from node.customs.packs.codelist import Answer

DAY = date(2026, 11, 20)
ROWS = b"code,name_en,name_zh,valid_from,valid_to,flags\nUSXXX,Nowhere,,,,1\n"


def test_without_a_home_the_core_has_what_samples_need() -> None:
    lists = open_lists(None)(())
    assert lists.answer("un-locode", "TWKHH", DAY) is Answer.HELD
    assert lists.answer("un-locode", "USXXX", DAY) is Answer.SILENT
    assert {one.name for one in of_core()} >= {"un-locode", "iso-4217", "rec-20", "rec-21", "hs-2012", "hs-2017", "hs-2022"}


def test_an_imported_version_counts_from_its_day(tmp_path: Path) -> None:
    keep(tmp_path, "un-locode", "2026-1", b"# from: 2026-07-01\n" + ROWS)
    lists = open_lists(tmp_path)(())
    assert lists.answer("un-locode", "USXXX", DAY) is Answer.HELD
    assert lists.answer("un-locode", "TWKHH", DAY) is Answer.UNKNOWN
    assert lists.answer("un-locode", "TWKHH", date(2026, 6, 30)) is Answer.HELD


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    file = keep(tmp_path, "un-locode", "2026-1", ROWS)
    assert keep(tmp_path, "un-locode", "2026-1", ROWS) == file
    with pytest.raises(ConfigurationError, match="other content"):
        keep(tmp_path, "un-locode", "2026-1", ROWS + b"USYYY,,,,\n")
    assert file.read_bytes() == ROWS
    assert sorted(path.name for path in file.parent.iterdir()) == ["2026-1.csv"]


@pytest.mark.parametrize(("name", "version"), [("../x", "1"), ("UN", "1"), ("un", "../1"), ("un", ""), ("", "1")])
def test_names_lead_nowhere_else(tmp_path: Path, name: str, version: str) -> None:
    with pytest.raises(ConfigurationError):
        keep(tmp_path / "home", name, version, ROWS)
    assert not (tmp_path / "home").exists()


def test_a_list_that_was_edited_into_nonsense_is_named(tmp_path: Path) -> None:
    keep(tmp_path, "un-locode", "2026-1", b"nonsense\n")
    with pytest.raises(ConfigurationError, match=r"2026-1\.csv"):
        open_lists(tmp_path)(())
