"""What the log of evidence is told of a command that changes something: who, what, why."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.cli.invocation import current, say

if TYPE_CHECKING:
    from node.app import Node
    from node.auditing import Order

#: A word of a command line is cut behind so many signs.
_LONG: Final = 200
#: What people write to a partner stays between them: its document says it.
_CONTENT: Final = ("--text", "--subject", "--answer", "--question")


def said() -> str:
    """The command line, without secrets and without what is written to a partner."""
    from node.redacting import LEFT_OUT, without_secrets

    told, before = [], ""
    for word in current.words:
        hidden = before in _CONTENT or word.startswith(tuple(f"{one}=" for one in _CONTENT))
        told.append(LEFT_OUT if hidden else without_secrets(word[:_LONG]))
        before = word
    return shlex.join(["n2n", *told])


def order(
    what: str, why: str = "", who: str = "", about: "Mapping[str, str] | None" = None, taken: Sequence[bytes] = ()
) -> "Order":
    """What is ordered by this command; `why` as far as somebody said it."""
    from node.auditing import Order

    return Order(current.person(who), what, why.strip() or said(), about or {}, list(taken))


@contextmanager
def ordered(
    node: "Node", what: str, why: str = "", who: str = "", about: "Mapping[str, str] | None" = None, taken: Sequence[bytes] = ()
) -> Iterator[None]:
    """Around what changes the store: the log tells of it in the transaction that does it."""
    with node.ordered(order(what, why, who, about, taken)):
        yield


@contextmanager
def changing(home: Path, what: str, about: "Mapping[str, str] | None" = None) -> "Iterator[Order]":
    """Around what changes files of a home: the log tells before who wants it, and behind what it has become.

    Where node.toml cannot be read, nobody knows where the log is: the change is made, and written down by the next command that can.
    """
    from node.app import auditing
    from node.configuration import ConfigurationError, Problems
    from node.home import load_home

    wanted, problems = order(what, about=about), Problems()
    found = load_home(home, problems)
    try:
        problems.raise_if_any()
    except ConfigurationError:
        say("note: node.toml has problems, so the log of evidence is told of this change when they are mended")
        yield wanted
        return
    with auditing(found, current.passwords()) as audit, audit.changing(wanted):
        yield wanted


def made(home: Path, what: str) -> None:
    """A home was made: the first entry of its log says by whom."""
    from node.app import auditing
    from node.home import load_home

    with auditing(load_home(home), current.passwords()) as audit:
        audit.made(order(what))
