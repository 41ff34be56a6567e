"""`n2n document convert`: a document in another form, with everything that does not go across. Source: DESIGN 10."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.invocation import Json, show
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.customs.mapping.carrying import Carried
    from node.customs.packs.library import Packs
    from node.ebms.xml import Element

#: Our own form.
CANONICAL: Final = "canonical"
#: UN/EDIFACT CUSCAR, by the profile of the document.
CUSCAR: Final = "cuscar"

File = Annotated[Path, typer.Argument(metavar="FILE", help="A document of ours, or one in a form that a map reads.")]
To = Annotated[
    str, typer.Option(metavar="FORM", help="canonical, cuscar, or a form that the packs have a map for: ubl, wco-dms.")
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="The folder in which 0001.xml, 0002.xml, .. are written.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("convert")(convert)


def convert(file: File, to: To, out: Out, _json: Json = False) -> None:
    """Write a document in another form; what does not go across is told on standard error, one JSON line for each loss.

    Exit code 0 when it is written, 1 when something that the form needs is missing; then nothing is written.

    Example: n2n document convert certificate.xml --to ubl --out converted/
    """
    from node.cli.document import open_library, read_octets
    from node.customs.edifact.envelope import is_interchange
    from node.customs.mapping.carrying import losses_as_json

    octets = read_octets(file)
    library = open_library()
    if is_interchange(octets):
        _from_edifact(octets, to, out, library)
        return
    if to == CUSCAR:
        _to_edifact(file, octets, out, library)
        return
    carried = _carried(file, octets, to, library)
    if carried is None:
        # It is in our form already: the octets stay what they are, and so does the seal.
        show({"files": [_write(out, 1, octets)], "losses": 0}, [str(out / "0001.xml")])
        return
    _tell(losses_as_json(carried.losses))
    _tell({"problem": problem} for problem in carried.problems)
    if carried.problems:
        raise typer.Exit(ExitCode.NO)
    from node.customs.mapping.maps import octets_of

    written = _write(out, 1, octets_of(carried))
    show({"files": [written], "losses": len(carried.losses)}, [str(written)])


def _from_edifact(octets: bytes, to: str, out: Path, library: "Packs") -> None:
    """One document for each message that nothing refuses."""
    from node.customs.edifact.interchange import canonical_documents

    if to != CANONICAL:
        raise CommandFailed(ExitCode.USAGE, "--to", f"an interchange becomes {CANONICAL} first", f"then convert it to {to}")
    converted = canonical_documents(octets, library.edifact, library.profiles())
    _tell(finding.as_json() for finding in converted.verdict.findings)
    files = [_write(out, number, one.octets) for number, one in enumerate(converted.mapped, 1) if one.octets is not None]
    show({"files": files, "losses": len(converted.verdict.findings)}, [str(one) for one in files])
    if not converted.verdict.accepted:
        raise typer.Exit(ExitCode.NO)


def _to_edifact(file: Path, octets: bytes, out: Path, library: "Packs") -> None:
    from node.customs.edifact.interchange import interchange_of
    from node.customs.edifact.report_reader import ReportRefused

    try:
        written = interchange_of(octets, library.edifact, library.profiles())
    except ReportRefused as error:
        raise CommandFailed(ExitCode.NO, str(file), str(error), "only a cargo report goes out as CUSCAR") from None
    _tell(finding.as_json() for finding in written.losses)
    made = _write(out, 1, written.octets, ".edi")
    show({"files": [made], "losses": len(written.losses)}, [str(made)])


def _carried(file: Path, octets: bytes, to: str, library: "Packs") -> "Carried | None":
    from node.customs.mapping.maps import Maps
    from node.customs.packs.problems import PackRefused

    root = _root(file, octets)
    try:
        maps = Maps(library.all, {definition.id: definition for definition in library.types()})
    except PackRefused as error:
        raise CommandFailed(ExitCode.CONFIGURATION, "pack", str(error), "n2n pack check shows every problem") from None
    namespace, _, name = root.tag.removeprefix("{").rpartition("}")
    ours = library.with_root(namespace, name)
    if ours is None:
        table = maps.of_root(root)
        if table is None or to != CANONICAL:
            raise CommandFailed(
                ExitCode.USAGE, str(file), f"is no document of ours, and no map reads {name} as {to}", "see n2n pack list"
            )
        return maps.inward(root, table)
    if to == CANONICAL:
        return None
    forms = maps.forms(ours.id)
    if to not in forms:
        known = ", ".join((CANONICAL, *sorted(forms)))
        raise CommandFailed(ExitCode.USAGE, "--to", f"no pack has a map of {ours.id} to {to!r}", f"there are {known}")
    return maps.outward(root, forms[to])


def _root(file: Path, octets: bytes) -> "Element":
    from lxml import etree

    from node.customs.checking.safe import MOST_OCTETS
    from node.ebms.xml import XmlLimits, XmlRefused, parse_xml

    limits = XmlLimits(octets=MOST_OCTETS, elements=2_000_000, text=1 << 20, only_elements=False)
    try:
        root = parse_xml(octets, limits)
    except XmlRefused as error:
        raise CommandFailed(ExitCode.NO, str(file), f"is no safe XML: {error}") from None
    # A comment would cut a text in two.
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return root


def _write(out: Path, number: int, octets: bytes, ending: str = ".xml") -> Path:
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{number:04}{ending}"
    file.write_bytes(octets)
    return file


def _tell(lines: Iterable[Mapping[str, Any]]) -> None:
    for line in lines:
        print(json.dumps(line, ensure_ascii=False), file=sys.stderr)
