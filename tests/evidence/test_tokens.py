"""Time: an unbroken row of tokens, renewed before what they rest on ended."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from node.evidence.bundle import Evidence, Stamp
from node.evidence.finding import Check
from node.evidence.notes import make_note, stamp
from node.evidence.verify import verify
from tests.bundles import BEGAN, NOW, BundleWorld
from tests.judged_bundles import failed
from tests.time_authorities import OpensslAuthority

LATER = NOW + timedelta(days=3653)
ENDS = NOW + timedelta(days=400)


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    """Its authority for time has a certificate of a bit more than a year."""
    return BundleWorld(tsa_until=ENDS)


def words(world: BundleWorld, evidence: Evidence, at: datetime = NOW, **how) -> list[str]:
    return [one.word for one in verify(world.bundle(evidence), at, **how).of(Check.TOKENS)]


def renewed(world: BundleWorld, *moments: datetime) -> Evidence:
    second = world.authority("Time 2", 78, NOW, NOW + timedelta(days=365 * 14))
    return world.evidence(renewals=[(one, second) for one in moments])


def test_ten_years_later_a_renewed_row_holds_and_another_does_not(world: BundleWorld) -> None:
    assert words(world, world.evidence(), LATER) == ["tokens.old"] * 2
    assert words(world, renewed(world, ENDS - timedelta(days=1)), LATER) == ["tokens.renewed"] * 2
    assert words(world, renewed(world, ENDS + timedelta(days=1)), LATER) == ["tokens.late"] * 2
    assert words(world, renewed(world, NOW + timedelta(days=100), NOW + timedelta(days=200)), LATER) == ["tokens.renewed"] * 2
    # The second authority's own certificate ends too.
    assert words(world, renewed(world, ENDS - timedelta(days=1)), LATER + timedelta(days=2000)) == ["tokens.old"] * 2


def test_clocks_of_authorities_may_differ_a_little(world: BundleWorld) -> None:
    first = BEGAN + timedelta(minutes=10)
    for moment, word, fails in (
        (first - timedelta(minutes=5), "tokens.renewed", set()),
        (first - timedelta(minutes=5, seconds=1), "tokens.older", {"tokens"}),
    ):
        second = world.authority("Time 2", 78, BEGAN - timedelta(days=2), NOW + timedelta(days=365 * 14))
        evidence = world.evidence(renewals=[(moment, second)])
        assert words(world, evidence) == [word] * 2
        assert failed(world.bundle(evidence), NOW) == (fails, fails)


def test_both_verifiers_are_told_of_algorithms_that_fell(world: BundleWorld) -> None:
    for fallen in (
        {"sha256": NOW - timedelta(days=1)},
        {"secp256r1": NOW - timedelta(days=1)},
        {"rsa2048": NOW - timedelta(days=1)},
    ):
        fails = set() if "rsa2048" in fallen else {"tokens"}
        assert failed(world.bundle(), NOW, fallen) == (fails, fails)


def test_the_verdict_tells_the_time_and_why_it_is_lost(world: BundleWorld) -> None:
    verdict = verify(world.bundle(), LATER)
    assert verdict.failed == (Check.TOKENS,)
    assert f"{ENDS:%Y-%m-%d}" in verdict.of(Check.TOKENS)[0].says()
    assert verdict.stamped == dict.fromkeys((4, 7), BEGAN + timedelta(minutes=10))


def test_an_algorithm_that_fell_ends_a_token_too(world: BundleWorld) -> None:
    fallen = {"sha256": NOW - timedelta(days=1)}
    assert words(world, world.evidence(), fallen=fallen) == ["tokens.old"] * 2
    assert words(world, world.evidence(), fallen={"sha512": NOW - timedelta(days=1)}) == ["tokens.good"] * 2
    assert words(world, world.evidence(), fallen={"secp256r1": NOW + timedelta(days=1)}) == ["tokens.good"] * 2
    assert (
        words(world, renewed(world, NOW + timedelta(days=50)), LATER, fallen={"secp256r1": NOW + timedelta(days=40)})
        == ["tokens.late"] * 2
    )


def test_no_token_is_no_failure(world: BundleWorld) -> None:
    verdict = verify(world.bundle(world.evidence(stamped=False)), NOW)
    assert [one.word for one in verdict.of(Check.TOKENS)] == ["tokens.none"] * 2
    assert verdict.holds


def with_stamps(world: BundleWorld, change) -> Evidence:
    """The row of the last checkpoint, renewed twice, as `change` leaves it."""
    evidence = renewed(world, NOW + timedelta(days=100), NOW + timedelta(days=200))
    last = evidence.checkpoints[-1]
    return replace(evidence, checkpoints=(evidence.checkpoints[0], replace(last, stamps=change(last, last.stamps))))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda _, row: (row[0], row[2]), "tokens.note-row"),
        (lambda _, row: row[1:], "tokens.note-row"),
        (lambda _, row: (row[0], replace(row[1], token=None), row[2]), "tokens.gap"),
        (lambda _, row: (row[0], replace(row[1], token=row[2].token), row[2]), "tokens.bad"),
        (lambda _, row: (replace(row[0], token=b"token"), *row[1:]), "tokens.bad"),
        (lambda _, row: (replace(row[0], note=row[0].note + b" "), *row[1:]), "tokens.note-form"),
        (lambda _, row: (replace(row[0], note=make_note(b"other", b"signature")), *row[1:]), "tokens.note-other"),
        (lambda last, row: (row[0], Stamp(make_note(last.octets, last.signature, [row[0].token], [b"gone"]))), "tokens.evidence"),
    ],
)
def test_a_row_that_is_broken_is_told(world: BundleWorld, change, word: str) -> None:
    assert words(world, with_stamps(world, change), LATER)[1:] == [word]


def test_a_note_still_without_its_token_does_not_harm_the_row(world: BundleWorld) -> None:
    waiting = with_stamps(world, lambda _, row: (*row[:2], replace(row[2], token=None)))
    assert words(world, waiting, LATER) == ["tokens.renewed"] * 2


def test_a_token_of_the_future_is_refused(world: BundleWorld) -> None:
    verdict = verify(world.bundle(), BEGAN + timedelta(minutes=1))
    assert Check.TOKENS in verdict.failed
    assert [one.word for one in verdict.of(Check.TOKENS)] == ["tokens.none"] * 0 + ["tokens.future"] * 2


def test_openssl_may_be_the_second_authority(require, tmp_path) -> None:
    require("openssl")
    world = BundleWorld()
    openssl = OpensslAuthority(world.tsa.key, world.tsa.certificate, tmp_path)
    evidence = world.evidence(stamp_it=lambda note: stamp(note, openssl))
    # It has the clock of the machine.
    now = datetime.now().astimezone() + timedelta(minutes=1)
    found = verify(world.bundle(evidence), max(now, NOW))
    assert [one.word for one in found.of(Check.TOKENS)] == ["tokens.good"] * 2
