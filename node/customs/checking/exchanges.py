"""The rules of exchange manifests that compare entries with each other: REC-04, 05, 06 and 08. Nothing is kept of a row but what the next needs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from node.customs.checking.document import Header
from node.customs.checking.judging import Breach, Check, Path
from node.customs.reconciling.digest import ManifestDigest
from node.customs.reconciling.entry import Direction
from node.customs.reconciling.manifest import ManifestRefused, read_entry, read_head
from node.customs.xpath.scope import Scope


class Entries:
    """Entries come in their order, are numbered without a gap, and are what the totals and digests of a manifest in one part say."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._digest = ManifestDigest()
        self._last: tuple[bool, str, bytes] | None = None
        #: The number of the last entry; None before the first.
        self._number: int | None = None

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`."""
        number = int(element[0].text)
        try:
            entry = read_entry(element)
        except ManifestRefused:
            # A moment that the schema allows and no clock shows: what cannot be read has no digest.
            yield Breach(None, (), path(element), "REC-08")
            return
        self._digest.add(entry)
        if self._last is not None and entry.order <= self._last:
            yield Breach(None, (entry.message_id,), f"{path(element)}/MessageID", "REC-05")
        self._last = entry.order
        # A later part goes on where the one before ended.
        if not self._follows(number, element):
            yield Breach(None, (str(number),), f"{path(element)}/SequenceNumeric", "REC-06")
        self._number = number

    def _follows(self, number: int, element: Any) -> bool:
        if self._number is not None:
            return number == self._number + 1
        part = next(child for child in element.getparent() if child.tag.endswith("}PartNumeric"))
        return (number == 1) == (int(part.text) == 1)

    def end(self, root: Any) -> Iterator[Breach]:
        """See `Check`."""
        try:
            head = read_head(root)
        except ManifestRefused:
            yield Breach(root, (), rule="REC-08")
            return
        if head.parts != 1:
            # Whether all parts together are what they say is seen when all are there: `WholeManifest`.
            return
        totals = {_direction(child): child for child in root if child.tag.endswith("}Total")}
        for direction in Direction:
            counted, said = self._digest.total(direction), head.totals.get(direction)
            if said is None or direction not in totals:
                continue
            if counted.quantity != said.quantity:
                yield Breach(totals[direction][1], (direction.value,), rule="REC-04")
            elif counted.digest != said.digest:
                yield Breach(totals[direction][2], (), rule="REC-08")
        if self._digest.whole() != head.set_digest:
            yield Breach(next(child for child in root if child.tag.endswith("}SetDigest")), (), rule="REC-08")


def _direction(total: Any) -> Direction:
    return Direction((total[0].text or "").strip())


CHECKS: Final[Mapping[str, Callable[[Scope, Header], Check]]] = {"exchanges.entries": Entries}
