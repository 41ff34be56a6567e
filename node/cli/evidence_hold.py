"""`n2n evidence hold|release|holds`: what must not go, for whom and why, whatever the rules of retention say."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.app import Node
    from node.store.holding import Held, Hold, Order

Who = Annotated[str, typer.Option(metavar="NAME", help="Who orders it; else the user of this machine.")]
_DATES = "write it as 2026-11-24 or 2026-11-24T08:00Z"


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("hold")(hold)
    group.command("release")(release)
    group.command("holds")(holds)


def hold(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[MESSAGE-ID...]", help="MessageIds, or enough of their beginning.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="All messages of this partner, also those still to come.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="Those that begin at or after.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="INSTANT", help="Those that begin before.")] = None,
    case: Annotated[str, typer.Option(metavar="NUMBER", help="Under which number a court or an office knows it.")] = "",
    why: Annotated[str, typer.Option(help="Why; it is kept in the log of evidence.")] = "",
    who: Who = "",
    _json: Json = False,
) -> None:
    """Keep messages, or all of a partner, whatever the rules of retention say, until the hold is released.

    Several holds may cover one message: it goes only when none does. The octets of its documents stay too.

    Example: n2n evidence hold --partner kr --from 2026-01-01 --to 2027-01-01 --case "2026 Su 123" --why "order of the court"
    """
    from node.app import Node
    from node.store.holding import Order

    if not case.strip() or not why.strip():
        missing = "--why" if case.strip() else "--case"
        raise CommandFailed(ExitCode.USAGE, missing, "is required", 'say for what and why: --case "2026 Su 123" --why TEXT')
    if bool(ids) == bool(partner):
        raise CommandFailed(ExitCode.USAGE, "--partner", "either messages or one partner", "n2n evidence hold --help")
    if ids and (since or until):
        raise CommandFailed(ExitCode.USAGE, "--from", "is for --partner: messages are named one by one")
    start, end = _instant("--from", since), _instant("--to", until)
    if start and end and start >= end:
        raise CommandFailed(ExitCode.USAGE, "--to", f"{plain(end)} is not after --from {plain(start)}")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        rows = [row for one in dict.fromkeys(ids or ()) for row in _rows(node, one)]
        if partner:
            _check(node, partner)
        named = list(dict.fromkeys(rows))
        order = Order(why.strip(), current.person(who), case.strip(), named, partner or "", start, end)
        number = node.messages.place_hold(order, node.clock.now())
    finally:
        node.close()
    show({"hold": number, "messages": len(order.messages)}, [f"hold {number} keeps {_covered(order)}"])


def release(
    numbers: Annotated[list[int], typer.Argument(metavar="HOLD...", help="The numbers of n2n evidence holds.")],
    why: Annotated[str, typer.Option(help="Why it ends; it is kept in the log of evidence.")] = "",
    who: Who = "",
    _json: Json = False,
) -> None:
    """End holds: the rules hold again for what no other hold covers.

    Example: n2n evidence release 3 --why "the judgment is final"
    """
    from node.app import Node

    if not why.strip():
        raise CommandFailed(ExitCode.USAGE, "--why", "is required", "say why it need not be kept any more")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        in_force = {one.number for one in node.messages.holds()}
        if unknown := [one for one in numbers if one not in in_force]:
            raise CommandFailed(ExitCode.NOT_FOUND, f"hold {unknown[0]}", "is not in force", "n2n evidence holds")
        done = [
            one
            for one in dict.fromkeys(numbers)
            if node.messages.end_hold(one, node.clock.now(), current.person(who), why.strip())
        ]
    finally:
        node.close()
    show({"released": done}, [f"hold {one} is released" for one in done])


def holds(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were released.")] = False,
    _json: Json = False,
) -> None:
    """List the holds in force.

    Example: n2n evidence holds
    """
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = node.messages.holds(all_of_them=everything)
    finally:
        node.close()
    cells = [[one.number, one.case_file, _scope(one), one.who, one.at, one.why, one.released_at] for one in found]
    lines = table(("HOLD", "CASE", "KEEPS", "BY", "SINCE", "WHY", "RELEASED"), cells) if found else ["nothing is under hold"]
    show({"holds": [_document(one) for one in found]}, lines)


def _instant(option: str, said: str | None) -> datetime | None:
    return None if said is None else read_instant(option, said, _DATES)


def _rows(node: "Node", message_id: str) -> "list[Held]":
    """Direction and row of every message of this MessageId."""
    from node.cli.message import complete
    from node.cli.retention import rows_of

    full = complete(node.messages, message_id)
    rows = rows_of(node, full)
    if not rows:
        raise CommandFailed(ExitCode.NOT_ALLOWED, f"message {full}", "is gone but for a line: there is nothing to hold")
    return rows


def _check(node: "Node", partner: str) -> None:
    """A hold on a name that nobody has would keep nothing."""
    if partner in node.setting.agreements.agreements or node.evidence.knows(partner):
        return
    known = ", ".join(sorted(node.setting.agreements.agreements))
    raise CommandFailed(ExitCode.NOT_FOUND, "--partner", f"no partner {partner!r}", f"known here: {known or 'none'}")


def _covered(order: "Order") -> str:
    if order.messages:
        return "1 message" if len(order.messages) == 1 else f"{len(order.messages)} messages"
    return f"all messages of {order.partner}{_span(order.since, order.until)}"


def _scope(one: "Hold") -> str:
    return f"all of {one.partner}{_span(one.since, one.until)}" if one.partner else f"messages: {one.messages}"


def _span(since: datetime | None, until: datetime | None) -> str:
    return (f" from {plain(since)}" if since else "") + (f" to {plain(until)}" if until else "")


def _document(one: "Hold") -> dict[str, Any]:
    said: dict[str, Any] = {"hold": one.number, "case": one.case_file or None, "why": one.why, "who": one.who, "at": one.at}
    said |= {"partner": one.partner or None, "from": one.since, "to": one.until, "messages": one.messages}
    if one.released_at:
        said["released"] = {"at": one.released_at, "who": one.released_by, "why": one.released_because}
    return said
