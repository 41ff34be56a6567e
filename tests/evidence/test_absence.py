"""What is not in a bundle has a reason that its entries bear out."""

import pytest

from node.evidence.bundle import redacted
from node.evidence.verify import verify
from tests.bundles import NOW, BundleWorld
from tests.lying import Lie, lies


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def test_what_is_redacted_is_accounted_for(world: BundleWorld) -> None:
    assert verify(world.bundle(redacted(world.evidence())), NOW).holds


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("absent-envelope", "entries.absent-untrue"),
        ("absent-unlogged", "entries.absent-untrue"),
        ("absent-receipt", "entries.absent-untrue"),
        ("absent-nothing", "entries.absent-untrue"),
        ("absent-when", "entries.absent-untrue"),
        ("purge-other", "entries.purge"),
        ("spare", "entries.spare"),
    ],
)
def test_a_reason_that_is_none_is_told(world: BundleWorld, name: str, word: str) -> None:
    (lie,) = [one for one in lies() if one.name == name]
    assert isinstance(lie, Lie)
    assert word in [one.word for one in verify(lie.make(world), NOW).findings]
