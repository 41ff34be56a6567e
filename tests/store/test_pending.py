"""What of agreements is under way, on both databases; and after which version none follows."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from node.sheets.signing import SignedSheet, sign
from node.sheets.states import VersionState
from node.store.agreed import KeptVersion, StoredVersions
from node.store.pending import Pending, pending
from node.store.people import Acted
from node.store.updates import Answer, Asked, Carrier, StoredUpdates
from node.updates.states import UpdateDirection
from tests.agreed import NOW, after, agreed, key, open_offer, signed

ANN, BEN = Acted("ann", NOW), Acted("ben", NOW)
DAY = timedelta(days=1)


def test_what_waits_is_told_with_who_has_seen_it_and_what_was_taken_back_is_not(store):
    database, writer = store.messages.database, store.messages.writer
    versions, updates = StoredVersions(database, writer), StoredUpdates(database, writer)
    assert pending(database) == Pending([], [], {}, {})
    offers = [
        versions.propose("kr", sign(SignedSheet(open_offer(sheet=f"urn:uuid:{n}")), "a", key("a"), NOW), "a", ANN) for n in (1, 2)
    ]
    versions.approve(offers[0].id, BEN)
    versions.withdraw(offers[1].id, ANN)
    asked = Asked("kr", UpdateDirection.IN, "r", "d", b"request", Carrier(), None, NOW + DAY)
    kept, _ = updates.record(asked, Acted("n2n", NOW))
    updates.approve(kept.id, ANN, Answer(b"yes", "answer@tw"))
    ours, _ = updates.record(replace(asked, direction=UpdateDirection.OUT), ANN)
    found = pending(database)
    assert [one.id for one in found.versions] == [offers[0].id]
    assert [one.id for one in found.updates] == [kept.id, ours.id]
    assert (found.approved, found.compared) == ({offers[0].id: ["ben"]}, {kept.id: ["ann"]})


def version(number: int, since: float, until: float | None, partner: str = "kr") -> KeptVersion:
    sheet = agreed()
    for _ in range(number - 1):
        sheet = after(sheet, NOW + since * DAY)
    ends = None if until is None else NOW + until * DAY
    state = VersionState.ACTIVE
    kept = KeptVersion(number, partner, signed(sheet), state, "a", ends, None, "ann", NOW)  # type: ignore[arg-type]
    assert kept.was_active
    return kept


@pytest.mark.parametrize(
    ("now", "ending", "versions"),
    [
        (0, [], [version(1, 0, None)]),
        (0, [1], [version(1, 0, 10)]),
        (0, [], [version(1, 0, 10), version(2, 9, None)]),
        (0, [], [version(1, 0, 10), version(2, 10, None)]),
        # Between the two nothing is in force; afterwards that is history.
        (0, [1], [version(1, 0, 10), version(2, 11, None)]),
        (10.5, [1], [version(1, 0, 10), version(2, 11, None)]),
        (12, [], [version(1, 0, 10), version(2, 11, None)]),
        (0, [2], [version(1, 0, 10), version(2, 9, 20)]),
        (0, [1], [version(1, 0, 10), version(2, 9, None, "jp")]),
        # It was overtaken before it began.
        (0, [], [version(1, 0, 0)]),
    ],
)
def test_a_version_ends_with_none_to_follow(now: float, ending: list[int], versions: list[KeptVersion]) -> None:
    at: datetime = NOW + now * DAY
    assert [one.id for one in Pending(versions).ending(at)] == ending


def test_an_offer_is_no_version_that_ends() -> None:
    offered = replace(version(1, 0, 10), state=VersionState.OFFERED)
    assert Pending([offered]).ending(NOW) == []
