"""The chain tells where the log is not what was written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.evidence.chain import NOTHING, Link, first_break, leaf_hash, link


def log(number: int) -> list[Link]:
    found, before = [], NOTHING
    for one in range(1, number + 1):
        octets = f"entry {one}".encode()
        before = link(before, leaf_hash(octets))
        found.append(Link(one, octets, leaf_hash(octets), before))
    return found


def test_what_was_written_is_one_chain() -> None:
    assert first_break(log(20)) is None
    assert first_break([]) is None
    # Also a part of it, told what came before.
    assert first_break(log(20)[7:], log(20)[6].chain, 8) is None


def test_an_entry_that_is_changed_with_its_hash_breaks_the_chain_at_its_number() -> None:
    links = log(20)
    links[6] = replace(links[6], octets=b"other", leaf=leaf_hash(b"other"))
    found = first_break(links)
    assert found is not None
    assert (found.number, found.what) == (7, "the entry does not follow the one before it")


@pytest.mark.parametrize(
    ("edit", "number", "what"),
    [
        (lambda one: one.pop(4), 5, "entry 5 is missing"),
        (lambda one: one.pop(0), 1, "entry 1 is missing"),
        (lambda one: one.insert(4, one[3]), 4, "entry 4 comes a second time"),
        (lambda one: one.__setitem__(4, replace(one[4], octets=b"x")), 5, "the entry is not the one of which"),
        (lambda one: one.__setitem__(4, replace(one[4], chain=NOTHING)), 5, "the entry does not follow"),
    ],
)
def test_each_edit_is_found_at_its_place(edit, number, what) -> None:
    links = log(9)
    edit(links)
    found = first_break(links)
    assert found is not None
    assert found.number == number
    assert found.what.startswith(what)


@given(st.permutations(range(6)))
def test_no_other_order_is_the_chain(order: list[int]) -> None:
    links = log(6)
    numbered = [replace(links[place], number=number) for number, place in enumerate(order, 1)]
    found = first_break(numbered)
    moved = [place for place, was in enumerate(order) if place != was]
    assert (found.number if found else None) == (moved[0] + 1 if moved else None)
