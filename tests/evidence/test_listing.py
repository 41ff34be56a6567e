"""Entries and exchanges, each listed once and where it belongs."""

import pytest

from node.evidence.verify import verify
from tests.bundles import NOW, BundleWorld
from tests.lying import lies


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exchange-twice", {"entries.exchange"}),
        ("exchange-empty", {"entries.exchange"}),
        ("exchange-none", {"entries.unlisted"}),
        ("scope", {"entries.scope-time"}),
        ("http-status", {"entries.status"}),
        ("gap", {"entries.form"}),
    ],
)
def test_what_is_listed_wrongly_is_told(name: str, words: set[str]) -> None:
    (lie,) = [one for one in lies() if one.name == name]
    found = verify(lie.make(BundleWorld()), NOW).findings
    assert words <= {one.word for one in found if one.fails}
    assert all(one.says() and one.says("zh-Hant") for one in found)
