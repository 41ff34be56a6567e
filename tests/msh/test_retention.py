"""The rule of retention lets go what it may, and never what is still needed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.states import InboundState, OutboundState
from node.msh.retention import (
    FOREVER,
    STANDARD,
    YEAR,
    Facts,
    Goes,
    PeriodError,
    Removes,
    Rule,
    Stays,
    period_text,
    read_period,
    what_goes,
)

END = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ACKNOWLEDGED = Facts(OutboundState.ACKNOWLEDGED, END)
DELIVERED = Facts(InboundState.DELIVERED, END)


def at(**after):
    return END + timedelta(**after)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30d", 30 * DAY), ("6w", 42 * DAY), (" 10Y ", 10 * YEAR), ("0d", timedelta()), ("100y", 100 * YEAR), (FOREVER, None)],
)
def test_a_period_is_read_and_written(text, length):
    assert read_period(text) == length
    assert read_period(period_text(length)) == length


@pytest.mark.parametrize("text", ["", "30", "30m", "-1d", "1.5y", "ever", "101y", "9999999d"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(PeriodError, match="forever"):
        read_period(text)


@pytest.mark.parametrize("facts", [ACKNOWLEDGED, DELIVERED, Facts(OutboundState.SENT, END)], ids=str)
def test_payloads_go_after_their_period_and_everything_after_the_evidence(facts):
    assert what_goes(facts, STANDARD, at(days=30) - timedelta(microseconds=1)) == Stays("payload is kept 30d", at(days=30))
    goes = what_goes(facts, STANDARD, at(days=30))
    assert goes == Goes(Removes.PAYLOADS, f"payload = 30d after {facts.state} at 2026-11-24T08:00:00Z, by the standard rule")
    gone = replace(facts, payloads_removed=True)
    assert what_goes(gone, STANDARD, at(days=3659)) == Stays("evidence is kept 10y", END + 10 * YEAR)
    assert what_goes(gone, STANDARD, END + 10 * YEAR).what is Removes.ALL


def test_what_went_over_the_wire_goes_a_day_after_the_receipt():
    sent = replace(ACKNOWLEDGED, wired=True)
    assert what_goes(sent, STANDARD, at(hours=23)) == Stays("sent is kept 1d", at(days=1))
    assert what_goes(sent, STANDARD, at(days=1)) == Goes(
        Removes.WIRE, "sent = 1d after ACKNOWLEDGED at 2026-11-24T08:00:00Z, by the standard rule"
    )
    assert what_goes(sent, STANDARD, at(days=30)).what is Removes.PAYLOADS
    assert what_goes(sent, Rule(sent=None), at(days=29)) == Stays("payload is kept 30d", at(days=30))
    assert what_goes(sent, Rule(payload=None, sent=None), at(days=29)) == Stays("sent is kept forever")


def test_wire_octets_go_however_long_the_payloads_are_kept():
    sent = replace(ACKNOWLEDGED, wired=True)
    assert what_goes(sent, Rule(payload=None), at(days=1)).what is Removes.WIRE
    assert what_goes(sent, Rule(payload=None, evidence=DAY, window=DAY), at(days=9)).what is Removes.WIRE


@pytest.mark.parametrize("state", [one for one in OutboundState if one is not OutboundState.ACKNOWLEDGED])
def test_wire_octets_stay_while_no_receipt_says_that_they_came(state):
    assert isinstance(what_goes(Facts(state, END, wired=True), STANDARD, at(days=29)), Stays)


def test_what_failed_can_be_sent_again_for_longer():
    failed = Facts(OutboundState.FAILED, END)
    assert what_goes(failed, STANDARD, at(days=399)) == Stays("failed is kept 400d", at(days=400))
    assert what_goes(failed, STANDARD, at(days=400)).what is Removes.PAYLOADS


def test_a_test_message_ends_when_it_is_accepted_and_another_does_not():
    accepted = Facts(InboundState.ACCEPTED, END, test_service=True)
    assert what_goes(accepted, STANDARD, at(days=30)).what is Removes.PAYLOADS
    assert what_goes(replace(accepted, test_service=False), STANDARD, at(days=9999)) == Stays(
        "is ACCEPTED: the Consumer has not got it"
    )


def test_nothing_goes_while_the_partner_may_send_it_again_however_short_the_evidence():
    short = Rule(payload=DAY, evidence=7 * DAY, window=400 * DAY)
    gone = replace(DELIVERED, payloads_removed=True)
    assert what_goes(gone, short, at(days=399)) == Stays("evidence is kept 400d", at(days=400))
    assert what_goes(gone, short, at(days=400)).what is Removes.ALL


def test_what_is_forever_never_goes():
    ever = Rule(payload=None, failed=None, evidence=None)
    assert what_goes(DELIVERED, ever, END + 90 * YEAR) == Stays("payload is kept forever")
    assert what_goes(replace(DELIVERED, payloads_removed=True), ever, END + 90 * YEAR) == Stays("evidence is kept forever")
    assert what_goes(DELIVERED, Rule(payload=None, evidence=DAY), END + 90 * YEAR) == Stays("its payloads are kept forever")


def test_a_period_that_leads_past_the_last_year_never_ends():
    late = Facts(InboundState.DELIVERED, datetime(9990, 1, 1, tzinfo=UTC), payloads_removed=True)
    assert what_goes(late, STANDARD, datetime(9999, 1, 1, tzinfo=UTC)) == Stays("evidence is kept 10y", None)


def test_an_order_to_keep_comes_before_every_rule():
    kept = replace(DELIVERED, kept_because="court file 12")
    assert what_goes(kept, STANDARD, END + 90 * YEAR) == Stays("kept by order: court file 12")


PERIODS = st.one_of(st.none(), st.integers(0, 5000).map(lambda days: days * DAY))
RULES = st.builds(
    Rule, payload=PERIODS, failed=PERIODS, evidence=PERIODS, sent=PERIODS, window=st.integers(0, 800).map(lambda n: n * DAY)
)
STATES = st.sampled_from([*OutboundState, *InboundState])
FACTS = st.builds(
    Facts,
    state=STATES,
    changed_at=st.just(END),
    due=st.booleans(),
    held=st.booleans(),
    kept_because=st.sampled_from(["", "", "court"]),
    test_service=st.booleans(),
    payloads_removed=st.booleans(),
    wired=st.booleans(),
)
ENDS = {OutboundState.ACKNOWLEDGED, OutboundState.SENT, OutboundState.FAILED, InboundState.DELIVERED}


@given(facts=FACTS, rule=RULES, days=st.integers(-10, 6000))
def test_nothing_that_is_needed_ever_goes(facts, rule, days):
    goes = what_goes(facts, rule, END + days * DAY)
    if isinstance(goes, Stays):
        return
    passed = days * DAY
    if goes.what is Removes.WIRE:
        assert facts.wired and facts.state is OutboundState.ACKNOWLEDGED and not facts.payloads_removed
        assert rule.sent is not None and passed >= rule.sent
        assert not facts.due and not facts.held and not facts.kept_because
        return
    assert not facts.due and not facts.held and not facts.kept_because
    assert facts.state in ENDS or (facts.state is InboundState.ACCEPTED and facts.test_service)
    payload = rule.failed if facts.state is OutboundState.FAILED else rule.payload
    if not facts.payloads_removed:
        assert payload is not None and passed >= payload
    if goes.what is Removes.ALL:
        assert rule.evidence is not None and passed >= rule.evidence and passed >= rule.window
    else:
        assert not facts.payloads_removed


@given(facts=FACTS, rule=RULES, days=st.integers(0, 6000), later=st.integers(0, 6000))
def test_what_may_go_may_go_later_too(facts, rule, days, later):
    if isinstance(what_goes(facts, rule, END + days * DAY), Goes):
        assert isinstance(what_goes(facts, rule, END + (days + later) * DAY), Goes)


@given(facts=FACTS, rule=RULES, days=st.integers(0, 6000))
def test_what_stays_until_an_instant_stays_until_then(facts, rule, days):
    verdict = what_goes(facts, rule, END + days * DAY)
    if isinstance(verdict, Stays) and verdict.until is not None:
        assert verdict.until > END + days * DAY
        assert isinstance(what_goes(facts, rule, verdict.until - timedelta(microseconds=1)), Stays)
