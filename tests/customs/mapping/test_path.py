"""Paths stand for elements and attributes, every occurrence or the first, chosen by what they hold."""

import pytest
from lxml import etree

from node.customs.mapping.path import Occurrence, PathRefused, end, occurrences, read_path

SPACES = {"": "urn:a", "b": "urn:b"}
DOCUMENT = etree.fromstring(
    """<r xmlns="urn:a" xmlns:b="urn:b"><g n="1"><k>x</k><v>1</v><v>2</v></g><g n="2"><k>y/z</k><v>3</v></g><b:g><v>no</v></b:g></r>"""
)


def texts(said: str) -> list[tuple[tuple[int, ...], str | None]]:
    path = read_path(said, SPACES)
    found = []
    for at in occurrences(DOCUMENT, path):
        last = end(at, path.rest)
        if last is not None:
            found.append((at.places, last.element.get(path.attribute) if path.attribute else last.element.text))
    return found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("g/v", [((), "1")]),
        ("g[]/v", [((0,), "1"), ((1,), "3")]),
        ("g[]/v[]", [((0, 0), "1"), ((0, 1), "2"), ((1, 0), "3")]),
        ("g/v[]", [((0,), "1"), ((1,), "2")]),
        ("g[k='y/z']/v", [((), "3")]),
        ("g[@n='2'][]/v[]", [((0, 0), "3")]),
        ("g[]/@n", [((0,), "1"), ((1,), "2")]),
        ("g[k='none']/v", []),
        ("b:g/v", [((), "no")]),
    ],
)
def test_a_path_stands_for_its_occurrences(said: str, found: list[tuple[tuple[int, ...], str]]) -> None:
    assert texts(said) == found


def test_the_root_has_attributes_too() -> None:
    path = read_path("@n", SPACES)
    assert (path.steps, path.attribute, path.depth) == ((), "n", 0)
    assert list(occurrences(DOCUMENT, path)) == [Occurrence(DOCUMENT, ())]


@pytest.mark.parametrize("said", ["", "a//b", "a/@b/c", "a[1]", "a[b]", "a[b='x'", "c:a", "a b", "a[@x=1]"])
def test_what_is_no_path_is_refused(said: str) -> None:
    with pytest.raises(PathRefused):
        read_path(said, SPACES)
