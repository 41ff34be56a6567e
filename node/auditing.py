"""Sees that the log of evidence tells of each change of a home's files: by whom it was ordered, or that nobody said so. Source: DESIGN 31."""

import fcntl
import hashlib
import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from node.evidence.entry import instant
from node.fingerprint import Fingerprint, fingerprint
from node.msh.ports import Clock, StorageUnavailable
from node.redacting import Passwords, sealed, shown
from node.store.configured import Difference, Doer, Ended, Place, RecordedFile, SeenFile, StoredConfiguration

#: Below the data folder: whoever changes files by a command waits for whoever does so too.
LOCK: Final = "audit.lock"
#: Who changed a file by hand is not known.
UNKNOWN: Final = "unknown"
OUTSIDE: Final = "configuration changed outside of the commands"
FIRST: Final = "configuration recorded for the first time"

log = logging.getLogger("node.auditing")


@dataclass(slots=True)
class Order:
    """What somebody is doing to the files of a home."""

    who: str
    what: str
    why: str
    about: Mapping[str, str] = field(default_factory=dict)
    #: Octets that were taken in and are no file of the settings, such as a revocation list.
    taken: list[bytes] = field(default_factory=list)


def place_of(folder: Path, *, shared: bool) -> str:
    """The name of a home on its store: where several nodes work on one database, each has files of its own."""
    return f"{socket.gethostname()}:{folder}" if shared else ""


