"""What one accepted document changes, as one value that a register writes in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from node.customs.checking.document import Document
from node.customs.filing.moving import Moved, Subject, subjects_of
from node.customs.filing.on_file import Filed, OnFile
from node.customs.finding import Outcome, Verdict
from node.customs.packs.definition import TypeDefinition, asked
from node.customs.packs.library import Packs
from node.customs.packs.lifecycle import Machine
from node.customs.xpath.functions import texts


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the ladder that a document takes for an earlier message. Source: DESIGN 8."""

    #: Who sent the earlier message, and under which MessageID.
    sender: str
    message_id: str
    level: str
    outcome: str
    at: str


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """A quantity that a document takes from an item of the subject it names."""

    subject: Subject
    #: With its unit: `3 KGM`.
    item: str
    amount: Decimal


#: The kind of name under which an answer is found: the MessageID of what it answers.
ANSWERS: Final = "answers"


@dataclass(frozen=True, slots=True)
class Named:
    """By this a consignment is found again: `ucr`, `transport-document`, `equipment`, `certificate`, `declaration`, .. and its value."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Filing:
    """One accepted document with everything that it changes."""

    filed: Filed
    outcome: Outcome
    moves: tuple[Moved, ...] = ()
    #: The document names these: type id, number, issuer.
    subjects: tuple[Subject, ...] = ()
    steps: tuple[Step, ...] = ()
    written_off: tuple[WrittenOff, ...] = ()
    #: Each once.
    named: tuple[Named, ...] = ()
    profile: str = ""
    #: Sender and MessageID of documents whose life this one ends: the steps that they themselves wanted are awaited no longer.
    ends: tuple[tuple[str, str], ...] = ()


def filed(document: Document, at: datetime) -> Filed:
    """The document as it goes on file."""
    header = document.header
    octets = document.octets
    return Filed(
        lambda: octets,
        document.digest,
        document.definition.id,
        header.message_id,
        header.sender,
        header.recipient,
        document.number,
        document.version,
        document.issuer,
        header.function,
        at,
    )


def file(
    document: Document,
    verdict: Verdict,
    moves: tuple[Moved, ...],
    packs: Packs,
    on_file: OnFile,
    at: datetime,
    named: Iterable[Named] = (),
) -> Filing:
    """Everything that an accepted document changes; `named` was found in its rows."""
    subjects = subjects_of(document, on_file)
    return Filing(
        filed(document, at),
        verdict.outcome,
        moves,
        subjects,
        tuple(_steps(document, subjects, packs, on_file, at)),
        tuple(_written_off(document, subjects)),
        tuple(dict.fromkeys([*_answers(document), *named_in(document.definition, None, document.root), *named])),
        document.header.profile,
        tuple(_ends(moves, packs, on_file)),
    )


def is_over(type_id: str, number: str, issuer: str, packs: Packs, on_file: OnFile) -> bool:
    """Whether a life cycle of a subject stands in a final state."""
    subject = (type_id, number, issuer)
    return any(_is_final(machine, on_file.state(subject, name)) for name, machine in packs.machines(type_id).items())


def _is_final(machine: Machine, state: str) -> bool:
    return state in machine.states and machine.states[state].final


def _ends(moves: Sequence[Moved], packs: Packs, on_file: OnFile) -> Iterator[tuple[str, str]]:
    for move in moves:
        type_id, number, issuer = move.subject
        definition = packs.named(type_id)
        # Of other types nothing on file wants a step by a moment of its own.
        if definition is None or not definition.deadlines:
            continue
        if _is_final(packs.machines(type_id)[move.machine], move.after):
            yield from ((one.sender, one.message_id) for one in on_file.numbered(type_id, number, issuer))


def _written_off(document: Document, subjects: Sequence[Subject]) -> Iterator[WrittenOff]:
    quantities = document.definition.quantities
    if quantities is None or not subjects:
        return
    for node in quantities.context.ask(document.root, {}):
        item = f"{asked(quantities.item, node)} {asked(quantities.unit, node)}"
        yield WrittenOff(subjects[0], item, Decimal(asked(quantities.amount, node)))


def _answers(document: Document) -> Iterator[Named]:
    if document.header.correlation:
        yield Named(ANSWERS, document.header.correlation)


def named_in(definition: TypeDefinition, row: str | None, element: Any) -> Iterator[Named]:
    """What finds the consignments of a row, or of the document outside of rows when `row` is None."""
    for reference in definition.references:
        if reference.row == row:
            for value in texts(reference.path.ask(element, {})):
                if value:
                    yield Named(reference.kind, value)


def _steps(document: Document, subjects: Sequence[Subject], packs: Packs, on_file: OnFile, at: datetime) -> Iterator[Step]:
    answer = document.definition.answer
    if answer:
        level, outcome, moment = (asked(answer[name], document.root) for name in ("level", "outcome", "at"))
        # A response goes back to the sender of what it answers.
        yield Step(document.header.recipient, document.header.correlation, level, outcome, moment)
    for type_id, number, issuer in subjects:
        definition = packs.named(type_id)
        levels = [level for level, by in (definition.ladder if definition else {}).items() if by == document.definition.id]
        for named in on_file.numbered(type_id, number, issuer)[-1:] if levels else ():
            yield Step(named.sender, named.message_id, levels[0], Outcome.ACCEPTED.value, at.isoformat())
