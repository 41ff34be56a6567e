"""What the register has of a document is what a manifest says of it, so that both sides say the same of one exchange."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.customs.filing import registration
from node.customs.filing.registration import About, Carried
from node.customs.reconciling.comparing import reconcile
from node.customs.reconciling.entry import Direction, Entry
from node.customs.reconciling.registered import Taken, entry_of
from tests.manifests import GRACE, NIGHT, ours, theirs

AT = datetime(2026, 11, 19, 4, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def registered(direction: str = registration.OUT, *, reply: str = "gen.response", **about: str) -> registration.Entry:
    says = About(**{"type_id": "co.certificate", "document_id": "urn:1", "reply": reply, **about})
    carried = Carried(direction, "m@tw", "kr")
    return registration.Entry(
        7, carried, says, b"d" * 32, 10, AT, "AP", (), 0, None, None, "", None, "", "", answers=None, sending=""
    )


def standing(entry: Entry | None) -> tuple[str, datetime]:
    assert entry is not None
    return entry.standing, entry.level_at


def test_an_entry_names_document_digest_and_message() -> None:
    found = entry_of(registered(), [])
    assert found == Entry(Direction.SENT, "urn:1", "co.certificate", b"d" * 32, AT, "L0", AT, "", "m@tw")


def test_what_is_sent_stands_at_l0_until_its_receipt_and_what_is_received_at_l1() -> None:
    assert standing(entry_of(registered(), [])) == ("L0", AT)
    assert standing(entry_of(registered(), [], LATER)) == ("L1", LATER)
    assert standing(entry_of(registered(registration.IN), [])) == ("L1", AT)
    assert standing(entry_of(registered(registration.IN), [], LATER)) == ("L1", AT)


STEPS = [Taken("L2", "CA", LATER), Taken("L4", "AJ", LATER), Taken("L4", "AP", LATER + timedelta(days=1))]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (STEPS, ("L4 AP", STEPS[2].at)),
        (STEPS[::-1], ("L4 AP", STEPS[2].at)),
        (STEPS[:2], ("L4 AJ", LATER)),
        ([*STEPS, Taken("LX", "AP", AT)], ("LX AP", AT)),
        # What a message does on its way is not for documents to say.
        ([Taken("L1", "AP", LATER + timedelta(days=1))], ("L1", LATER)),
        ([Taken("L0", "", LATER)], ("L1", LATER)),
    ],
)
def test_the_highest_step_counts_and_of_one_level_the_latest(steps: list[Taken], expected: tuple[str, datetime]) -> None:
    assert standing(entry_of(registered(), steps, LATER)) == expected


def test_what_nobody_answers_stays_at_l1_on_both_sides() -> None:
    sent = entry_of(registered(reply="", type_id="gen.response"), [], LATER)
    received = entry_of(registered(registration.IN, reply="", type_id="gen.response"), STEPS)
    assert sent is not None
    assert received is not None
    assert (sent.standing, received.standing) == ("L1", "L1")
    assert reconcile(ours([sent]), theirs([received]), NIGHT, GRACE).agreed == 1


@pytest.mark.parametrize("document", [replace(registered(), duplicate_of=3), registered(document_id=""), registered(type_id="")])
def test_what_is_no_document_of_its_own_is_not_listed(document: registration.Entry) -> None:
    assert entry_of(document, []) is None


def test_a_refused_document_is_listed_with_its_refusal() -> None:
    refused = replace(registered(registration.IN), outcome="RE")
    assert standing(entry_of(refused, [Taken("L2", "RE", LATER)])) == ("L2 RE", LATER)