class Auditing:
    """Compares the files of one home with what the log has told of them."""

    def __init__(
        self, folder: Path, data: Path, stored: StoredConfiguration, clock: Clock, unique: Callable[[], str], passwords: Passwords
    ) -> None:
        self._folder, self._data, self._stored, self._clock = folder, data, stored, clock
        self._unique, self._passwords = unique, passwords
        #: Whether it is this process that changes files by an order.
        self._is_ours = False

    # -- changes by hand ---------------------------------------------------------------------------------------------

    def look(self, found: Fingerprint | None = None) -> int:
        """Write down what was changed since the log told of it, and how many files that is; `found` are the files as they lie there now.

        Where nothing was, one row is read and nothing else. What the store cannot take now is written down by the next look.
        """
        try:
            return len(self._look(fingerprint(self._folder) if found is None else found, self._by_nobody))
        except StorageUnavailable as error:
            log.warning("whether settings were changed by hand is not written down now: %s", error)
            return 0

    def untold(self) -> list[str] | None:
        """The files that are not what the log says of them; None where it says nothing yet. Nothing is written."""
        place = self._stored.place()
        if place is None or not place.mark:
            return None
        found = fingerprint(self._folder)
        if place.mark == self._mark(found):
            return []
        known = self._stored.files()
        seen = dict(self._seen(found, place, known))
        changed = [path for path, one in seen.items() if path not in known or known[path].seal != one.seal]
        return sorted([*changed, *(known.keys() - seen.keys())])

    # -- orders ------------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, order: Order) -> Iterator[Order]:
        """Around whatever changes files of the home: the log says before who wants what, and behind what it has become.

        Raises StorageUnavailable before anything is changed, where the log cannot take it.
        """
        with self._alone():
            self._look(fingerprint(self._folder), self._by_nobody)
            under_way = {"id": self._unique(), "who": order.who, "what": order.what, "at": instant(self._clock.now())}
            about = {"order": str(under_way["id"]), **order.about}
            self._stored.order(under_way, self._clock.now(), Doer(order.who, order.what, order.why, about, {"stage": "ordered"}))
            try:
                yield order
            except BaseException as error:
                self._end(under_way, order, about, {"stage": "failed", "problem": str(error)[:500] or type(error).__name__})
                raise
            self._end(under_way, order, about, {"stage": "done"})

    def made(self, order: Order) -> None:
        """A home was made by an order: nothing could be said before. Raises StorageUnavailable."""
        doer = Doer(order.who, order.what, order.why, order.about, {"stage": "done"})
        self._look(fingerprint(self._folder), lambda _place, _paths: doer)

    def _end(self, under_way: Mapping[str, Any], order: Order, about: Mapping[str, str], facts: Mapping[str, Any]) -> None:
        doer = Doer(order.who, order.what, order.why, about, facts)
        self._record(fingerprint(self._folder), lambda _place, _paths: doer, Ended(str(under_way["id"]), order.taken))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._is_ours = True
            yield
        finally:
            self._is_ours = False
            os.close(descriptor)

    def _is_done_now(self) -> bool:
        """Whether some other command is changing files: an order that nobody is doing was cut off."""
        if self._is_ours:
            return False
        try:
            descriptor = os.open(self._data / LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    # -- looking -----------------------------------------------------------------------------------------------------

    def _look(self, found: Fingerprint, doer: Callable[[Place, Sequence[str]], Doer]) -> list[Difference]:
        mark = self._mark(found)
        place = self._stored.place()
        return [] if place is not None and place.mark == mark else self._record(found, doer)

    def _record(
        self, found: Fingerprint, doer: Callable[[Place, Sequence[str]], Doer], ended: Ended | None = None
    ) -> list[Difference]:
        place = self._stored.place() or self._stored.begin(secrets.token_hex(16))
        seen = dict(self._seen(found, place, self._stored.files()))
        return self._stored.record(self._mark(found), seen, self._clock.now(), doer, ended)

    def _by_nobody(self, place: Place, paths: Sequence[str]) -> Doer:
        """Who changed files without a command is not known; what was under way then is said."""
        if not place.mark:
            return Doer("n2n", FIRST, f"{len(paths)} files")
        order = place.under_way
        why = f"{len(paths)} files are not what the log had told of them"
        if order is None:
            return Doer(UNKNOWN, OUTSIDE, why)
        if self._is_done_now():
            # The command that does it says so itself in a moment; this process was faster.
            return Doer(order["who"], order["what"], "noticed while it is done", {"order": order["id"]}, {"stage": "under way"})
        cut = {"order": order["id"], "who": order["who"], "what": order["what"], "at": order["at"]}
        return Doer(UNKNOWN, OUTSIDE, f"{why}; an order did not end: {order['what']}", {"order": order["id"]}, {"cut_off": cut})

    def _mark(self, found: Fingerprint) -> str:
        # All at once: of ten thousand partners each call would be felt.
        return hashlib.sha256(repr((str(self._folder), sorted(found))).encode()).hexdigest()

    def _paths(self, found: Fingerprint) -> Iterator[tuple[str, str, int]]:
        root = f"{self._folder}/"
        for path, size, modified, changed in found:
            yield path.removeprefix(root), f"{size} {modified} {changed}", modified

    def _seen(self, found: Fingerprint, place: Place, known: Mapping[str, RecordedFile]) -> Iterator[tuple[str, SeenFile]]:
        for path, stat, modified in self._paths(found):
            was = known.get(path)
            if was is not None and was.stat == stat:
                yield path, SeenFile(stat, was.seal, None, was.told["sha256"], was.told["kept"], was.told["modified_at"])
                continue
            try:
                octets = (self._folder / path).read_bytes()
            except FileNotFoundError:
                # It went while we looked; the next look sees that.
                continue
            except OSError:
                yield path, SeenFile(stat, "unreadable", None)
                continue
            yield path, self._file(path, stat, modified, octets, place.salt)

    def _file(self, path: str, stat: str, modified: int, octets: bytes, salt: str) -> SeenFile:
        one = shown(path, octets, self._passwords)
        told = octets if one.open else one.octets
        at = instant(datetime.fromtimestamp(modified / 1e9, UTC))
        kept = "none" if one.octets is None else "whole" if one.open else "part"
        sha256 = hashlib.sha256(told).hexdigest() if told is not None else None
        return SeenFile(stat, sealed(octets, one, salt), one.octets, sha256, kept, at)
