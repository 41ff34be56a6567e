"""There and back: a document that was carried into another form and home again is what it was, but for what was told as a loss."""

from collections.abc import Iterator

from node.customs.mapping.carrying import words_of
from node.customs.mapping.maps import Maps, reads
from node.customs.mapping.table import MapTable
from node.ebms.xml import Element


def astray(document: Element, table: MapTable, maps: Maps) -> Iterator[str]:
    """What goes wrong on the way out and, where the map reads the other form too, on the way back."""
    out = maps.outward(document, table)
    yield from out.problems
    if out.problems or not reads(table):
        return
    back = maps.inward(out.root, table)
    yield from back.problems
    before, after = dict(words_of(document)), dict(words_of(back.root))
    told = [loss.location for loss in out.losses]
    for place, value in before.items():
        if place not in after and not any(place == lost or place.startswith((f"{lost}/", f"{lost}[")) for lost in told):
            yield f"{place} is lost, and nothing says so"
        elif place in after and after[place] != value:
            yield f"{place} comes back as {after[place]!r}"
    for place in after.keys() - before.keys():
        yield f"{place} comes back, and was not there"
