"""`n2n evidence search|retrievals`: what there is, and who looked at it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, plain, show, table
from node.cli.looking_up import Partner, Since, Until, Who, Why, nobody_called, note, opened, reason, span
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from node.evidence.entry import Kind
    from node.searching import Found, Sought
    from node.store.evidence import Numbered

Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most as many.")]


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("search")(search)
    group.command("retrievals")(retrievals)


def search(
    why: Why,
    partner: Partner = "",
    number: Annotated[str, typer.Option("--number", metavar="NO", help="That carried a document of this number.")] = "",
    message: Annotated[str, typer.Option("--message", metavar="ID", help="Of this MessageId.")] = "",
    since: Since = "",
    until: Until = "",
    sha256: Annotated[
        str, typer.Option("--sha256", metavar="DIGEST", help="With this payload: its SHA-256 as it was signed, in hexadecimal.")
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Entries of this kind, such as message.failed or act; else the first entry of each message.",
        ),
    ] = "",
    limit: Limit = 200,
    who: Who = "",
    _json: Json = False,
) -> None:
    """Find messages, or entries of a kind, in the log of evidence; everything that is said holds at once.

    That somebody looked, and for what, is itself put into the log, before anything is shown. A payload that was compressed has the digest of its compressed
    octets. A time alone reads the whole log, and so does a number where a log was imported, since no register has its documents: its payloads are read.

    Example: n2n evidence search --partner kr --from 2026-11-01 --to 2026-12-01 --why "case 2026/114"
    """
    because = reason(why)
    sought = _sought(partner, number, message, since, until, sha256, kind)
    with opened() as node:
        note(node, f"search {_said(partner, number, message, since, until, sha256, kind)}", because, who)
        searching = node.proof.searching()
        found = searching.find(sought, limit + 1)
        hint = nobody_called(node, partner) if partner and not found else ""
    _show(
        found[:limit],
        more=len(found) > limit,
        hint=f"no message with a partner {partner!r} is in the log: {hint}" if hint else "",
        unread=searching.unread,
    )


def retrievals(
    message: Annotated[str, typer.Option("--message", metavar="ID", help="Of this MessageId.")] = "",
    since: Since = "",
    until: Until = "",
    limit: Limit = 200,
    _json: Json = False,
) -> None:
    """Show who looked at which evidence, when and why; the latest last.

    Example: n2n evidence retrievals --from 2026-11-01
    """
    from collections import deque

    from node.evidence.entry import Kind

    begins, ends = span(since, until)
    with opened() as node:
        entries = node.evidence.kinds(Kind.RETRIEVED)
        kept = (
            one
            for one in entries
            if (not message or one.searched[2] == message)
            and (begins is None or one.entry.at >= begins)
            and (ends is None or one.entry.at < ends)
        )
        rows = [_retrieval(one) for one in deque(kept, limit)]
    cells = [[row[name] for name in ("number", "at", "who", "what", "why")] for row in rows]
    show({"retrievals": rows}, table(["ENTRY", "AT", "WHO", "WHAT", "WHY"], cells) if rows else ["nobody has looked at evidence"])


def _retrieval(one: "Numbered") -> dict[str, Any]:
    entry = one.entry
    said = {name: entry.facts.get(name, "") for name in ("who", "what", "why")}
    return {"number": one.number, "at": plain(entry.at), **said, "about": dict(entry.about)}


def _sought(partner: str, number: str, message: str, since: str, until: str, sha256: str, kind: str) -> "Sought":
    from node.searching import Sought

    begins, ends = span(since, until)
    digest = sha256.strip().lower()
    if digest and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise CommandFailed(ExitCode.USAGE, "--sha256", f"{sha256!r} is no SHA-256", "64 digits, as sha256sum FILE prints them")
    times = {name: at for name, at in (("since", begins), ("until", ends)) if at is not None}
    sought = Sought(partner, number, message, sha256=digest, kind=_kind(kind) if kind else None, **times)
    if sought == Sought():
        raise CommandFailed(
            ExitCode.USAGE,
            "evidence search",
            "is not told what to look for",
            "see --partner, --number, --message, --from, --to, --sha256, --kind",
        )
    return sought


def _kind(said: str) -> "Kind":
    from node.configuration import nearest
    from node.evidence.entry import Kind

    try:
        return Kind(said)
    except ValueError:
        raise CommandFailed(
            ExitCode.USAGE, "--kind", f"{said!r} is no kind of entry", nearest(said, [one.value for one in Kind])
        ) from None


def _said(*values: str) -> str:
    names = ("--partner", "--number", "--message", "--from", "--to", "--sha256", "--kind")
    return " ".join(f"{name} {value}" for name, value in zip(names, values, strict=True) if value)


def _show(found: "Sequence[Found]", *, more: bool, hint: str, unread: int) -> None:
    document = {"entries": [_row(one) for one in found], "more": more, "hint": hint or None, "unread": unread}
    show(document, [*_lines(found, more=more, hint=hint), *_unread(unread)])


def _row(one: "Found") -> dict[str, Any]:
    return {
        "number": one.number,
        "at": plain(one.at),
        "kind": one.kind,
        "partner": one.partner,
        "direction": one.direction,
        "message_id": one.message_id,
    }


def _unread(many: int) -> "Iterable[str]":
    if many:
        what = "1 imported message has" if many == 1 else f"{many} imported messages have"
        yield f"note: {what} payloads that are not here any more: whether one of them had this number, nobody can tell"


def _lines(found: "Sequence[Found]", *, more: bool, hint: str) -> "Iterable[str]":
    if not found:
        return [f"nothing is found{': ' if hint else ''}{hint}"]
    rows = table(["ENTRY", "AT", "KIND", "PARTNER", "DIRECTION", "MESSAGE ID"], [list(_row(one).values()) for one in found])
    return [*rows, "there is more: narrow it down, or see --limit"] if more else rows
