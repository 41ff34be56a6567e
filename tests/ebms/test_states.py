"""The tables of states are honest: whole, connected, used, and closed to everything that they do not list."""

import ast
import inspect
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from node.ebms import states
from node.ebms.states import (
    INBOUND,
    OUTBOUND,
    IllegalTransition,
    InboundEvent,
    InboundState,
    OutboundEvent,
    OutboundState,
    step,
)

Table = Mapping[Any, Mapping[Any, Any]]
LIVES = pytest.mark.parametrize(
    ("table", "state_type", "event_type", "first"),
    [
        (OUTBOUND, OutboundState, OutboundEvent, OutboundState.SUBMITTED),
        (INBOUND, InboundState, InboundEvent, InboundState.RECEIVED),
    ],
    ids=["outbound", "inbound"],
)


@LIVES
def test_every_state_has_a_row(table: Table, state_type: type[StrEnum], event_type: type[StrEnum], first: StrEnum) -> None:
    assert set(table) == set(state_type)


@LIVES
def test_every_state_can_be_reached(table: Table, state_type: type[StrEnum], event_type: type[StrEnum], first: StrEnum) -> None:
    reached, ahead = set[StrEnum](), [first]
    while ahead:
        state = ahead.pop()
        reached.add(state)
        ahead += [after for after in table[state].values() if after not in reached]
    assert reached == set(state_type)


@LIVES
def test_every_event_is_used(table: Table, state_type: type[StrEnum], event_type: type[StrEnum], first: StrEnum) -> None:
    assert {event for row in table.values() for event in row} == set(event_type)


@LIVES
def test_what_is_not_listed_is_refused(
    table: Table, state_type: type[StrEnum], event_type: type[StrEnum], first: StrEnum
) -> None:
    for state in state_type:
        for event in event_type:
            if event in table[state]:
                assert step(table, state, event) is table[state][event]
                continue
            with pytest.raises(IllegalTransition) as refused:
                step(table, state, event)
            assert (refused.value.state, refused.value.event) == (state, event)


@LIVES
def test_a_state_and_an_event_are_stored_under_their_names(
    table: Table, state_type: type[StrEnum], event_type: type[StrEnum], first: StrEnum
) -> None:
    assert [one.value for kind in (state_type, event_type) for one in kind] == [
        one.name for kind in (state_type, event_type) for one in kind
    ]


@pytest.mark.parametrize("kind", [OutboundState, OutboundEvent, InboundState, InboundEvent])
def test_each_state_and_event_has_one_sentence(kind: type[StrEnum]) -> None:
    lines = inspect.getsource(states).splitlines()
    (definition,) = [
        one for one in ast.parse("\n".join(lines)).body if isinstance(one, ast.ClassDef) and one.name == kind.__name__
    ]
    members = [one for one in definition.body if isinstance(one, ast.Assign)]
    above = [lines[one.lineno - 2].strip() for one in members]
    assert len(members) == len(kind)
    assert [line for line in above if not (line.startswith("#: ") and line.endswith("."))] == []


