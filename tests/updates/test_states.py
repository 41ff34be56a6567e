"""The life of an update: every triple of direction, state and event is either a step or refused."""

import pytest

from node.updates.states import STEPS, IllegalUpdateStep, UpdateDirection, UpdateEvent, UpdateState, step


@pytest.mark.parametrize("direction", UpdateDirection)
@pytest.mark.parametrize("state", UpdateState)
@pytest.mark.parametrize("event", UpdateEvent)
def test_every_triple_is_a_step_or_refused(direction, state, event):
    if (direction, state, event) in STEPS:
        assert step(direction, state, event) is STEPS[direction, state, event]
    else:
        with pytest.raises(IllegalUpdateStep, match=f"{state.value} knows no {event.value}"):
            step(direction, state, event)


def test_whom_we_have_told_that_it_is_accepted_is_never_told_otherwise():
    ended = {UpdateState.ACCEPTED, UpdateState.REJECTED, UpdateState.EXPIRED}
    assert [one for one in STEPS if one[0] is UpdateDirection.IN and one[1] in ended] == []


def test_a_late_answer_of_a_partner_counts():
    late = {event for direction, state, event in STEPS if (direction, state) == (UpdateDirection.OUT, UpdateState.EXPIRED)}
    assert late == {UpdateEvent.ACCEPT, UpdateEvent.REJECT}
