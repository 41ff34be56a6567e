"""One circuit for each partner: after several failures in a row nothing is sent but one probe at a time, until one comes through."""

from collections.abc import Callable
from dataclasses import dataclass

#: Failures in a row that open a circuit.
FAILURES = 5
#: The first rest before a probe; doubled after each probe that fails.
LEAST_SECONDS = 5.0
#: The longest rest: a partner that is back is found within five minutes, and weeks of absence leave no pile of attempts behind.
MOST_SECONDS = 300.0


@dataclass(slots=True)
class Circuit:
    """What is known of one partner's line."""

    partner: str
    failures: int = 0
    #: Why the last attempt failed.
    why: str = ""
    #: The instant of the next probe; None while the circuit is closed.
    probe_at: float | None = None
    rest: float = LEAST_SECONDS
    probing: bool = False

    @property
    def is_open(self) -> bool:
        """Whether messages wait for a probe to come through."""
        return self.probe_at is not None


class Breaker:
    """The circuits of all partners; told the time, and asked on one thread. `changed` hears of each that opens, closes, or fails a probe."""

    def __init__(self, now: Callable[[], float], changed: Callable[[Circuit], object] = lambda _: None) -> None:
        self._now = now
        self._changed = changed
        self._circuits: dict[str, Circuit] = {}

    def resting(self) -> set[str]:
        """Partners to whom nothing can begin now, not even a probe."""
        return {one.partner for one in self._circuits.values() if not self._free(one)}

    def may_begin(self, partner: str) -> bool:
        """Whether an attempt may begin; for an open circuit this takes the one probe, whose end must be told."""
        circuit = self._circuits.get(partner)
        if circuit is None or not circuit.is_open:
            return True
        if not self._free(circuit):
            return False
        circuit.probing = True
        return True

    def succeeded(self, partner: str) -> bool:
        """The partner answered; true when this closes its circuit."""
        circuit = self._circuits.pop(partner, None)
        if circuit is None or not circuit.is_open:
            return False
        circuit.probe_at, circuit.failures = None, 0
        self._changed(circuit)
        return True

    def failed(self, partner: str, why: str) -> bool:
        """An attempt failed on the way; true when from now on nothing goes but the next probe."""
        circuit = self._circuits.setdefault(partner, Circuit(partner))
        circuit.failures += 1
        circuit.why = why
        if circuit.is_open and not circuit.probing:
            # It began before the circuit opened.
            return False
        if not circuit.is_open and circuit.failures < FAILURES:
            return False
        circuit.rest = min(2 * circuit.rest, MOST_SECONDS) if circuit.is_open else LEAST_SECONDS
        circuit.probe_at, circuit.probing = self._now() + circuit.rest, False
        self._changed(circuit)
        return True

    def reopen(self, partner: str, failures: int, why: str) -> None:
        """The circuit was open when the node was stopped; a probe may begin at once."""
        self._circuits[partner] = Circuit(partner, failures, why, self._now())

    def abandoned(self, partner: str) -> None:
        """An attempt ended before it reached the network, so it says nothing of the partner: another probe may begin."""
        circuit = self._circuits.get(partner)
        if circuit is not None:
            circuit.probing = False

    def _free(self, circuit: Circuit) -> bool:
        return circuit.probe_at is None or (not circuit.probing and self._now() >= circuit.probe_at)
