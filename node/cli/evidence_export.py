"""`n2n evidence export`: one file that proves messages to somebody who has access to neither system."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.evidence_archive import counted
from node.cli.invocation import Json, plain, say, show
from node.cli.looking_up import (
    Direction,
    Partner,
    Since,
    Until,
    Who,
    Why,
    about_of,
    check_direction,
    nobody_called,
    note,
    opened,
    reason,
    span,
    the_message,
)
from node.cli.problems import CommandFailed, ExitCode, remedy_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.app import Node
    from node.evidence.bundle import Evidence
    from node.evidence.verify import Verdict
    from node.retrieving import Message

#: Before every log.
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE", help="Where the bundle goes (.asice); a file that is there is not overwritten."),
]


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("export")(export)


def export(
    out: Out,
    why: Why,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MESSAGE-ID...]", help="MessageIds, or enough of their beginning; else --partner."),
    ] = None,
    partner: Partner = "",
    direction: Direction = "",
    since: Since = "",
    until: Until = "",
    redacted: Annotated[bool, typer.Option("--redacted", help="Digests instead of payloads; it still verifies.")] = False,
    who: Who = "",
    _json: Json = False,
) -> None:
    """Make a bundle of evidence: some messages, or all that were exchanged with a partner in a time.

    It holds what was sent and received, receipts, certificates, revocation data, proofs and a report in English and Chinese, and is sealed. What is not signed yet is signed
    now, and the authority for time is asked, where node.toml names one; one that does not answer delays nothing: the bundle is made without, and says so. That
    somebody took it, and why, is in the log and in the bundle.

    Exit code 1 where the bundle was made and does not hold: something that it proves is not as it should be.

    Example: n2n evidence export 7c1f9@tw.example -o case-114.asice --why "case 2026/114"
    """
    because = reason(why)
    check_direction(direction)
    period = _period(ids or [], partner, direction, since, until)
    _check_free(out)
    with opened() as node:
        retrieving = node.proof.retrieving()
        retrieving.sealer()
        messages, scope = _of_time(node, partner, *period) if period else _named(node, ids or [], partner, direction)
        said = f"export{' --redacted' if redacted else ''} to {out}"
        if period:
            note(node, f"{said}: {_said(scope)}", because, who, {"partner": partner})
        else:
            for one in messages:
                note(node, said, because, who, about_of(one))
        evidence = retrieving.gather(messages, scope)
        octets = retrieving.bundle(evidence, redact=redacted)
        verdict = _judged(octets, node)
        _write(out, octets)
    _report(out, octets, evidence, verdict, retrieving.troubles)


def _period(
    ids: list[str], partner: str, direction: str, since: str, until: str
) -> tuple[datetime | None, datetime | None] | None:
    """The time that is asked for; None where messages are named."""
    if ids:
        if since or until:
            raise CommandFailed(
                ExitCode.USAGE, "evidence export", "takes MessageIds or a time, not both", "leave --from and --to away"
            )
        return None
    if not partner:
        raise CommandFailed(
            ExitCode.USAGE,
            "evidence export",
            "needs MessageIds, or a partner",
            "n2n evidence export ID -o FILE, or --partner P --from --to",
        )
    if direction:
        raise CommandFailed(
            ExitCode.USAGE, "--direction", "tells two messages of one MessageId apart", "of a time all are taken: leave it away"
        )
    return span(since, until)


def _check_free(out: Path) -> None:
    if out.exists():
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(out), "is there already", "name another file, or move that one away")
    if not out.parent.is_dir():
        raise CommandFailed(ExitCode.USAGE, str(out.parent), "is no folder", "make it, or name another")


def _named(node: "Node", ids: list[str], partner: str, direction: str) -> "tuple[list[Message], Mapping[str, Any]]":
    found = list(dict.fromkeys(the_message(node, one, partner, direction) for one in ids))
    if len({one.message_id for one in found}) < len(found):
        raise CommandFailed(ExitCode.USAGE, "evidence export", "names two messages of one MessageId", "make two bundles")
    return found, {"messages": [one.message_id for one in found]}


def _of_time(
    node: "Node", partner: str, since: datetime | None, until: datetime | None
) -> "tuple[list[Message], Mapping[str, Any]]":
    from node.evidence.entry import instant

    now = node.clock.now()
    begins, ends = since or _FIRST, until or now
    if begins >= ends:
        raise CommandFailed(ExitCode.USAGE, "--from", f"{plain(begins)} has not come: it is {plain(now)}", "name an earlier time")
    found = node.proof.retrieving().between(partner, begins, ends)
    if not found:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"partner {partner}",
            f"the log has no message of {'any time before' if since is None else f'{plain(since)} to'} {plain(ends)}",
            nobody_called(node, partner) or f"n2n evidence search --partner {partner} shows when there were some",
        )
    return found, {"partner": partner, "from": instant(begins), "to": instant(ends)}


def _said(scope: "Mapping[str, Any]") -> str:
    return f"--partner {scope['partner']} --from {scope['from']} --to {scope['to']}"


def _judged(octets: bytes, node: "Node") -> "Verdict":
    from node.evidence.verify import verify

    say("verifying what was made ...")
    return verify(octets, node.clock.now())


def _write(out: Path, octets: bytes) -> None:
    from node.durable import put

    # Somebody may have been as quick.
    _check_free(out)
    try:
        put(out, octets)
    except OSError as error:
        raise CommandFailed(ExitCode.UNREACHABLE, str(out), error.strerror or str(error), remedy_of(error)) from None


def _report(out: Path, octets: bytes, evidence: "Evidence", verdict: "Verdict", troubles: list[str]) -> None:
    document = {
        "file": str(out),
        "octets": len(octets),
        "messages": [one.message_id for one in evidence.exchanges],
        "entries": len(evidence.entries),
        "stamped": {str(size): plain(at) for size, at in verdict.stamped.items()},
        "holds": verdict.holds,
        "failed": [one.value for one in verdict.failed],
        "notes": troubles,
    }
    show(document, _lines(out, octets, evidence, verdict, troubles))
    if not verdict.holds:
        raise typer.Exit(ExitCode.NO)


def _lines(out: Path, octets: bytes, evidence: "Evidence", verdict: "Verdict", troubles: list[str]) -> "Iterator[str]":
    messages, entries = len(evidence.exchanges), len(evidence.entries)
    yield f"{out}: {counted(messages, 'message')}, {entries} entries, {len(octets):,} octets"
    yield from (f"note: {one}" for one in troubles)
    yield from (f"FAILS: {one.check.value}: {one.place}: {one.says()}" for one in verdict.findings if one.fails)
    if verdict.holds:
        yield f"it holds; whoever gets it checks it with: n2n evidence verify {out}"
