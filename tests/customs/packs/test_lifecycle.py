"""Life cycles as tables; the steps of ours are in the test of moving.py."""

import pytest

from node.customs.packs.lifecycle import LifeCycleRefused, read_machines

STATES = {"A": {"name_en": "a", "name_zh": "甲"}, "Z": {"name_en": "z", "name_zh": "癸", "final": True}}
MACHINE = {"name": "one", "owner": "sender", "states": STATES}


def row(*sources, event="go", to="A", **more):
    return {"machine": "one", "from": list(sources), "event": event, "to": to, **more}


def read(*rows, **changes):
    (machine,) = read_machines({"machine": [{**MACHINE, **changes}], "transition": list(rows)})
    return machine


def test_a_row_is_found_by_state_and_event():
    machine = read(row("", event="begin"), row("A", to="Z", refuse="LC-01", guard={"machine": "two", "in": ["B"]}))
    assert machine.step("", "begin").target == "A"
    assert machine.step("A", "begin") is None
    found = machine.step("A", "go")
    assert (found.target, found.refuse, found.during) == ("Z", "LC-01", {"two": frozenset("B")})
    assert (machine.refusal("go"), machine.refusal("begin"), machine.refusal("stop")) == ("LC-01", "LC-02", "LC-02")
    assert (machine.shown(""), machine.shown("A")) == ("NONE", "A")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"machine": [{"name": "one", "owner": "sender"}]}, "states is missing"),
        ({"machine": [MACHINE], "transition": [row("Q")]}, "one: 'Q' is no state of it"),
        ({"machine": [MACHINE], "transition": [row("A", to="Q")]}, "one: 'Q' is no state of it"),
        ({"machine": [MACHINE], "transition": [row("Z")]}, "one: Z is final, and go would leave it"),
        ({"machine": [{**MACHINE, "owner": "me"}]}, "one: owner is sender or recipient, not 'me'"),
        ({"machine": [MACHINE], "transition": [{**row("A"), "machine": "two"}]}, "unknown machine 'two'"),
        ({"machine": [1]}, "no table"),
        ({"machine": {"name": "one"}}, "no table"),
        ({"machine": [{**MACHINE, "states": ["A"]}]}, "no table"),
        ({"machine": [{**MACHINE, "states": {"A": "a"}}]}, "no table"),
        ({"machine": [MACHINE], "transition": [row("A", guard="two")]}, "no table"),
        ({"machine": [MACHINE], "transition": [{**row("A"), "from": "A"}]}, "from: 'A' is no list of texts"),
        ({"machine": [MACHINE], "transition": [row("A", guard={"machine": "two", "in": "B"})]}, "in: 'B' is no list of texts"),
        ({"machine": [MACHINE], "transition": [row("A", refuse="LC-99")]}, "refuse: 'LC-99' is not one of "),
        ({"machine": [MACHINE], "transition": [{"machine": "one", "event": "go", "to": "A"}]}, "from is missing"),
    ],
)
def test_what_is_no_life_cycle_is_refused(table, told):
    with pytest.raises(LifeCycleRefused, match=told):
        read_machines(table)


def test_a_final_state_may_be_stayed_in():
    assert read(row("Z", to="Z")).step("Z", "go").target == "Z"
