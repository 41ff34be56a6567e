"""How old a message may be, as agreements say it; and no agreement refuses what is sent again as agreed."""

from datetime import timedelta

import pytest

from node.ebms.pmode import MessageTime


def time_of(agreements):
    return agreements.for_submission("xx", None, "Submit").leg.time


def test_what_nobody_says_flags_and_refuses_nothing(load, a):
    agreements = load(xx=a.AGREEMENT)
    assert time_of(agreements) == MessageTime()
    assert not time_of(agreements).refuse
    # Longer than anybody tries.
    assert timedelta(seconds=time_of(agreements).max_age) > timedelta(days=3)


def test_an_agreement_says_its_own(load, a):
    text = '[leg.x.time]\nmax_age = "10d"\nmax_ahead = "2m"\naction = "refuse"\nmax_apart = "5s"\n'
    agreements = load(xx=a.AGREEMENT + text)
    assert agreements.problems == []
    assert time_of(agreements) == MessageTime(864_000.0, 120.0, True, 5.0)
    assert agreements.max_apart("xx") == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('max_age = "long"\n', "leg.x.time.max_age: 'long' is no length of time"),
        ('max_ahead = "5"\n', "leg.x.time.max_ahead: '5' is no length of time"),
        ('max_apart = "0s"\n', "leg.x.time.max_apart: '0s' must be more than nothing"),
        ('action = "drop"\n', "x.Time.Action = 'drop' is not supported by this node, which can do flag, refuse"),
        ('action = "refuse"\nmax_age = "2d"\n', "leg.x.time.max_age: is 2d, and a message is sent again for up to 3d"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(load, a, more, problem):
    agreements = load(xx=a.AGREEMENT + "[leg.x.time]\n" + more)
    (told,) = agreements.problems
    assert problem in str(told)
    assert "partners/xx/agreement.toml" in str(told)


@pytest.mark.parametrize("retry", ['horizon = "20d"\n', 'period = "1d"\nmax_retries = 20\n'])
def test_the_schedule_of_the_agreement_counts(load, a, retry):
    text = a.AGREEMENT + '[leg.x.time]\naction = "refuse"\nmax_age = "{}"\n\n[leg.x.retry]\n' + retry
    assert "for up to 20d" in str(load(xx=text.replace("{}", "19d")).problems[0])
    assert load(xx=text.replace("{}", "20d")).problems == []
    # Flagging harms nobody.
    assert load(xx=text.replace("{}", "19d").replace("refuse", "flag")).problems == []
