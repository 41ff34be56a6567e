"""The maps of packs: which forms a type can be written in, and which foreign document is which type."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml import etree

from node.customs.mapping.carrying import Carried, carry, order_of
from node.customs.mapping.table import MapRefused, MapTable, Way, read_table
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.pack import Pack
from node.customs.packs.problems import PackProblem, PackRefused
from node.ebms.xml import Element

#: `map/<form>.csv`, or `map/<form>.<anything>.csv` where a pack has more than one type in that form.
_FOLDER: Final = "map"
_CODES: Final = "codes/"


class Maps:
    """The maps of some packs, earlier packs first: those of a partner come before those of the type."""

    def __init__(self, packs: Iterable[Pack], types: Mapping[str, TypeDefinition]) -> None:
        """`types` are all that there are, by id. Raises PackRefused with every problem."""
        self._tables: dict[tuple[str, str], MapTable] = {}
        self._types = types
        problems: list[PackProblem] = []
        for pack in packs:
            for form, table in _of_pack(pack, types, problems):
                self._tables.setdefault((table.type_id, form), table)
        if problems:
            raise PackRefused(problems)

    def forms(self, type_id: str) -> Mapping[str, MapTable]:
        """The forms that documents of a type can be written in, by name: `ubl`, `wco-dms`."""
        return {form: table for (of, form), table in self._tables.items() if of == type_id}

    def of_root(self, root: Element) -> MapTable | None:
        """The map that reads a foreign document; None where there is none."""
        return next((table for table in self._tables.values() if table.theirs == root.tag and reads(table)), None)

    def outward(self, document: Element, table: MapTable) -> Carried:
        """A document of ours in the other form."""
        return carry(document, table, Way.OUT)

    def inward(self, document: Element, table: MapTable) -> Carried:
        """A foreign document as one of ours; whether it follows its schema is asked afterwards."""
        return carry(document, table, Way.IN, order_of(self._types[table.type_id].schema.places))


def octets_of(carried: Carried) -> bytes:
    """The document as it is written to a file."""
    return bytes(etree.tostring(carried.root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def reads(table: MapTable) -> bool:
    """Whether the map goes both ways."""
    return any(row.direction != "out" for row in table.rows)


def _of_pack(pack: Pack, types: Mapping[str, TypeDefinition], problems: list[PackProblem]) -> Iterator[tuple[str, MapTable]]:
    files = dict(pack.of_folder(_FOLDER))
    codes = {name.removeprefix(_CODES).removesuffix(".csv"): octets for name, octets in files.items() if name.startswith(_CODES)}
    for name, octets in files.items():
        if name.startswith(_CODES) or not name.endswith(".csv"):
            continue
        try:
            yield name.partition(".")[0], _read(name, octets, types, codes)
        except MapRefused as error:
            problems += (PackProblem(f"{pack.id}/{_FOLDER}/{name}", line) for line in str(error).splitlines())


def _read(name: str, octets: bytes, types: Mapping[str, TypeDefinition], codes: Mapping[str, bytes]) -> MapTable:
    type_id = next(
        (
            line.partition(":")[2].strip()
            for line in octets.decode("utf-8-sig", "replace").splitlines()
            if line.startswith("# type:")
        ),
        "",
    )
    if type_id not in types:
        raise MapRefused(f"the type {type_id!r} is in no pack")
    return read_table(name.removesuffix(".csv"), octets, types[type_id].tag, codes)
