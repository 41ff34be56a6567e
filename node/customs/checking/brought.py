"""What a pack brings beside types and rules, on trial: code lists, names for screens, and maps that carry its good samples there and back. Source: DESIGN 9."""

from collections.abc import Iterator, Mapping
from typing import Final

from node.customs.mapping.maps import Maps
from node.customs.mapping.round_trip import astray
from node.customs.packs.codelist import CodeList
from node.customs.packs.labels import LANGUAGES, LabelsRefused, read_labels
from node.customs.packs.library import Packs
from node.customs.packs.pack import Pack
from node.customs.packs.problems import PackProblem, PackRefused
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml

_GOOD: Final = "samples/good/"
_LIMITS: Final = XmlLimits(octets=20 << 20, elements=2_000_000, text=1 << 20)


def list_problems(pack: Pack) -> Iterator[PackProblem]:
    """Every bad row of its code lists; asked before anything opens them."""
    for name, octets in pack.of_folder("codelists"):
        if name.endswith(".csv"):
            for problem in CodeList(name, lambda octets=octets: octets).problems():  # type: ignore[misc]
                yield PackProblem(f"{pack.id}/codelists/{name}", problem)


def label_problems(pack: Pack) -> Iterator[PackProblem]:
    """Labels that cannot be read, and what is named in one language alone."""
    names: dict[str, set[tuple[str, ...]]] = {}
    for language in LANGUAGES:
        file = f"labels/{language}.toml"
        if file not in pack.files:
            continue
        try:
            said = read_labels([pack.files[file]])
        except LabelsRefused as error:
            yield PackProblem(f"{pack.id}/{file}", str(error))
            continue
        names[file] = {("fields", field) for field in said.fields}
        for table, tables in (("values", said.values), ("states", said.states)):
            names[file] |= {(table, key, name) for key, named in tables.items() for name in named}
    every = set().union(*names.values())
    for file, named in names.items():
        for missing in sorted(every - named):
            yield PackProblem(f"{pack.id}/{file}", f"{'.'.join(missing)} is named in the other language alone")


def map_problems(pack: Pack, packs: Packs) -> Iterator[PackProblem]:
    """Maps that cannot be read, and good samples that do not go there, or do not come back the same but for what was told as a loss."""
    types = {definition.id: definition for definition in packs.types()}
    try:
        maps = Maps([pack], types)
    except PackRefused as error:
        yield from error.problems
        return
    for type_id, definition in types.items():
        forms = maps.forms(type_id)
        for file, octets in _samples(pack.files) if forms else ():
            try:
                document = parse_xml(octets, _LIMITS)
            except XmlRefused:
                # The trial of the samples says so.
                continue
            if document.tag != definition.tag:
                continue
            for form, table in forms.items():
                for problem in astray(document, table, maps):
                    yield PackProblem(f"{pack.id}/{file}", f"to {form}: {problem}")


def _samples(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, octets in files.items():
        if name.startswith(_GOOD) and name.endswith(".xml") and "/" not in name.removeprefix(_GOOD):
            yield name, octets
