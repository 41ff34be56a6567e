"""The forecast of a certificate's end, and whose certificate is a demo's; the checks themselves: test_checks.py."""

from datetime import timedelta

import pytest

from node.doctor.check import Severity
from node.doctor.own_keys import forecast, is_demo, severity_of
from tests.doctor.homes import NOW, Home, key


@pytest.mark.parametrize(
    ("days", "step"), [(90.5, None), (89.9, 90), (60.5, 90), (59, 60), (29, 30), (13, 14), (6.5, 7), (0.5, 1), (-0.1, None)]
)
def test_an_end_is_told_at_each_step(days: float, step: int | None) -> None:
    told = forecast(key(days=days).certificate, NOW)
    assert (f"told at {step} days" in told) if step else told == ""


def test_what_ends_in_less_than_a_month_presses() -> None:
    assert severity_of(key(days=31).certificate, NOW) is Severity.INFO
    assert severity_of(key(days=31).certificate, NOW + timedelta(days=2)) is Severity.WARNING


def test_a_demo_is_known_by_its_issuer(healthy: Home) -> None:
    own = healthy.facts().setting.certificates.own
    assert [is_demo(one.certificate) for one in (own["sign"], key())] == [True, False]
