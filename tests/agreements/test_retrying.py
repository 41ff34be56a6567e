"""Retry schedules of agreements: the standard's text, the table, and what is told when neither can be read."""

import pytest

from node.msh.schedule import read_schedule, schedule_of


def schedule(agreements):
    return schedule_of(agreements.for_submission("xx", None, "Submit").leg.reception_awareness)


@pytest.mark.parametrize("profile", ["edelivery-as4-1.15"])
def test_a_preset_has_a_schedule_of_three_days(load, a, profile):
    agreements = load(xx=a.AGREEMENT)
    assert agreements.problems == []
    assert schedule(agreements) == read_schedule("")


def test_the_text_of_the_agreement_stands_before_the_preset(load, a):
    agreements = load(xx=a.AGREEMENT + '[leg.reception_awareness]\nretry_parameters = "maxretries=3;period=120000"\n')
    assert agreements.problems == []
    assert schedule(agreements) == read_schedule("maxretries=3;period=120000")


def test_a_schedule_of_days_is_written_as_a_table(load, a):
    agreements = load(xx=a.AGREEMENT + '[leg.x.retry]\nintervals = ["5m", "1h", "6h", "1d"]\nhorizon = "14d"\nreceipt = "2h"\n')
    assert agreements.problems == []
    assert schedule(agreements) == read_schedule("intervals=5m 1h 6h 1d; horizon=14d; receipt=2h")
    agreements = load(xx=a.AGREEMENT + '[leg.x.retry]\nperiod = "30s"\nfactor = 2.5\ncap = "6h"\nmax_retries = 40\n')
    assert schedule(agreements) == read_schedule("max_retries=40; period=30s; factor=2.5; cap=6h")
    told = {one.parameter: (one.value, str(one.origin)) for one in agreements.explain("xx")}
    assert told["x.Retry.MaxInterval"] == ("6h", "partners/xx/agreement.toml:26")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            '[leg.reception_awareness]\nretry_parameters = "maxretrys=3"\n',
            "partners/xx/agreement.toml: leg.reception_awareness.retry_parameters: 'maxretrys' is not known; did you mean maxretries?",
        ),
        ('[leg.x.retry]\nhorizon = "3"\n', "partners/xx/agreement.toml: leg.x.retry: '3' is no length of time; write a number"),
        ('[leg.x.retry]\nhorizen = "3d"\n', "partners/xx/agreement.toml: leg.x.retry.horizen: is not known; did you mean"),
        (
            '[leg.x.retry]\nhorizon = "3d"\n[leg.reception_awareness]\nretry_parameters = "max_retries=3"\n',
            "leg.x.retry: says what leg.reception_awareness.retry_parameters says too",
        ),
    ],
)
def test_what_is_no_schedule_is_refused_when_the_agreement_is_loaded(load, a, more, problem):
    [told] = load(xx=a.AGREEMENT + more).problems
    assert problem in told
