"""What a network demands, read and said in words."""

import pytest

from node.agreements.requirements import MUST, SHOULD, TOLD, Requirement, read_requires
from node.configuration import Problems, Table


def read(text):
    import tomllib

    problems = Problems()
    found = read_requires(Table(tomllib.loads(text), "f", problems), {"requires.party.type": 2})
    return found, [str(one) for one in problems.found]


def test_demands_are_read_by_fact():
    found, problems = read(
        """[requires]
party.type = { value = "urn:x", clause = "EN 3.6" }
party.count = { level = "should", value = 1, clause = "ED 3" }
leg.x.payload.max_parts = { value = 1, clause = "BD" }
part.size = { note = "10 MB", clause = "EN 3.6" }
"""
    )
    assert problems == []
    assert {fact: (one.level, one.words()) for fact, one in found.items()} == {
        "party.type": (MUST, "urn:x"),
        "party.count": (SHOULD, "1"),
        "leg.x.payload.max_parts": (MUST, "1"),
        "part.size": (TOLD, "10 MB"),
    }
    assert str(found["party.type"].origin) == "f:2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[requires]\nparty = 1", "f: requires.party: must be a table"),
        ('[requires]\nparty.type = { value = "x", clause = "A", level = "shall" }', "must be one of must, should, told"),
        ("[requires]\nparty.type = { clause = 1, absent = true }", "requires.party.type.clause: must be a string"),
    ],
)
def test_a_demand_that_says_nothing_is_told(text, said):
    assert any(said in one for one in read(text)[1])


def test_every_kind_of_demand_has_words():
    demand = Requirement("f", MUST, "C", ("a", "b"), "a|b", ("x",), absent=False, present=True, note="so")
    assert demand.words() == "present; a or b; like a|b; with x; so"
    assert Requirement("f", MUST, "C", absent=True).words() == "absent"


@pytest.mark.parametrize(("value", "allowed"), [("a", True), ("c", False), ("ab", False)])
def test_a_value_is_one_of_those_and_wholly_like_the_pattern(value, allowed):
    assert Requirement("f", MUST, "C", ("a", "c", "ab"), "a|b").allows(value) is allowed
