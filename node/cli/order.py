"""`n2n message resend|cancel|hold|release`: an operator's orders for messages that we send."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from node.app import Node
    from node.msh.intervention import Intervention
    from node.store.values import Choice, ExchangeLine

#: Messages of one transaction.
BATCH = 200

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[MESSAGE-ID...]", help="MessageIds, or enough of their beginning; else a filter.")
]
Partner = Annotated[str | None, typer.Option(help="All of this partner.")]
State = Annotated[str | None, typer.Option(help="All in this state, such as FAILED.")]
Since = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="All submitted at or after, such as 2026-11-24T08:00Z or 2026-11-24.")
]
Until = Annotated[str | None, typer.Option(metavar="INSTANT", help="All submitted before.")]
Action = Annotated[str | None, typer.Option("--type", "--action", help="All with this action, such as co.certificate.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the history of each message.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]


#: What each order does, as its help says it.
HELP = {
    "resend": """Send the same octets again, now: what failed begins anew, what waits does not wait, what is acknowledged is sent once more.

    A resend of an acknowledged message is one attempt; whatever it brings, the receipt stays. A partner that has the message answers with
    the receipt it gave before. It is possible as long as the octets that went are kept: retention.sent.

    Example: n2n message resend --partner kr --state FAILED --since 2026-11-24 --dry-run
    """,
    "cancel": """Make no further attempt; a receipt for what is already on its way still counts.

    Example: n2n message cancel m1@tw.example --reason "sent by courier"
    """,
    "hold": """Begin no attempt until the message is released; nothing is given up meanwhile.

    Example: n2n message hold --partner kr --type co.certificate --reason "wrong tariff table"
    """,
    "release": """Let go on what was held; its horizon begins anew.

    Example: n2n message release --partner kr
    """,
}


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n message`."""
    for word, text in HELP.items():
        group.command(word, help=text)(_command(word))


def _command(word: str) -> "Callable[..., None]":
    """The command of an order; all of them take the same options."""

    def command(
        ids: Ids = None,
        partner: Partner = None,
        state: State = None,
        since: Since = None,
        until: Until = None,
        action: Action = None,
        reason: Reason = "",
        dry_run: DryRun = False,
        _json: Json = False,
    ) -> None:
        _do(word, ids, _Filter(partner, state, since, until, action), reason, dry_run=dry_run)

    return command


class _Filter:
    """The options that choose messages."""

    def __init__(self, partner: str | None, state: str | None, since: str | None, until: str | None, action: str | None) -> None:
        self.given = any(one is not None for one in (partner, state, since, until, action))
        self.partner, self.state, self.action = partner, state, action
        self.since = None if since is None else read_instant("--since", since)
        self.until = None if until is None else read_instant("--until", until)

    def choice(self) -> "Choice":
        """As the store takes it. Raises CommandFailed."""
        from node.ebms.states import OutboundState
        from node.store.values import Choice

        if self.state is not None and self.state not in list(OutboundState):
            raise CommandFailed(
                ExitCode.USAGE,
                "--state",
                f"{self.state!r} is no state",
                f"states: {', '.join(one.value for one in OutboundState)}",
            )
        state = OutboundState(self.state) if self.state else None
        return Choice(None, self.partner, state, self.action, self.since, self.until)


def _do(word: str, ids: list[str] | None, chosen_by: _Filter, reason: str, *, dry_run: bool) -> None:
    from node.app import Node
    from node.msh.intervention import Intervention

    if bool(ids) == chosen_by.given:
        raise CommandFailed(
            ExitCode.USAGE,
            f"message {word}",
            "needs either MessageIds or a filter",
            "see --partner, --state, --since, --until, --type",
        )
    order = Intervention(word)
    choice = chosen_by.choice()
    node = Node.open(current.home_folder(), current.passwords())
    try:
        lines = _named(node, ids) if ids else _all(node, choice)
        rows = (
            [_rehearsed(order, line, frozen=frozen) for line, frozen in lines]
            if dry_run
            else _ordered(node, order, lines, reason)
        )
        served = node.served()
    finally:
        node.close()
    _report(word, rows, dry_run=dry_run, by_name=bool(ids), served=served)


def _named(node: "Node", ids: list[str]) -> "Iterator[tuple[ExchangeLine, bool]]":
    from node.cli.message import complete
    from node.store.values import Choice

    # All of them are looked up before anything is done to one.
    found = [node.messages.chosen(Choice(complete(node.messages, one)), 1) for one in dict.fromkeys(ids)]
    for given, lines in zip(dict.fromkeys(ids), found, strict=True):
        if not lines:
            raise CommandFailed(ExitCode.USAGE, f"message {given}", "was received, and only what we send can be ordered about")
    return (lines[0] for lines in found)


def _all(node: "Node", choice: "Choice") -> "Iterator[tuple[ExchangeLine, bool]]":
    after = 0
    while page := node.messages.chosen(choice, BATCH, after):
        yield from page
        after = page[-1][0].id


def _rehearsed(order: "Intervention", line: "ExchangeLine", *, frozen: bool) -> dict[str, Any]:
    from node.msh.intervention import NotPossible, event_of, state_after

    after, problem = line.state, ""
    try:
        after = state_after(event_of(order, line.state, held=line.held, frozen=frozen), line.state)
    except NotPossible as error:
        problem = str(error)
    return {"message_id": line.message_id, "before": line.state, "after": after, "problem": problem}


def _ordered(
    node: "Node", order: "Intervention", lines: "Iterator[tuple[ExchangeLine, bool]]", reason: str
) -> list[dict[str, Any]]:
    from dataclasses import asdict

    why = f"operator: {reason or order.value}"
    # Read before anything changes, since what is chosen by its state would else be missed or found twice.
    ids = [line.message_id for line, _ in lines]
    pages = (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
    return [asdict(one) for page in pages for one in node.order(order, page, why, current.person(""))]


_DONE = {"resend": "is sent again", "cancel": "is cancelled", "hold": "is held", "release": "is released"}


def _report(word: str, rows: list[dict[str, Any]], *, dry_run: bool, by_name: bool, served: bool) -> None:
    done = [one for one in rows if not one["problem"]]
    refused = len(rows) - len(done)
    would = "would be done: " if dry_run else ""
    lines = [
        f"{row['message_id']}: "
        + (one_line(row["problem"]) if row["problem"] else f"{would}{row['before']} -> {row['after']}, {_DONE[word]}")
        for row in rows
    ]
    lines.append(f"{len(done)} {'would be' if dry_run else 'are'} done" + (f", {refused} not possible" if refused else ""))
    if done and not dry_run and not served and word in ("resend", "release"):
        lines.append("next: n2n serve (nobody serves this home now)")
    show({"order": word, "dry_run": dry_run, "done": len(done), "not_possible": refused, "messages": rows}, lines)
    if by_name and refused:
        raise typer.Exit(ExitCode.NOT_ALLOWED)
