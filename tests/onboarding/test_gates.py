"""Where a partner stands, by its records and the version in force."""

from dataclasses import dataclass

import pytest

from node.onboarding.gates import GATES, Look, Standing, gate, missing, opens_next, standings


@dataclass
class Kept:
    gate: int
    agreed: str = "v1"
    passed: bool = True


def words(*records, version="v1"):
    return [one.standing.value for one in standings(records, version)]


def test_at_first_one_gate_is_open():
    assert words() == ["OPEN", *["CLOSED"] * 7]
    assert opens_next(standings((), "v1")).startswith("gate 1, agreement: both sides have signed")


def test_the_last_record_of_a_gate_counts():
    assert words(Kept(1), Kept(2, passed=False))[:3] == ["PASSED", "FAILED", "CLOSED"]
    assert words(Kept(1), Kept(2, passed=False), Kept(2))[:3] == ["PASSED", "PASSED", "OPEN"]
    assert words(Kept(1), Kept(1, passed=False))[:2] == ["FAILED", "CLOSED"]


def test_another_version_asks_for_all_of_them_again():
    assert words(*(Kept(number) for number in range(1, 9)), version="v2") == ["AGAIN"] * 8
    assert words(*(Kept(number) for number in range(1, 9))) == ["PASSED"] * 8


def test_production_falls_with_any_gate_before_it():
    records = [Kept(number) for number in range(1, 9)]
    found = standings([*records, Kept(4, passed=False)], "v1")
    assert [one.standing for one in found][3:] == [
        Standing.FAILED,
        Standing.PASSED,
        Standing.PASSED,
        Standing.PASSED,
        Standing.AGAIN,
    ]
    assert [one.number for one in missing(found, 8)] == [4]
    assert opens_next(found).startswith("gate 4, conformance cases")
    assert opens_next(standings(records, "v1")) == ""


def test_there_are_eight_in_their_order_and_both_languages():
    assert [one.number for one in GATES] == list(range(1, 9))
    assert all(one.zh and not one.zh.isascii() for one in GATES)
    assert gate(8).en == "production"
    for number in (0, 9):
        with pytest.raises(KeyError):
            gate(number)


def test_a_look_passes_when_nothing_is_missing():
    assert Look({}).passed
    assert not Look({}, ("x",)).passed
