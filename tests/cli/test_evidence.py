"""The group of commands for evidence."""

from typing import Any


def test_the_group_names_its_commands(n2n: Any) -> None:
    ended = n2n("evidence", "--help")
    assert ended.code == 0
    for word in ("verify", "export", "search", "show", "retrievals"):
        assert f"\n  {word} " in ended.out
