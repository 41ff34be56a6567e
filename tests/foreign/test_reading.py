"""Truths and numbers of foreign files."""

from typing import Any

import pytest

from node.foreign.items import Item, boolean, integer


@pytest.mark.parametrize(
    ("value", "truth"),
    [("true", True), (" TRUE ", True), ("1", True), (True, True), ("0", False), (False, False), ("yes", None), (None, None)],
)
def test_truths(value: Any, truth: bool | None) -> None:
    assert boolean(Item("a", "a", "a", value)) is truth
    assert boolean(None) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [("12", 12), (12, 12), ("-1", None), ("1.5", None), ("九", None), (True, None), (None, None), ("9" * 13, None)],
)
def test_numbers(value: Any, number: int | None) -> None:
    assert integer(Item("a", "a", "a", value)) == number
    assert integer(None) is None
