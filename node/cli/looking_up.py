"""What the commands have in common that look evidence up: who and why, which message is meant, and how what went wrong is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from node.cli.instants import read_instant
from node.cli.invocation import current, plain
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.app import Node
    from node.retrieving import Message

Why = Annotated[
    str,
    typer.Option(
        "--why", metavar="TEXT", help="Why, such as the number of a case: it is kept in the log, and goes along with bundles."
    ),
]
Who = Annotated[str, typer.Option("--who", metavar="NAME", help="Who looks; else the user of this machine.")]
Partner = Annotated[str, typer.Option("--partner", metavar="P", help="With this partner.")]
Direction = Annotated[str, typer.Option("--direction", metavar="in|out", help="Received, or sent.")]
Since = Annotated[
    str, typer.Option("--from", metavar="INSTANT", help="At or after, such as 2026-11-24T08:00+08:00 or 2026-11-24.")
]
Until = Annotated[str, typer.Option("--to", metavar="INSTANT", help="Before.")]
_WAYS: Final = ("in", "out")


@contextmanager
def opened() -> "Iterator[Node]":
    """The node of the home, and every problem of evidence as a command tells it."""
    from node.app import Node
    from node.retrieving import NothingThere, NotRetrievable, NotSealable

    node = Node.open(current.home_folder(), current.passwords())
    try:
        yield node
    except NothingThere as error:
        raise CommandFailed(ExitCode.NOT_FOUND, "evidence", str(error), "n2n evidence search finds what there is") from None
    except NotSealable as error:
        raise CommandFailed(
            ExitCode.CONFIGURATION, "evidence", str(error), "n2n cert add --own NAME KEY.pem puts one there"
        ) from None
    except NotRetrievable as error:
        raise CommandFailed(ExitCode.NO, "evidence", str(error)) from None
    finally:
        node.close()


def reason(said: str) -> str:
    """What `--why` says. Raises CommandFailed where that is nothing."""
    if not said.strip():
        raise CommandFailed(ExitCode.USAGE, "--why", "says nothing", "say why you look, such as the number of a case")
    return said.strip()


def note(node: "Node", what: str, why: str, who: str, about: Mapping[str, str] | None = None) -> None:
    """Put on record that somebody looks, before anything is shown. Raises StorageUnavailable; then nothing may be shown."""
    node.evidence.retrieved(node.clock.now(), current.person(who), what, why, about)


def about_of(message: "Message") -> dict[str, str]:
    """By which the record of a retrieval is found."""
    return {"message_id": message.message_id, "partner": message.partner, "direction": message.direction}


def span(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """What `--from` and `--to` say. Raises CommandFailed."""
    begins, ends = (read_instant(option, said) if said else None for option, said in (("--from", since), ("--to", until)))
    if begins is not None and ends is not None and begins >= ends:
        raise CommandFailed(
            ExitCode.USAGE, "--to", f"{plain(ends)} is not after {plain(begins)}", "--to must be later than --from"
        )
    return begins, ends


def nobody_called(node: "Node", partner: str) -> str:
    """What helps whoever named a partner that neither the agreements nor a log of evidence know; empty where one does."""
    from node.configuration import nearest

    known = [one.partner for one in node.setting.agreements.partners()]
    return "" if partner in known or node.proof.searching().knows(partner) else nearest(partner, known)


def check_direction(direction: str) -> None:
    """Raises CommandFailed."""
    if direction and direction not in _WAYS:
        raise CommandFailed(ExitCode.USAGE, "--direction", f"{direction!r} is neither in nor out")


def the_message(node: "Node", given: str, partner: str = "", direction: str = "") -> "Message":
    """The one message that a MessageId, or enough of its beginning, names. Raises CommandFailed."""
    message_id = _completed(node, given)
    found = node.proof.retrieving().named(message_id)
    chosen = [one for one in found if (not partner or one.partner == partner) and (not direction or one.direction == direction)]
    if len(chosen) == 1:
        return chosen[0]
    ways = "; ".join(f"--partner {one.partner} --direction {one.direction}" for one in found)
    if chosen:
        raise CommandFailed(
            ExitCode.USAGE, f"message {given}", f"{len(chosen)} messages have this MessageId", f"say which: {ways}"
        )
    raise CommandFailed(
        ExitCode.NOT_FOUND, f"message {given}", "no such message of that partner and direction", f"there is: {ways}"
    )


def _completed(node: "Node", given: str) -> str:
    searching = node.proof.searching()
    found = searching.completed(given) if given else []
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(ExitCode.USAGE, f"message {given}", "several messages begin like this", "give more of the MessageId")
    near = searching.nearest(given)
    remedy = f"did you mean {near}?" if near else "n2n evidence search finds what there is"
    raise CommandFailed(ExitCode.NOT_FOUND, f"message {given}", "the log of evidence has no such message", remedy)
