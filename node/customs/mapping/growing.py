"""A document that is written by paths: an element is made when a path first needs it, and comes to its place at the end."""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from node.customs.mapping.path import Path, Step
from node.ebms.xml import Element, new_root

#: The place of a child among the children of its parent: parent tag, child tag.
Order = Callable[[str, str], int]
_Key = tuple[Any, ...]


class Growing:
    """One document under way."""

    def __init__(self, root: str, namespaces: Mapping[str, str], order: Order) -> None:
        """`root` as lxml spells it; `namespaces` by prefix, the empty one for the default."""
        self.root: Element = new_root(root, {prefix or None: space for prefix, space in namespaces.items() if space})
        self._order = order
        self._made: dict[_Key, Element] = {}
        #: Where an element goes among its siblings of one name.
        self._places: dict[Element, tuple[int, int]] = {}

    def put(self, path: Path, places: tuple[int, ...], text: str) -> None:
        """Write a text at the path; `places` says which occurrence of each `[]` is meant."""
        element = self._reach(path, places)
        if path.attribute:
            element.set(path.attribute, text)
        else:
            element.text = text

    def _reach(self, path: Path, places: tuple[int, ...]) -> Element:
        at = self.root
        key: _Key = ()
        left = list(places)
        for step in path.steps:
            place = (left.pop(0) if left else 0) if step.every else 0
            key = (*key, step.tag, step.tests, place)
            made = self._made.get(key)
            at = self._make(at, step, place, key) if made is None else made
        return at

    def _make(self, parent: Element, step: Step, place: int, key: _Key) -> Element:
        element = self._made[key] = etree.SubElement(parent, step.tag)
        self._places[element] = (place, len(self._places))
        for name, value in step.tests:
            if name.startswith("@"):
                element.set(name.removeprefix("@"), value)
            else:
                child_key = (*key, name, (), 0)
                child = self._made[child_key] = etree.SubElement(element, name)
                child.text = value
                self._places[child] = (0, len(self._places))
        return element

    def done(self) -> Element:
        """The document, every element at its place."""
        for element in list(self.root.iter()):
            if len(element) > 1:
                element[:] = sorted(element, key=lambda child: (self._order(element.tag, child.tag), self._places[child]))
        return self.root
