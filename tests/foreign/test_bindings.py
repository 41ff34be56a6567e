"""Patterns and bindings as legs, and back."""

import pytest

from node.ebms.namespaces import EB, ONE_WAY, TWO_WAY
from node.foreign.bindings import WAYS, LegWay, named, of_legs, ways


@pytest.mark.parametrize("name", WAYS)
def test_legs_name_their_binding(name: tuple[str, str]) -> None:
    found = ways(*name)
    assert found is not None
    assert named(found) == name


def test_a_binding_that_does_not_go_with_its_pattern() -> None:
    assert ways(ONE_WAY, EB + "sync") is None
    assert ways(TWO_WAY, EB + "pullAndPull") is None


@pytest.mark.parametrize(
    ("pulled", "second", "binding"),
    [
        (False, None, "push"),
        (True, None, "pull"),
        (False, (False, False), "pushAndPush"),
        (False, (True, False), "pushAndPull"),
        (False, (False, True), "sync"),
        (True, (False, False), "pullAndPush"),
    ],
)
def test_the_binding_of_what_is_agreed(pulled: bool, second: tuple[bool, bool] | None, binding: str) -> None:
    assert named(of_legs(pulled=pulled, second=second))[1] == EB + binding


def test_what_is_pulled_comes_from_the_responder() -> None:
    assert ways(ONE_WAY, EB + "pull") == (LegWay(by_initiator=False, pulled=True),)
