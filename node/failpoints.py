"""Fail points: named places at which a test kills the node as a crash would (reliability 1.3).

A fail point is a no-op until it is armed, which only the command line does.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Final

#: Every place that may be armed, in the order in which a message meets them; a test compares this list with the source and with a real run.
#: Numbers are those of reliability 1.3. Parts are streamed (3) after the sender is proven (7), as decision 4 says; what the standard list calls
#: "before directory fsync" is `after_rename`.
FAILPOINTS: Final = (
    # what we send
    "out.submit.before_commit",
    "out.submit.after_commit",
    "out.claim.before_commit",
    "out.claim.after_commit",
    "out.build.after",
    "out.packaged.before_commit",
    "out.packaged.after_commit",
    "out.lease.before_commit",
    "out.lease.after_commit",
    "out.connect.after",
    "out.head.after",
    "out.body.half",
    "out.body.after",
    # what we receive
    "in.4.after_parse",
    "in.7.after_signature",
    "in.8.after_keys",
    "in.3.after_part",
    "in.9.after_digest",
    "in.12.after_inflate",
    "in.13.after_lookup",
    "in.14.after_write",
    "in.14.after_fdatasync",
    "in.14.after_rename",
    "in.14.after_directory_fsync",
    # where payloads lie in a bucket, instead of the four before
    "in.14.before_upload",
    "in.14.after_upload",
    "in.15.before_commit",
    "in.15.after_commit",
    "in.16.half_sent",
    # the answer to what we send
    "out.answer.half",
    "out.answer.after",
    "out.settle.before_commit",
    "out.settle.after_commit",
    "out.notify.before",
    # what is pulled from us, and what we pull or receipt by callback
    "pull.claim.before_commit",
    "pull.claim.after_commit",
    "pull.answer.half",
    "pull.post.before",
    "pull.posted.before_commit",
    "pull.posted.after_commit",
    # what the Consumer gets
    "hand_over.before_write",
    "hand_over.half_written",
    "hand_over.before_rename",
    "hand_over.after_rename",
    "hand_over.before_commit",
    "hand_over.after_commit",
    # a newer node opens an older store
    "migration.before_commit",
    # a list of operators takes effect
    "aeo.take.before_commit",
    "aeo.take.after_commit",
    "aeo.applied.half",
    "aeo.publish.made",
    "aeo.published.before_commit",
    "aeo.published.after_commit",
    "aeo.publish.submitted",
    "aeo.moved.before_commit",
    "aeo.moved.after_commit",
    # a document goes on file
    "doc.record.before_commit",
    "doc.record.after_commit",
    "doc.owe.before_commit",
    "doc.owe.after_commit",
    "doc.put-out.before_commit",
    "doc.put-out.after_commit",
    "doc.decide.before_commit",
    "doc.decide.after_commit",
    # a certificate is to change by message
    "update.record.before_commit",
    "update.record.after_commit",
    "update.accept.before_commit",
    "update.accept.after_commit",
    "update.sent.before_commit",
    # what is no longer kept
    "keep.archive.written",
    "keep.wire.before_commit",
    "keep.wire.after_commit",
    "keep.purge.before_commit",
    "keep.purge.after_commit",
    "keep.forget.before_commit",
    "keep.forget.after_commit",
    "keep.files.marked",
    "keep.files.removed",
    # what is proven of the log of evidence
    "evidence.act.before_commit",
    "evidence.act.after_commit",
    "evidence.checkpoint.before_commit",
    "evidence.checkpoint.after_commit",
    "evidence.import.before_commit",
    "evidence.import.after_commit",
    "evidence.token.before_commit",
    "evidence.token.after_commit",
)

_armed: Final[set[str]] = set()


_visitors: Final[list[Callable[[str], object]]] = []


def failpoint(name: str) -> None:
    """Die here, as by a power cut of this process, if this place is armed."""
    if name in _armed:
        os.kill(os.getpid(), signal.SIGKILL)
    for visit in _visitors:
        visit(name)


def armed() -> bool:
    """Whether any place is armed or watched: spares the hot path the making of names."""
    return bool(_armed or _visitors)


@contextmanager
def watched(visit: Callable[[str], object]) -> Iterator[None]:
    """Each place that is passed meanwhile is told to `visit`, which may raise: the simulation's crashes are made so."""
    _visitors.append(visit)
    try:
        yield
    finally:
        _visitors.remove(visit)


def arm(name: str | None) -> None:
    """Arm one fail point, or none. Raises ValueError for a name that no place has."""
    if name is not None and name not in FAILPOINTS:
        near = get_close_matches(name, FAILPOINTS, 1)
        raise ValueError(f"no fail point {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    _armed.clear()
    if name is not None:
        _armed.add(name)
