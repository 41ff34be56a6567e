"""Sheets are made from terms: an offer, its answer, other terms, the next version."""

from datetime import timedelta

import pytest

from node.sheets.canonical import SheetRefused
from node.sheets.terms import answered, changed, effective, following, held
from tests.agreed import NOW, agreed, key, party


def test_an_offer_is_answered_once():
    with pytest.raises(SheetRefused, match="filled in already"):
        answered(agreed(), party("b"))


def test_other_terms_change_what_they_name():
    other = changed(agreed(), "b", {"title": "x"}, party("b", host="new.example"))
    assert (other.body["title"], other.party("b")["host"], other.party("a")) == ("x", "new.example", agreed().party("a"))
    assert changed(agreed(), "a", {}, None).digest == agreed().digest


def test_a_version_begins_no_sooner_than_the_one_before():
    first = agreed()
    second = following(first, first.body, NOW - timedelta(days=9), None, "0s")
    assert (second.since, second.before_ends) == (NOW, NOW)


def test_an_end_is_written_as_an_instant():
    assert effective(NOW, NOW + timedelta(days=1), "1d")["until"] == "2026-11-29T12:00:00Z"


def test_a_certificate_is_held_as_long_as_it_is_valid():
    assert held(key("a").certificate)["from"] == "2024-01-01T00:00:00Z"
