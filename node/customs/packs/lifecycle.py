"""Life cycles as tables: the states of a document, which events move them, and whose documents may. Source: DESIGN 5.2, 7.1, 9."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from node.customs.packs.entries import one_of, texts
from node.customs.rulebook import RULEBOOK


class LifeCycleRefused(ValueError):
    """The table is no life cycle; the text says what and where."""


@dataclass(frozen=True, slots=True)
class State:
    """A state with its names for people. Nothing moves a final one."""

    name: str
    name_en: str
    name_zh: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: an event in one of these states leads to another."""

    sources: frozenset[str]
    event: str
    target: str
    #: States of other machines of the same document, one of which each must have.
    during: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Said when the event comes in another state.
    refuse: str = "LC-02"


@dataclass(frozen=True, slots=True)
class Machine:
    """One life cycle of a document; several may run side by side, each with one owner."""

    name: str
    #: `sender`: the authority that sent version 1; `recipient`: the one that received it.
    owner: str
    #: The state before the first event.
    initial: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]

    def step(self, state: str, event: str) -> Transition | None:
        """The row for an event in a state; None where the table has none."""
        for transition in self.transitions:
            if transition.event == event and state in transition.sources:
                return transition
        return None

    def refusal(self, event: str) -> str:
        """The rule that is broken when the event comes in a state that has no row for it."""
        return next((transition.refuse for transition in self.transitions if transition.event == event), "LC-02")

    def shown(self, state: str) -> str:
        """The state as people are told it."""
        return state or "NONE"


def read_machines(table: Mapping[str, Any]) -> tuple[Machine, ...]:
    """The machines of one file. Raises LifeCycleRefused."""
    try:
        machines = tuple(_machine(entry, table.get("transition", ())) for entry in table.get("machine", ()))
    except KeyError as error:
        raise LifeCycleRefused(f"{error.args[0]} is missing") from None
    except LifeCycleRefused:
        raise
    except ValueError as error:
        raise LifeCycleRefused(str(error)) from None
    except (TypeError, AttributeError) as error:
        raise LifeCycleRefused(f"a machine, state or transition is no table: {error}") from None
    names = {machine.name for machine in machines}
    for entry in table.get("transition", ()):
        if entry.get("machine") not in names:
            raise LifeCycleRefused(f"a transition of the unknown machine {entry.get('machine')!r}")
    return machines


def _guard(row: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    guard = row.get("guard")
    return {str(guard["machine"]): frozenset(texts(guard, "in"))} if guard else {}


def _sources(row: Mapping[str, Any]) -> frozenset[str]:
    if sources := texts(row, "from"):
        return frozenset(sources)
    # A row that is reached from nowhere is a slip, and says nothing for ever.
    raise LifeCycleRefused(f'{row["event"]}: from is missing; it names the states before, [""] before the first event')


def _machine(entry: Mapping[str, Any], rows: Any) -> Machine:
    states = {
        name: State(name, str(said["name_en"]), str(said["name_zh"]), bool(said.get("final", False)))
        for name, said in entry["states"].items()
    }
    initial = str(entry.get("initial", ""))
    transitions = tuple(
        Transition(
            _sources(row),
            str(row["event"]),
            str(row["to"]),
            _guard(row),
            one_of(row, "refuse", RULEBOOK, "LC-02"),
        )
        for row in rows
        if row.get("machine") == entry["name"]
    )
    known = {*states, initial}
    for transition in transitions:
        if unknown := ({*transition.sources, transition.target} - known):
            raise LifeCycleRefused(f"{entry['name']}: {min(unknown)!r} is no state of it")
        if final := [name for name in transition.sources if name in states and states[name].final and transition.target != name]:
            raise LifeCycleRefused(f"{entry['name']}: {final[0]} is final, and {transition.event} would leave it")
    if entry["owner"] not in {"sender", "recipient"}:
        raise LifeCycleRefused(f"{entry['name']}: owner is sender or recipient, not {entry['owner']!r}")
    return Machine(str(entry["name"]), str(entry["owner"]), initial, states, transitions)
