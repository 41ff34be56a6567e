"""The life of a version: every pair of state and event is either a step or refused."""

import pytest

from node.sheets.states import STEPS, IllegalStep, VersionEvent, VersionState, step


@pytest.mark.parametrize("state", VersionState)
@pytest.mark.parametrize("event", VersionEvent)
def test_every_pair_is_a_step_or_refused(state, event):
    if (state, event) in STEPS:
        assert step(state, event) is STEPS[state, event]
    else:
        with pytest.raises(IllegalStep, match=f"{state.value} knows no {event.value}"):
            step(state, event)


def test_active_comes_only_after_accepted():
    assert [before for (before, _), after in STEPS.items() if after is VersionState.ACTIVE] == [VersionState.ACCEPTED]


def test_what_has_ended_stays_ended():
    ended = {VersionState.SUPERSEDED, VersionState.WITHDRAWN, VersionState.EXPIRED, VersionState.LAPSED}
    assert [pair for pair in STEPS if pair[0] in ended] == []


def test_what_both_signed_and_nobody_approved_was_never_in_force():
    assert step(VersionState.ACCEPTED, VersionEvent.EXPIRE) is VersionState.LAPSED
    assert step(VersionState.ACTIVE, VersionEvent.EXPIRE) is VersionState.EXPIRED
