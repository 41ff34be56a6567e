"""Life cycles: what a document would move, and whether it may. Source: DESIGN 3.1 stage 7, 5.2, 7.1."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from node.customs.checking.document import Document
from node.customs.filing.numbers import by_number, likely_issuer
from node.customs.filing.on_file import Filed, OnFile
from node.customs.finding import Finding, RuleText
from node.customs.packs.definition import Move, asked
from node.customs.packs.library import Packs
from node.customs.packs.lifecycle import Machine
from node.customs.rulebook import RULEBOOK
from node.customs.xpath.plan import truth

#: Type id, number, issuer.
Subject = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A life cycle goes from one state to another."""

    subject: Subject
    machine: str
    before: str
    after: str
    event: str


@dataclass(frozen=True, slots=True)
class Moving:
    """What a document does to life cycles: the moves, or the finding that it may not."""

    moves: tuple[Moved, ...] = ()
    finding: Finding | None = None


def moving(document: Document, packs: Packs, on_file: OnFile) -> Moving:
    """LC-01, LC-03 and LC-02 for every move of the document, in this order, stopping at the first that fails."""
    planned = list(_planned(document, on_file))
    for check in (_named, _owned):
        for step in planned:
            finding = check(document, step)
            if finding is not None:
                return Moving(finding=finding)
    moves = []
    for moved in _each(document, planned, packs, on_file):
        if isinstance(moved, Finding):
            return Moving(finding=moved)
        moves.append(moved)
    return Moving(tuple(moves))


def subjects_of(document: Document, on_file: OnFile) -> tuple[Subject, ...]:
    """Whose lives the document is about, its own beginning left out."""
    steps = (step for step in _planned(document, on_file) if not step.move.begins and step.number)
    return tuple(dict.fromkeys((step.move.of, step.number, step.issuer or document.issuer) for step in steps))


def moved_unjudged(document: Document, packs: Packs, on_file: OnFile) -> tuple[Moved, ...]:
    """The moves of a document that was accepted once, as far as the tables have them; what it names need not be on file."""
    found = _each(document, list(_planned(document, on_file)), packs, on_file)
    return tuple(moved for moved in found if isinstance(moved, Moved))


def _each(document: Document, planned: Iterable["_Step"], packs: Packs, on_file: OnFile) -> Iterator[Moved | Finding]:
    for step in planned:
        machine = packs.machines(step.move.of).get(step.move.machine)
        if machine is not None and not step.skipped:
            yield _stepped(document, step, machine, on_file)


@dataclass(frozen=True, slots=True)
class _Step:
    move: Move
    event: str
    number: str
    issuer: str
    named_number: str
    #: Versions of the document that must be on file.
    named: tuple[Filed, ...]

    @property
    def skipped(self) -> bool:
        """Nothing is named on file, and another rule says so."""
        return not self.move.begins and not self.named


def _planned(document: Document, on_file: OnFile) -> Iterator[_Step]:
    return (_step(document, move, on_file) for move in document.definition.moves if applies(move, document))


def applies(move: Move, document: Document) -> bool:
    """Whether the document does this, by its function and by what it says."""
    if move.functions and document.header.function not in move.functions:
        return False
    return move.when is None or truth(move.when.ask(document.root, {}))


def _step(document: Document, move: Move, on_file: OnFile) -> _Step:
    root = document.root
    named_number = asked(move.named_number, root)
    named = () if move.begins else tuple(_named_on_file(document, move, named_number, on_file))
    issuer = (
        (asked(move.issuer, root) or document.issuer)
        if move.issuer is not None
        else (named[0].issuer if named else document.issuer)
    )
    event = asked(move.event_from, root) if move.event_from is not None else move.event
    return _Step(move, event, asked(move.number, root), issuer, named_number, named)


def _named_on_file(document: Document, move: Move, number: str, on_file: OnFile) -> Sequence[Filed]:
    if move.named_issuer is None:
        return by_number(on_file, move.named, number, likely_issuer(document, move.named))
    return on_file.numbered(move.named, number, asked(move.named_issuer, document.root) or document.issuer)


def _named(document: Document, step: _Step) -> Finding | None:
    if step.move.missing and not step.named:
        return RULEBOOK[step.move.missing].found(f"/{document.definition.name}", step.named_number)
    return None


def _owned(document: Document, step: _Step) -> Finding | None:
    if not step.named:
        return None
    first = step.named[0]
    owner = first.sender if step.move.owner == "sender" else first.recipient
    if owner == document.header.sender:
        return None
    return RULEBOOK["LC-03"].found(f"/{document.definition.name}/DocumentHeader/SenderAuthority", owner)


def _stepped(document: Document, step: _Step, machine: Machine, on_file: OnFile) -> Moved | Finding:
    subject = (step.move.of, step.number, step.issuer)
    before = on_file.state(subject, machine.name) or machine.initial
    row = machine.step(before, step.event)
    if row is None:
        return _impossible(document, step, RULEBOOK[machine.refusal(step.event)], machine.shown(before))
    for other, allowed in row.during.items():
        state = on_file.state(subject, other)
        if state not in allowed:
            return _impossible(document, step, RULEBOOK[row.refuse], state or "NONE")
    return Moved(subject, machine.name, before, row.target, step.event)


def _impossible(document: Document, step: _Step, rule: RuleText, state: str) -> Finding:
    return rule.found(f"/{document.definition.name}", step.number, state)
