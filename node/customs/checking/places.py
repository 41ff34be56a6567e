"""Where a finding is: a path of local names, with a position wherever an element may be repeated, and the same place in the WCO Data Model."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from node.customs.finding import Pointer
from node.customs.packs.schema import Place

_NOWHERE = Place()


class Places:
    """Paths in one document whose rows come and go."""

    def __init__(self, places: Mapping[tuple[str, str], Place]) -> None:
        """`places` are those of the schema."""
        self._places = places
        #: The row that is being judged, and which of its name it is.
        self.row: Any = None
        self.place = 0

    def path(self, node: Any) -> str:
        """`/CertificateOfOrigin/GoodsItem[2]/Classification/ID`."""
        steps = []
        while node is not None:
            steps.append(self._step(node))
            node = node.getparent()
        return "/" + "/".join(reversed(steps))

    def _step(self, node: Any) -> str:
        name = _local(node)
        parent = node.getparent()
        if node is self.row:
            return f"{name}[{self.place}]"
        if parent is None:
            return name
        declared = self._places.get((_local(parent), name), _NOWHERE)
        before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
        repeated = declared.repeats or before or next(node.itersiblings(node.tag), None) is not None
        return f"{name}[{before + 1}]" if repeated else name

    def pointer(self, node: Any) -> Pointer:
        """The node's place in the WCO Data Model; empty where the schema does not say."""
        parent = node.getparent()
        return self._places.get(("" if parent is None else _local(parent), _local(node)), _NOWHERE).pointer


def _local(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else "comment()"
