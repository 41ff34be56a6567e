"""Retry-After as seconds, as a date by the partner's own clock, and as nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.transport.retry_after import retry_after

NOON = "Fri, 28 Nov 2025 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "Fri, 28 Nov 2025 12:05:00 GMT", "Date": NOON}, 300),
        ({"Retry-After": "Fri, 28 Nov 2025 11:00:00 GMT", "Date": NOON}, 0),
        ({"Retry-After": "Fri, 28 Nov 2025 12:05:00 GMT"}, None),
        ({"Retry-After": "Fri, 28 Nov 2025 12:05:00", "Date": NOON}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "9" * 400}, 999_999_999),
        ({}, None),
    ],
)
def test_what_is_asked_is_read(headers, seconds):
    assert retry_after(headers) == seconds


@given(st.text(), st.text())
def test_nothing_that_a_partner_writes_is_an_error(said, date):
    found = retry_after({"Retry-After": said, "Date": date})
    assert found is None or found >= 0
