"""Below their floors libraries are refused."""

import pytest
from lxml import etree

from node.configuration import Problems
from node.floors import LIBXML2, check_libxml2


@pytest.mark.parametrize(("version", "refused"), [((2, 13, 9), True), ((2, 14, 4), True), (LIBXML2, False), ((3, 0, 0), False)])
def test_a_libxml2_below_its_floor_is_a_problem(version: tuple[int, ...], refused: bool) -> None:
    problems = Problems()
    check_libxml2(problems, version)
    assert bool(problems.found) is refused


def test_the_one_at_work_is_above_it() -> None:
    assert etree.LIBXML_VERSION >= LIBXML2
