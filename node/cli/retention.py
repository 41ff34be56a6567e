"""`n2n retention`: what may go and why, and to let it go now; `n2n message keep`: what must not go."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.instants import read_instant
from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.app import Node
    from node.keeping import Planned

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="INSTANT", help="As if it were then, such as 2027-01-01; else now.")]
Partner = Annotated[str | None, typer.Option(help="Only of this partner.")]
Limit = Annotated[int, typer.Option(min=0, max=100_000, help="Show at most as many messages; all are counted.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="How long messages are kept, and what goes.", no_args_is_help=True)
    group.command("plan")(plan)
    group.command("run")(run)
    app.add_typer(group, name="retention")


def plan(as_of: AsOf = None, partner: Partner = None, limit: Limit = 100, _json: Json = False) -> None:
    """Show what would be removed and by which rule; removes nothing.

    Example: n2n retention plan --as-of 2027-01-01
    """
    from node.app import Node

    at = None if as_of is None else read_instant("--as-of", as_of, "write it as 2027-01-01 or 2027-01-01T08:00Z")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = (one for one in node.keeping.plan(at) if partner in (None, one.candidate.partner))
        counted: Counter[str] = Counter()
        rows: list[dict[str, Any]] = []
        for one in found:
            row = _row(node, one)
            counted[row["removes"]] += 1
            counted["octets"] += row["octets"]
            if len(rows) < limit:
                rows.append(row)
        shown = at or node.keeping.now()
    finally:
        node.close()
    cells = [[row[name] for name in ("direction", "partner", "message_id", "removes", "octets", "why")] for row in rows]
    lines = table(("DIRECTION", "PARTNER", "MESSAGE ID", "REMOVES", "OCTETS", "WHY"), cells)
    total = f"{counted['payloads']} messages would lose their payloads, {counted['all']} would go with all but a line"
    total += f", {counted['wire']} would lose what went over the wire"
    document = {"as_of": shown, **{name: counted[name] for name in ("wire", "payloads", "all", "octets")}}
    show({**document, "messages": rows}, [*(lines if rows else []), f"{total}; {counted['octets']} octets, as of {plain(shown)}"])


def run(_json: Json = False) -> None:
    """Remove now what the rules let go; n2n serve does the same every hour. Files go a day after the last row that names them.

    Example: n2n retention run
    """
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        with ordered(node, "retention run"):
            removed = node.keeping.run()
    finally:
        node.close()
    said = f"{removed.payloads} messages lost their payloads, {removed.messages} are gone but for a line"
    said += f", {removed.wire} lost what went over the wire, {removed.files} files removed"
    show(asdict(removed), [said])
    if removed.kept:
        raise CommandFailed(
            ExitCode.UNREACHABLE,
            "retention.archive",
            f"did not take {removed.kept} messages; they stay",
            "n2n doctor --store, and the log",
        )


def keep(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE-ID", help="The MessageId, or enough of its beginning.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the history of the message.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Take the order back: the rule holds again.")] = False,
    _json: Json = False,
) -> None:
    """Keep all of a message whatever the rule of retention says, until the order is taken back.

    Example: n2n message keep m1@tw.example --reason "court file 12"
    """
    from node.app import Node
    from node.cli.message import complete

    if not release and not reason.strip():
        raise CommandFailed(ExitCode.USAGE, "--reason", "is required", "say who wants it kept and why")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        full = complete(node.messages, message_id)
        rows = rows_of(node, full)
        if not rows:
            raise CommandFailed(ExitCode.NOT_ALLOWED, f"message {full}", "is gone but for a line: there is nothing to keep")
        told = [{"message_id": full, "direction": _word(direction), "kept": not release} for direction, _ in rows]
        for direction, row_id in rows:
            was = node.messages.kept_because(direction, row_id)
            if release and not was:
                raise CommandFailed(ExitCode.NOT_ALLOWED, f"message {full}", "is not kept by order")
            why = "" if release else reason.strip()
            said = f"operator: {reason.strip() or 'release'}"
            node.messages.keep(direction, row_id, why, node.clock.now(), said, current.person(""))
    finally:
        node.close()
    said = "is no longer kept by order; the rule holds again" if release else "is kept until the order is taken back"
    show({"messages": told}, [f"{full} {said}"])


def rows_of(node: "Node", message_id: str) -> list[tuple[str, int]]:
    """Direction and row of every message of this MessageId."""
    from node.store.rows import IN, OUT
    from node.store.values import Choice

    sent = [(OUT, line.id) for line, _ in node.messages.chosen(Choice(message_id), 1)]
    return sent + [(IN, one.id) for one in node.messages.inbound(message_id)]


def _word(direction: str) -> str:
    return "sent" if direction == "out" else "received"


def _row(node: "Node", one: "Planned") -> dict[str, Any]:
    candidate, verdict = one.candidate, one.verdict
    return {
        "direction": _word(candidate.direction),
        "partner": candidate.partner,
        "message_id": candidate.message_id,
        "state": candidate.state,
        "removes": verdict.what.value,
        "octets": _octets(node, one),
        "why": verdict.why,
    }


def _octets(node: "Node", one: "Planned") -> int:
    """Of what goes: the body that went over the wire, or the payloads."""
    from node.msh.retention import Removes

    candidate = one.candidate
    if one.verdict.what is Removes.WIRE:
        return node.messages.wire_octets(candidate)
    payloads = node.messages.payload_rows(candidate.direction, candidate.id)
    return sum(row["size"] for row, _ in payloads if not row["removed_at"])
