"""What a bundle does not prove is said."""

import pytest

from node.evidence.verify import verify
from tests.bundles import NOW, BundleWorld
from tests.lying import lies, resealed, shown_whole


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def notes(octets: bytes) -> set[str]:
    return {one.word for one in verify(octets, NOW).findings if one.is_note}


def test_an_honest_bundle_claims_no_more_than_it_proves(world: BundleWorld) -> None:
    assert notes(world.bundle()) == {"entries.told", "entries.partial"}
    assert "tokens.none" in notes(resealed(world, shown_whole(world)))


@pytest.mark.parametrize("name", ["late", "anchor", "report"])
def test_what_cannot_be_told_is_noted(world: BundleWorld, name: str) -> None:
    (lie,) = [one for one in lies() if one.name == name]
    assert lie.words[0] in notes(lie.make(world))
