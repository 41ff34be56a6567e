"""Lists, histories and counts for operators."""

import pytest

from node.ebms.states import InboundState, OutboundEvent, OutboundState
from node.msh.ports import Peer, Refusal


def test_counts_tell_every_state(messages, a):
    messages.submit(a.exchange("m1@h"))
    messages.submit(a.exchange("m2@h"))
    messages.settle(a.settlement(OutboundEvent.GAVE_UP, "m2@h"))
    messages.accept_once(a.accepted())
    messages.record_refusal(Refusal(a.NOW, Peer("1.2.3.4"), 10, "00", "EBMS:0010", "no"))
    assert messages.counts() == {
        "outbound": {"SUBMITTED": 1, "FAILED": 1},
        "inbound": {"ACCEPTED": 1},
        "refused": {"EBMS:0010": 1},
    }


@pytest.fixture
def filled(store, a):
    for number in range(5):
        partner = "yy" if number % 2 else "xx"
        store.messages.submit(a.exchange(f"m{number}@h", partner=partner))
        store.messages.accept_once(a.accepted(f"in{number}@x"))
    store.messages.settle(a.settlement(OutboundEvent.GAVE_UP, "m3@h"))
    store.messages.delivered(2, a.NOW)
    return store.messages


def ids(lines):
    return [one.message_id for one in lines]


def test_a_list_is_newest_first_and_goes_on_where_the_page_before_ended(filled):
    page = filled.exchanges(2)
    assert ids(page) == ["m4@h", "m3@h"]
    assert ids(filled.exchanges(9, before=page[-1].id)) == ["m2@h", "m1@h", "m0@h"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"partner": "yy"}, ["m3@h", "m1@h"]),
        ({"state": OutboundState.FAILED}, ["m3@h"]),
        ({"state": OutboundState.SUBMITTED, "partner": "yy"}, ["m1@h"]),
        ({"conversation_id": "c1@h", "partner": "xx"}, ["m4@h", "m2@h", "m0@h"]),
        ({"conversation_id": "other"}, []),
    ],
)
def test_exchanges_are_filtered_by_all_that_is_asked(filled, asked, found):
    assert ids(filled.exchanges(**asked)) == found


def test_a_line_tells_what_the_exchange_is(filled, a):
    [line] = filled.exchanges(1)
    assert (line.state, line.service, line.action, line.submitted_at, line.attempts) == (
        OutboundState.SUBMITTED,
        "urn:s",
        "Submit",
        a.NOW,
        0,
    )


def test_inbound_messages_are_listed_by_state(filled, a):
    assert ids(filled.inbounds(2)) == ["in4@x", "in3@x"]
    [line] = filled.inbounds(state=InboundState.DELIVERED)
    assert (line.message_id, line.state, line.test_service, line.received_at) == ("in1@x", InboundState.DELIVERED, False, a.NOW)
    assert ids(filled.inbounds(conversation_id="nothing")) == []


def test_refusals_are_listed_by_partner(store, a):
    for partner in ("xx", None):
        store.messages.record_refusal(Refusal(a.NOW, Peer("1.2.3.4"), 10, "00", "EBMS:0010", "why", "m@x", "near", partner))
    assert len(store.messages.refusals()) == 2
    [line] = store.messages.refusals(partner="xx")
    assert (line.at, line.error_code, line.detail, line.nearest_pmode, line.message_id) == (
        a.NOW,
        "EBMS:0010",
        "why",
        "near",
        "m@x",
    )
