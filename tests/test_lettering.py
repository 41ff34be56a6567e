"""A font for Chinese, where there is one."""

from pathlib import Path

from node.lettering import PLACES, chinese_font


def test_the_first_that_can_be_read_is_taken(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "c").write_bytes(b"c")
    assert chinese_font([tmp_path / "a", tmp_path, tmp_path / "b", tmp_path / "c"]) == b"b"
    assert chinese_font([tmp_path / "a"]) is None


def test_the_places_are_those_of_packages() -> None:
    assert all(one.is_absolute() and one.suffix in (".ttf", ".ttc") for one in PLACES)
    found = chinese_font()
    assert found is None or found[:4] in (b"\x00\x01\x00\x00", b"ttcf", b"true")
