"""What belongs to one check reaches the functions of that check alone."""

import threading
from datetime import date

import pytest

from node.customs.profile import Profile
from node.customs.xpath.scope import Scope, scope, within
from tests.documents import packs


def made(name):
    return Scope(Profile(name, (), "1.0", date.min, None, {}), date(2026, 1, 1), packs().lists)


def test_outside_of_a_check_there_is_none():
    with pytest.raises(LookupError):
        scope()


def test_the_inner_check_counts_and_the_outer_one_comes_back_whatever_happens():
    one, two = made("1"), made("2")
    with within(one):
        seen = []
        with pytest.raises(LookupError), within(two):
            seen.append(scope()) or {}["gone"]
        assert seen == [two]
        assert scope() is one


def test_threads_do_not_see_each_other():
    seen = []

    def other():
        try:
            scope()
        except LookupError:
            seen.append("none")

    with within(made("1")):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == ["none"]
