"""A document grows by paths, in any order, and has the order of its form in the end."""

from lxml import etree

from node.customs.mapping.growing import Growing
from node.customs.mapping.path import read_path

SPACES = {"": "urn:a"}


def test_elements_come_to_their_places() -> None:
    order = ["{urn:a}a", "{urn:a}g", "{urn:a}k", "{urn:a}v"]
    growing = Growing("{urn:a}r", SPACES, lambda _parent, child: order.index(child))
    for said, places, text in (
        ("g[]/v[]", (1, 0), "3"),
        ("g[k='x']/v", (), "0"),
        ("g[]/v[]", (0, 1), "2"),
        ("g[]/v[]", (0, 0), "1"),
        ("a/@n", (), "7"),
        ("@version", (), "1"),
        ("a", (), "A"),
    ):
        growing.put(read_path(said, SPACES), places, text)
    assert etree.tostring(growing.done()).decode() == (
        '<r xmlns="urn:a" version="1"><a n="7">A</a><g><k>x</k><v>0</v></g><g><v>1</v><v>2</v></g><g><v>3</v></g></r>'
    )


def test_a_step_with_and_without_every_occurrence_is_one_element() -> None:
    growing = Growing("{urn:a}r", SPACES, lambda _parent, _child: 0)
    growing.put(read_path("g/v", SPACES), (), "1")
    growing.put(read_path("g[]/@n", SPACES), (0,), "2")
    assert etree.tostring(growing.done()).decode() == '<r xmlns="urn:a"><g n="2"><v>1</v></g></r>'
