"""A refusal is the partner's where he signed it, and nobody's otherwise."""

from functools import cache

from node.evidence.finding import Check
from node.evidence.verify import verify
from tests.bundles import NOW, OUT, BundleWorld
from tests.lying import refusal, refused


@cache
def world() -> BundleWorld:
    return BundleWorld()


def words(octets: bytes) -> list[str]:
    return [one.word for one in verify(octets, NOW).of(Check.SIGNATURES) if "refusal" in one.word]


def test_a_signed_refusal_is_told_with_its_signer() -> None:
    verdict = verify(refused(world(), refusal(world(), OUT)), NOW)
    assert verdict.holds
    (said,) = [one for one in verdict.findings if one.word == "signatures.refusal-good"]
    assert "EBMS:0004" in said.says() and "CN=node-kr sign" in said.says()


def test_a_refusal_that_says_something_else_is_refused() -> None:
    for answer in (refusal(world(), OUT, "EBMS:0001"), refusal(world(), "m9@x"), refusal(world(), OUT, by=world().own)):
        assert words(refused(world(), answer)) == ["signatures.refusal"]
    # Also where nobody says that he verified it.
    assert words(refused(world(), refusal(world(), "m9@x"), verified=False)) == ["signatures.refusal"]


def test_a_refusal_that_nobody_signed_is_unproven() -> None:
    for answer in (b"<html/>", refusal(world(), OUT)):
        octets = refused(world(), answer, verified=False)
        assert words(octets) == ["signatures.refusal-untold"]
        assert verify(octets, NOW).holds