JOURNEYS = [
    # (what happens, table, events, the last state)
    ("the receipt comes back at once", OUTBOUND, "PACKAGED ATTEMPT_STARTED RECEIPT_MATCHED", "ACKNOWLEDGED"),
    ("no receipt is agreed", OUTBOUND, "PACKAGED ATTEMPT_STARTED TAKEN_NO_RECEIPT_OWED", "SENT"),
    ("the receipt comes by callback", OUTBOUND, "PACKAGED ATTEMPT_STARTED TAKEN RECEIPT_MATCHED", "ACKNOWLEDGED"),
    ("the receipt is faster than the answer", OUTBOUND, "PACKAGED ATTEMPT_STARTED RECEIPT_MATCHED TAKEN", "ACKNOWLEDGED"),
    (
        "the second attempt succeeds",
        OUTBOUND,
        "PACKAGED ATTEMPT_STARTED ATTEMPT_FAILED ATTEMPT_STARTED RECEIPT_MATCHED",
        "ACKNOWLEDGED",
    ),
    (
        "the answer to a failed attempt comes by callback",
        OUTBOUND,
        "PACKAGED ATTEMPT_STARTED ATTEMPT_FAILED RECEIPT_MATCHED",
        "ACKNOWLEDGED",
    ),
    (
        "the receipt is overdue",
        OUTBOUND,
        "PACKAGED ATTEMPT_STARTED TAKEN RESEND_DUE ATTEMPT_STARTED RECEIPT_MATCHED",
        "ACKNOWLEDGED",
    ),
    ("damage on the way", OUTBOUND, "PACKAGED ATTEMPT_STARTED REFUSAL_DOUBTED ATTEMPT_STARTED RECEIPT_MATCHED", "ACKNOWLEDGED"),
    ("the partner refuses", OUTBOUND, "PACKAGED ATTEMPT_STARTED ERROR_RECEIVED", "FAILED"),
    ("an unsigned error is only a hint", OUTBOUND, "PACKAGED ATTEMPT_STARTED TAKEN HINT_RECEIVED", "AWAITING_RECEIPT"),
    ("nobody answers", OUTBOUND, "PACKAGED ATTEMPT_STARTED ATTEMPT_FAILED GAVE_UP", "FAILED"),
    (
        "a late receipt is still proof",
        OUTBOUND,
        "PACKAGED ATTEMPT_STARTED ATTEMPT_FAILED GAVE_UP RECEIPT_MATCHED",
        "ACKNOWLEDGED",
    ),
    ("no error undoes a proof", OUTBOUND, "PACKAGED ATTEMPT_STARTED RECEIPT_MATCHED ERROR_RECEIVED", "ACKNOWLEDGED"),
    ("packaging never succeeds", OUTBOUND, "GAVE_UP", "FAILED"),
    ("accepted and delivered", INBOUND, "ACCEPTED DELIVERED", "DELIVERED"),
    ("delivered after an operator looked", INBOUND, "ACCEPTED DELIVERY_FAILED DELIVER_AGAIN DELIVERED", "DELIVERED"),
    ("handed over again when a person had decided", INBOUND, "ACCEPTED DELIVERED DECIDED DELIVERED", "DELIVERED"),
    ("its payloads go, and it may be kept", INBOUND, "ACCEPTED DELIVERED KEPT NO_LONGER_KEPT PAYLOADS_REMOVED", "DELIVERED"),
    ("proven, its payloads gone", OUTBOUND, "PACKAGED ATTEMPT_STARTED RECEIPT_MATCHED PAYLOADS_REMOVED", "ACKNOWLEDGED"),
    ("seen before", INBOUND, "SEEN_BEFORE", "DUPLICATE"),
    ("refused", INBOUND, "REFUSED", "REJECTED"),
]


@pytest.mark.parametrize(("table", "events", "last"), [row[1:] for row in JOURNEYS], ids=[row[0] for row in JOURNEYS])
def test_a_journey_ends_where_it_should(table: Table, events: str, last: str) -> None:
    state: Any = next(iter(table))
    event_type = OutboundEvent if table is OUTBOUND else InboundEvent
    for event in events.split():
        state = step(table, state, event_type(event))
    assert state == last


@pytest.mark.parametrize("event", [OutboundEvent.RECEIPT_MATCHED, OutboundEvent.ERROR_RECEIVED, OutboundEvent.HINT_RECEIVED])
def test_what_a_partner_says_is_heard_in_every_state_in_which_it_has_the_message(event: OutboundEvent) -> None:
    assert {state for state in OutboundState if event not in OUTBOUND[state]} == {OutboundState.SUBMITTED}


def test_nothing_takes_a_proof_away() -> None:
    assert set(OUTBOUND[OutboundState.ACKNOWLEDGED].values()) == {OutboundState.ACKNOWLEDGED}
