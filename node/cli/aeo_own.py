"""`n2n aeo own` and `n2n aeo publish`: our own programme's list, and what each partner is told of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.operators.arrangement import Arrangement, OwnProgramme
    from node.customs.operators.outbound import Publication
    from node.store.lists_out import PartOut

MODES = ("full", "delta", "urgent")


def register(group: typer.Typer) -> None:
    """Add to `n2n aeo`."""
    own = typer.Typer(help="Our own operators.", no_args_is_help=True)
    own.command("import")(import_)
    own.command("list")(list_)
    group.add_typer(own, name="own")
    group.command("publish")(publish)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.csv with a heading, or FILE.json with a list of objects.")],
    _json: Json = False,
) -> None:
    """Take our operators from another system: what changed gets its next version, what is not in the file stays.

    Consent is ALL, LIST with countries, or NONE; without consent an operator goes to nobody. Example: n2n aeo own import list.csv
    """
    import hashlib

    from node.customs.operators.own_list import ListRefused, read_list
    from node.customs.operators.record import Source
    from node.store.own_operators import Overtaken

    if not file.is_file():
        raise CommandFailed(ExitCode.NOT_FOUND, str(file), "no such file")
    node = _open()
    try:
        own, now, octets = _own(node), node.clock.now(), file.read_bytes()
        changes = node.own_operators.compare(own, read_list(octets, file.name, now))
        source = Source(f"import:{node.ports.identifiers.unique()}", "", now, hashlib.sha256(octets).hexdigest())
        with ordered(node, "aeo own import", taken=[octets]):
            node.own_operators.take(own, changes, source)
    except Overtaken as error:
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(file), str(error), "import it again") from error
    except ListRefused as refused:
        remedy = "nothing was taken; correct the file and import it again"
        told = "; ".join(refused.problems)
        raise CommandFailed(ExitCode.USAGE, str(file), told, remedy) from refused
    finally:
        node.close()
    said = ", ".join(f"{count} {name}" for name, count in changes.counts.items())
    show({"programme": own.programme, **changes.counts}, [f"{own.programme}: {said}"])


def list_(limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most as many.")] = 100, _json: Json = False) -> None:
    """Show our operators and to whom their data may go."""
    from itertools import islice

    node = _open()
    try:
        own = _own(node)
        records = list(islice(node.own_operators.records(own), limit))
    finally:
        node.close()
    rows = [
        {
            "tin": one.tin,
            "tier": one.tier,
            "status": one.status,
            "version": one.version,
            "name": one.name,
            "consent": "" if one.consent is None else " ".join((one.consent.scope, *one.consent.partners)),
            "withdrawn_on": one.consent.withdrawn_on if one.consent else None,
        }
        for one in records
    ]
    lines = table([name.upper().replace("_", " ") for name in rows[0]] if rows else [], [list(row.values()) for row in rows])
    show({"programme": own.programme, "operators": rows}, lines if rows else [f"{own.programme}: no operators"])


def publish(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="As aeo.toml calls it.")],
    mode: Annotated[
        str, typer.Option("--mode", help="full, delta, urgent, or auto for what is due by the arrangement.")
    ] = "auto",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write the documents there, not sealed, and send nothing."),
    ] = None,
    _json: Json = False,
) -> None:
    """Tell a partner of our operators: the whole list, what changed, or what is urgent; nothing where nothing is to be told.

    n2n serve does so by itself as the arrangement says. What was recorded goes out once, whatever crashes; a set waits until the one before has arrived.
    With --out the sequence goes on when the documents are written, so send them in the order of their names.

    Example: n2n aeo publish kr --mode delta
    """
    from node.msh.ports import SubmissionError
    from node.publishing import NothingYet
    from node.store.own_operators import Overtaken

    if mode not in (*MODES, "auto"):
        raise CommandFailed(ExitCode.USAGE, "--mode", f"{mode!r} is none", f"one of {', '.join((*MODES, 'auto'))}")
    node = _open()
    try:
        own, arrangement = _own(node), _arrangement(node, partner)
        if not node.own_operators.version(own):
            # A FULL without records tells the partner that nobody is recognised any more.
            raise CommandFailed(ExitCode.NOT_ALLOWED, own.programme, "our list was never imported", "n2n aeo own import FILE")
        now = node.clock.now()
        wanted = _due(node, arrangement) if mode == "auto" else mode.upper()
        if out is None:
            with ordered(node, "aeo publish", about={"partner": partner}):
                publication = node.publishing.publish(own, arrangement, wanted, now)
                node.publishing.send()
            sent = [one for one in node.lists_out.since(partner, own.programme, publication.to) if not publication.empty]
            _told(partner, publication, messages=sent)
        else:
            with ordered(node, "aeo publish", about={"partner": partner}):
                publication, written = _to_files(node, arrangement, own, wanted, now, out)
            _told(partner, publication, files=written)
    except NothingYet as error:
        raise CommandFailed(ExitCode.NOT_ALLOWED, partner, str(error), f"n2n aeo publish {partner} --mode full") from error
    except SubmissionError as error:
        raise CommandFailed(
            ExitCode.REFUSED, partner, str(error), "nothing was recorded; correct our list and import it"
        ) from error
    except Overtaken as error:
        raise CommandFailed(
            ExitCode.NOT_ALLOWED, partner, str(error), "publish again; remove files that were written before"
        ) from error
    finally:
        node.close()


def _to_files(
    node: "Node", arrangement: "Arrangement", own: "OwnProgramme", mode: str, now: datetime, out: Path
) -> "tuple[Publication, list[str]]":
    from node.customs.operators.outbound import plan
    from node.customs.operators.record_set import FULL
    from node.publishing import NothingYet

    partner = arrangement.partner
    since = node.own_operators.sequence(partner, own.programme)
    if since == 0 and mode != FULL:
        raise NothingYet("holds nothing of our list yet")
    held = node.own_operators.held(partner, own.programme)
    publication = plan(arrangement, mode, since, node.own_operators.records(own), held, now)
    if publication.empty:
        return publication, []
    written = _write(out, publication, node.publishing.documents(publication, arrangement, own, now))
    # Only now do they count: a crash before leaves files that the next run writes over.
    node.own_operators.published(partner, own.programme, publication, now)
    return publication, written


def _write(out: Path, publication: "Publication", parts: Iterable[Any]) -> list[str]:
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for head, octets in parts:
        path = out / f"{publication.to:09d}-{publication.mode.lower()}-{head.part:04d}.xml"
        path.write_bytes(octets)
        written.append(str(path))
    return written


def _told(partner: str, publication: "Publication", *, files: Sequence[str] = (), messages: "Sequence[PartOut]" = ()) -> None:
    operations: dict[str, int] = {}
    for one in publication.told:
        operations[one.record.operation] = operations.get(one.record.operation, 0) + 1
    document = {
        "partner": partner,
        "mode": publication.mode,
        "since": publication.since,
        "to": publication.since if publication.empty else publication.to,
        "operations": operations,
        "files": list(files),
        "messages": [{"message_id": one.message_id, "document": one.document_id, "state": one.state} for one in messages],
    }
    counted = ", ".join(f"{count} {name}" for name, count in operations.items()) or "no records"
    head = f"{partner}: {publication.mode} {publication.since} -> {publication.to}: {counted}"
    lines = [*files, *(f"message {one.message_id}{_waits(one)}" for one in messages)]
    show(document, [f"{partner}: nothing to tell"] if publication.empty else [head, *lines])


def _waits(part: "PartOut") -> str:
    return "" if part.state != "DUE" else ", waits until what went before has arrived"


def _due(node: "Node", arrangement: "Arrangement") -> str:
    last = node.own_operators.last_full(arrangement.partner)
    return "FULL" if last is None or node.clock.now() - last >= arrangement.full_every else "DELTA"


def _open() -> "Node":
    from node.app import Node

    return Node.open(current.home_folder(), current.passwords())


def _own(node: "Node") -> "OwnProgramme":
    own = node.setting.arrangements.own
    if own is None:
        raise CommandFailed(
            ExitCode.CONFIGURATION, "aeo.toml", "has no [own]", "write authority and programme of our own list there"
        )
    return own


def _arrangement(node: "Node", partner: str) -> "Arrangement":
    found = node.setting.arrangements.by_partner.get(partner)
    if found is None:
        known = ", ".join(sorted(node.setting.arrangements.by_partner)) or "none"
        raise CommandFailed(ExitCode.NOT_FOUND, partner, "has no arrangement in aeo.toml", f"arrangements: {known}")
    if not found.receives or found.state != "in force":
        raise CommandFailed(
            ExitCode.NOT_ALLOWED, partner, f"gets no list: the arrangement is {found.state}, direction {found.direction.value}"
        )
    return found
