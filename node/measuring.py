"""Judges this machine's clock by its references again and again, and keeps what is known of all clocks in a file beside the store. Source: reliability 5.1 goal 16."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from node.clock import running_seconds
from node.clocks import Clocks, Standing, in_words
from node.durable import sync
from node.home import Home
from node.msh.ports import Clock
from node.references import References
from node.timekeeping.measurement import Measurement, by_chrony, by_servers
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer
from node.timekeeping.record import RecordRefused, document_of, restore
from node.timekeeping.timekeeping import Timekeeping
from node.transport.chrony import ask_chrony
from node.transport.ntp import Server

#: Below the data folder; each process that serves has one of its own.
FILE: Final = "time.json"
#: A record of ten thousand partners is smaller.
_MOST_OCTETS: Final = 16 << 20

log = logging.getLogger("node.measuring")


class Measuring:
    """A sweep; each process does it for itself, since each may have a clock of its own."""

    def __init__(
        self,
        timekeeping: Timekeeping,
        clocks: Callable[[], Clocks],
        measure: Callable[[References], Measurement],
        seconds: Callable[[], float],
        file: Path,
    ) -> None:
        """`measure` asks the references; `seconds` are those that nobody can set."""
        self._timekeeping, self._clocks = timekeeping, clocks
        self._measure, self._seconds, self._file = measure, seconds, file
        self._due: float | None = None
        self._asked: References | None = None
        self._written: dict[str, Any] | None = None
        #: What was told last: of this clock, and of which partners' clocks.
        self._told: Standing | None = None
        self._off: frozenset[str] = frozenset()

    def sweep(self) -> int:
        """Measure where it is time, where the clock was set, and where other references are named; keep what is known. Always 0: what was found is told where it is new."""
        references = self._clocks().references
        now = self._seconds()
        if references != self._asked or self._due is None or now >= self._due or self._timekeeping.was_set():
            self._asked, self._due = references, now + references.every.total_seconds()
            if references.source != "none":
                self._timekeeping.hold(self._measure(references))
        self._tell(self._clocks())
        self._write()
        return 0

    def _tell(self, clocks: Clocks) -> None:
        """One line for whatever is not as it was at the last look."""
        standing, words = clocks.judged()
        before, self._told = self._told, standing
        if standing is Standing.OFF and before is not Standing.OFF:
            log.error("this clock is off: %s", words)
        elif standing is Standing.UNKNOWN and before is not Standing.UNKNOWN:
            log.warning("nobody tells how far this clock is off: %s", words)
        elif standing is Standing.RIGHT and before not in (None, Standing.RIGHT):
            log.info("this clock is right again: %s", words)
        off = {one.partner: one for one in clocks.partners() if one.off}
        for name, one in off.items():
            if name not in self._off:
                log.warning("the clock of %s is %s, more than was agreed", name, in_words(one.counts))
        self._off = frozenset(off)

    def _write(self) -> None:
        document = document_of(self._timekeeping)
        if document == self._written:
            return
        growing = self._file.with_suffix(".new")
        try:
            growing.write_text(json.dumps(document), "utf-8")
            sync(growing)
            # Whoever reads sees the one or the other.
            growing.replace(self._file)
        except OSError as error:
            log.warning("what is known of the clocks cannot be kept: %s", error)
            return
        self._written = document


def remember(file: Path, timekeeping: Timekeeping) -> str:
    """Put back what was kept; why it cannot be read, or nothing. Where there is no file, nothing was kept."""
    try:
        if not file.exists():
            return ""
        if file.stat().st_size > _MOST_OCTETS:
            return f"{file.name} is larger than {_MOST_OCTETS} octets"
        restore(json.loads(file.read_bytes()), timekeeping)
    except (OSError, ValueError, RecursionError, RecordRefused) as error:
        return f"{file.name}: {error}"
    return ""


def known(home: Home, clock: Clock) -> tuple[Timekeeping, str]:
    """What a process beside the one that serves knows of the clocks, and why it is not all that was kept."""
    timekeeping = Timekeeping(clock, running_seconds, lambda: home.time.max_age)
    return timekeeping, remember(home.data / FILE, timekeeping)


class Inquiry:
    """Asks the references that are named; remembers which servers do not want to be asked."""

    def __init__(
        self,
        clock: Clock,
        servers: Callable[[Sequence[Server]], Mapping[str, Answer | Unusable]],
        chrony: Callable[[], tuple[Offset, str]] = ask_chrony,
    ) -> None:
        """`servers` asks NTP servers, `chrony` the daemon of this machine; it raises Unusable."""
        self._clock, self._servers, self._chrony = clock, servers, chrony

    def __call__(self, references: References) -> Measurement:
        """Ask once. Blocking."""
        if references.source == "ntp":
            answers = self._servers([Server(*one) for one in references.servers])
            return by_servers(answers, self._clock.now())
        try:
            return by_chrony(self._chrony(), self._clock.now())
        except Unusable as trouble:
            return by_chrony(trouble, self._clock.now())
