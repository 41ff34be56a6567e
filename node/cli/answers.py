"""The answer of a partner to a question that was asked on the command line."""

import time
from typing import TYPE_CHECKING

from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.app import Node
    from node.origin import Made

_POLL_SECONDS = 0.02


def check_served(node: "Node") -> None:
    """Raises CommandFailed when nobody serves this home: a question would be sent when somebody does, and its answer help nobody who waits here."""
    if not node.served():
        raise CommandFailed(ExitCode.UNREACHABLE, str(node.home.folder), "nobody serves this home", "n2n serve")


def awaited(node: "Node", made: "Made", type_id: str, timeout: float) -> bytes:
    """The octets of the document of a type that answers; `timeout` in seconds. Raises CommandFailed when none comes in time."""
    end = time.monotonic() + timeout
    while (found := node.answer_to(made.document_id, type_id)) is None:
        if time.monotonic() > end:
            remedy = "the query stays sent; n2n document list shows the answer when it comes"
            raise CommandFailed(ExitCode.TIMED_OUT, made.submission.partner, f"no answer in {timeout:.0f} s", remedy)
        time.sleep(_POLL_SECONDS)
    return found
