"""On which lists and answers the use of each certificate rested, and from when: the evidence that belongs to every message it signed.

A record is written when what a verdict rests on has changed, not for every message: a message has the certificate and the time, and `at` finds the record.
"""

import fcntl
import json
import os
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from node.durable import sync
from node.security.status import Status

#: From the arrival of a message to the verdict on its signer at most, as far as evidence is kept.
MOMENT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rested:
    """The status of one certificate of the path."""

    subject: str
    state: str
    why: str
    #: SHA-256 of the lists and answers; their octets lie in data/revocations.
    used: tuple[str, ...]
    #: The thisUpdate and the nextUpdate of the freshest.
    told: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was known of a certificate and of the authorities above it, from an instant on."""

    since: datetime
    #: Empty where it was simply good; an alarm, or why it was refused.
    outcome: str
    statuses: tuple[Rested, ...]

    @classmethod
    def of(cls, statuses: Sequence[Status], outcome: str, now: datetime) -> "Judgement":
        """Of a path as it was judged now."""
        rested = tuple(
            Rested(
                one.subject,
                one.state,
                one.why,
                one.used,
                one.told.isoformat() if one.told else None,
                one.until.isoformat() if one.until else None,
            )
            for one in statuses
        )
        return cls(now, outcome, rested)

    @property
    def basis(self) -> tuple[str, tuple[Rested, ...]]:
        """By which two of them say the same."""
        return self.outcome, self.statuses


class Judgements:
    """data/revocations/judged: a file for each certificate, by its SHA-256, one record a line, appended to until nothing needs the first ones any more."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, f"{folder}{os.sep}"
        self._lock = Lock()
        self._last: dict[str, Judgement] = {}

    def note(self, certificate: str, judgement: Judgement) -> None:
        """Append it where it says something else than the one before. Raises OSError."""
        with self._lock:
            last = self._last.get(certificate)
            # Another process may have cleared it away, while nobody used the certificate.
            if last is None or not os.path.exists(self._files + f"{certificate}.jsonl"):  # noqa: PTH110 - asked for every message
                last = self._latest(certificate)
            if last is not None and last.basis == judgement.basis and last.since <= judgement.since:
                self._last[certificate] = last
                return
            self._append(certificate, judgement)
            self._last[certificate] = judgement

    def at(self, certificate: str, instant: datetime) -> Judgement | None:
        """What counted then; None where nothing was known of anybody."""
        found = None
        for one in self._all(certificate):
            if one.since <= instant:
                found = one
        return found

    def rested_on(self, signed: Iterable[tuple[str, datetime]]) -> set[str]:
        """The SHA-256 of each list and answer on which the use of a certificate, by its SHA-256, rested at an instant."""
        known: dict[str, _Life] = {}
        found: set[str] = set()
        for certificate, instant in signed:
            life = known.get(certificate)
            if life is None:
                life = known[certificate] = _Life(list(self._all(certificate)))
            # A message is taken in a moment before its signer is judged.
            found |= life.used_at(instant) | life.used_at(instant + MOMENT)
        return found

    def clear(self, signed: Callable[[], Iterable[tuple[str, datetime]]], in_use: Collection[str], before: datetime) -> int:
        """Remove what counted only before then and before the first kept message of its signer, and the whole file of a certificate that nobody uses; how many records.

        `signed` is asked, where anything could go, for the certificate and the time of every kept message; `in_use` are the SHA-256 of the certificates that are used now.
        Raises OSError.
        """
        files = sorted(self._folder.glob("*.jsonl"))
        old = [one.stem for one in files if self._cut(one.stem, before, used=one.stem in in_use)[0]]
        if not old:
            return 0
        first: dict[str, datetime] = {}
        # Many messages may have to be looked at, and nobody else waits for that.
        for certificate, instant in signed():
            first[certificate] = min(instant, first.get(certificate, instant))
        gone = 0
        for certificate in old:
            needed = first.get(certificate)
            with self._alone():
                used = needed is not None or certificate in in_use
                count, kept = self._cut(certificate, before if needed is None else min(before, needed), used=used)
                if count:
                    self._write(certificate, kept)
            gone += count
        return gone

    def _cut(self, certificate: str, before: datetime, *, used: bool) -> tuple[int, Sequence[Judgement]]:
        """How many records go, and which stay: those that counted then or later. The last one of a certificate that is used always counts."""
        every = list(self._all(certificate))
        kept = _in_order(every)
        number = bisect_right([one.since for one in kept], before)
        stay = kept[max(number - 1, 0) :]
        if not used and number == len(kept):
            stay = []
        # What a clock that was set back made void goes along with others only.
        return (len(every) - len(stay) if len(stay) < len(kept) else 0), stay

    def _write(self, certificate: str, kept: Sequence[Judgement]) -> None:
        file, growing = self._folder / f"{certificate}.jsonl", self._folder / f".{certificate}"
        if not kept:
            file.unlink(missing_ok=True)
            return
        growing.touch(mode=0o600)
        growing.write_bytes(b"".join(map(_line, kept)))
        sync(growing)
        growing.rename(file)
        sync(self._folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else appends meanwhile to a file that is written anew."""
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _latest(self, certificate: str) -> Judgement | None:
        every = list(self._all(certificate))
        return every[-1] if every else None

    def _all(self, certificate: str) -> Iterator[Judgement]:
        try:
            with (self._folder / f"{certificate}.jsonl").open("rb") as lines:
                for line in lines:
                    try:
                        yield _read(json.loads(line))
                    except (ValueError, KeyError, TypeError):
                        # A power cut took half of it; what it said is written again with the next verdict.
                        continue
        except FileNotFoundError:
            return

    def _append(self, certificate: str, judgement: Judgement) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            self._append_alone(certificate, _line(judgement))

    def _append_alone(self, certificate: str, line: bytes) -> None:
        descriptor = os.open(self._folder / f"{certificate}.jsonl", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Life:
    """What counted of one certificate from when on."""

    def __init__(self, records: Sequence[Judgement]) -> None:
        kept = _in_order(records)
        self._since = [one.since for one in kept]
        self._used = [frozenset(sha256 for status in one.statuses for sha256 in status.used) for one in kept]

    def used_at(self, instant: datetime) -> frozenset[str]:
        number = bisect_right(self._since, instant)
        return self._used[number - 1] if number else frozenset()


def _in_order(records: Iterable[Judgement]) -> list[Judgement]:
    """After a clock was set back the last record that was written counts, as in `at`."""
    kept: list[Judgement] = []
    for one in records:
        while kept and kept[-1].since >= one.since:
            kept.pop()
        kept.append(one)
    return kept


def _line(one: Judgement) -> bytes:
    return json.dumps(asdict(one), default=_as_text).encode() + b"\n"


def _as_text(value: datetime) -> str:
    return value.isoformat()


def _read(said: Any) -> Judgement:
    return Judgement(
        datetime.fromisoformat(said["since"]),
        said["outcome"],
        tuple(Rested(**{**one, "used": tuple(one["used"])}) for one in said["statuses"]),
    )
