"""The register of operators in memory: for samples, `--prior` and tests. It keeps the contract of the store's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.history import Effect, OnFile, OperatorHistory, Row, effect_of, moment_of, unusual
from node.customs.operators.port import (
    LISTED,
    OF_ONE_OPERATOR,
    REMARKS,
    Key,
    ProgrammeState,
    Query,
    RecordLine,
    SetLine,
    SetResult,
    SetState,
    Waiting,
)
from node.customs.operators.record import (
    OperatorRecord,
    Source,
    beginnings,
    content_hash,
    folded_name,
    name_end,
    to_json,
)
from node.customs.operators.record_set import FULL, SetHead
from node.customs.operators.whole import SetIdentity, missing_parts, out_of_turn, too_many_of_one

Part = tuple[SetHead, Source, list[OperatorRecord]]


@dataclass
class _Programme:
    sequence: int = 0
    full_quantity: int | None = None
    snapshot_at: datetime | None = None
    received_at: datetime | None = None
    operators: dict[Key, OperatorHistory] = field(default_factory=dict)
    on_file: dict[Key, OnFile] = field(default_factory=dict)
    sets: dict[int, tuple[SetIdentity, SetLine]] = field(default_factory=dict)
    staged: dict[int, dict[int, Part]] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    #: The AS4 MessageId by the MessageID of the document.
    messages: dict[str, str] = field(default_factory=dict)


class InMemoryOperators:
    """`OperatorRegister` in the memory of one process; not for several threads."""

    def __init__(self) -> None:
        self._programmes: dict[tuple[str, str], _Programme] = {}
        self._queries: list[Query] = []

    # -- what the checker asks -----------------------------------------------------------------------------------

    def latest_sequence(self, sender: str, programme: str) -> int:
        """ToSequence of the latest set applied; 0 if none was."""
        return self._of(sender, programme).sequence

    def last_full(self, sender: str, programme: str) -> int | None:
        """Number of records in the last full list applied."""
        return self._of(sender, programme).full_quantity

    def on_file(self, sender: str, programme: str, keys: Sequence[Key]) -> Mapping[Key, OnFile]:
        """What is on file of each of these, as far as something is."""
        held = self._of(sender, programme).on_file
        return {key: held[key] for key in keys if key in held}

    def waiting(self, head: SetHead) -> Waiting:
        """What has come of the set of which this is a part, as long as it is not whole."""
        held, identity = self._of(head.sender, head.programme), SetIdentity.of(head)
        number = next((n for n in held.staged if held.sets[n][0] == identity), 0)
        quantities = {part: len(records) for part, (_, _, records) in held.staged.get(number, {}).items()}
        return Waiting(frozenset(quantities), quantities)

    def result_of(self, sender: str, programme: str, document_id: str) -> SetResult | None:
        """What became of a document that has come before."""
        held = self._of(sender, programme)
        number = held.documents.get(document_id)
        return None if number is None else replace(held.sets[number][1].result, again=True)

    def parts_like(self, sender: str, programme: str, document_id: str) -> list[tuple[str, str]]:
        """The documents of the set of which this is a part, itself included."""
        held = self._of(sender, programme)
        number = held.documents.get(document_id)
        return [(one, held.messages[one]) for one, where in held.documents.items() if where == number]

    def _of(self, sender: str, programme: str) -> _Programme:
        return self._programmes.get((sender, programme), _Programme())

    # -- what changes it -----------------------------------------------------------------------------------------

    def take(self, head: SetHead, records: Iterable[OperatorRecord], source: Source) -> SetResult:
        """Take one part of a set; the set takes effect with the part that makes it whole."""
        held = self._programmes.setdefault((head.sender, head.programme), _Programme())
        before = self.result_of(head.sender, head.programme, head.document_id)
        if before is not None:
            return before
        identity, kept = SetIdentity.of(head), list(records)
        held.messages[head.document_id] = source.message_id
        number = next((n for n, (one, _) in reversed(held.sets.items()) if one == identity), 0)
        # Without a digest, another document may say other things.
        if number and head.digest and held.sets[number][1].result.state is SetState.APPLIED:
            held.documents[head.document_id] = number
            return replace(held.sets[number][1].result, again=True)
        if not number or held.sets[number][1].result.state is not SetState.WAITING:
            number = len(held.sets) + 1
        staged = held.staged.setdefault(number, {})
        staged[head.part] = (head, source, kept)
        held.documents[head.document_id] = number
        now = max(source.received_at, held.received_at or source.received_at)
        result = self._settled(held, head, staged, now)
        quantity = sum(len(part[2]) for part in staged.values())
        line = SetLine(
            *(head.mode, head.since, head.to, head.parts, head.snapshot_at, now, quantity),
            *(head.document_id, source.message_id, result),
        )
        held.sets[number] = (identity, line)
        if result.state is not SetState.WAITING:
            del held.staged[number]
        if result.state is SetState.APPLIED:
            self._advance(held, line)
        return result

    def _settled(self, held: _Programme, head: SetHead, staged: Mapping[int, Part], now: datetime) -> SetResult:
        wrong = out_of_turn(head, held.sequence)
        if wrong is not None:
            return wrong
        missing = missing_parts(staged, head.parts)
        if missing:
            return SetResult(SetState.WAITING, missing=missing)
        everything = [(one, source) for _, source, records in (staged[n] for n in sorted(staged)) for one in records]
        if head.digest and set_digest(line_of(one) for one, _ in everything) != head.digest:
            return SetResult(SetState.REFUSED, why="the records do not make the digest of the set")
        groups: dict[Key, list[tuple[OperatorRecord, Source]]] = {}
        for one, source in everything:
            groups.setdefault((one.tin, one.tier), []).append((one, source))
        for key, group in groups.items():
            if len(group) > OF_ONE_OPERATOR:
                return too_many_of_one(*key)
        return self._apply(held, head, groups, now)

    def _apply(
        self, held: _Programme, head: SetHead, groups: Mapping[Key, list[tuple[OperatorRecord, Source]]], now: datetime
    ) -> SetResult:
        counts: dict[str, int] = {}
        remarks: list[str] = []
        lines: list[RecordLine] = []
        for key in sorted(groups):
            # As the store reads them: by status and version, then by version.
            in_order = sorted(groups[key], key=lambda one: (one[0].status, one[0].version))
            for record, source in sorted(in_order, key=lambda one: one[0].version):
                remark = (
                    "" if record.operation == "DELETE" else unusual(record.status, record.validation_date, held.on_file.get(key))
                )
                effect = _apply_one(held, head, key, record, source, now)
                counts[effect.value] = counts.get(effect.value, 0) + 1
                if remark and effect in (Effect.ADDED, Effect.CHANGED):
                    remarks.append(f"{record.tin} {record.tier}: {remark}")
                if head.mode != FULL:
                    lines.append(RecordLine(record.tin, record.tier, record.version, effect.value))
        if head.mode == FULL:
            gone = [key for key, one in held.on_file.items() if one.present and key not in groups]
            for key in gone:
                _close(held, key, moment_of(head.snapshot_at, held.on_file[key]), now, deleted=True)
            if gone:
                counts["GONE"] = len(gone)
        return SetResult(SetState.APPLIED, counts, remarks=tuple(remarks[:REMARKS]), records=tuple(lines[:LISTED]))

    def _advance(self, held: _Programme, line: SetLine) -> None:
        held.sequence, held.snapshot_at, held.received_at = line.to, line.snapshot_at, line.received_at
        if line.mode == FULL:
            held.full_quantity = line.quantity
        for number, (identity, other) in held.sets.items():
            if other.result.state is SetState.WAITING and other.to <= line.to:
                held.sets[number] = (identity, replace(other, result=SetResult(SetState.OVERTAKEN)))
                held.staged.pop(number, None)

    # -- look-ups ------------------------------------------------------------------------------------------------

    def find(self, identifier: str, scheme: str = "") -> list[OperatorHistory]:
        """Every operator that ever had this identifier."""
        return [one for one in self._everything() if any(row.record.carries(scheme, identifier) for row in one.rows)]

    def find_name(self, words: str, most: int) -> list[OperatorHistory]:
        """Operators whose name of today holds these words, from the beginning of a word on."""
        wanted = name_end(folded_name(words))
        found = [
            one
            for one in self._everything()
            if wanted and one.current and any(place.startswith(wanted) for place in beginnings(one.current.record))
        ]
        return found[:most]

    def _everything(self) -> Iterator[OperatorHistory]:
        for at in sorted(self._programmes):
            operators = self._programmes[at].operators
            yield from (operators[key] for key in sorted(operators))

    def programmes(self) -> list[ProgrammeState]:
        """Every programme of which something came."""
        return [
            ProgrammeState(*at, one.sequence, one.full_quantity, one.snapshot_at, one.received_at)
            for at, one in sorted(self._programmes.items())
        ]

    def sets(self, sender: str, programme: str, most: int) -> list[SetLine]:
        """The latest sets of a programme, those that wait or were refused included."""
        return [line for _, line in reversed(self._of(sender, programme).sets.values())][:most]

    def totals(self, sender: str, programme: str) -> Mapping[tuple[str, str], int]:
        """Operators of today by tier and status."""
        found: dict[tuple[str, str], int] = {}
        for (_, tier), one in self._of(sender, programme).on_file.items():
            if one.present:
                found[tier, one.status] = found.get((tier, one.status), 0) + 1
        return found

    def coverage(self, sender: str, programme: str) -> Mapping[str, int]:
        """Operators of today that have an identifier, by its scheme."""
        found: dict[str, int] = {}
        for one in self._of(sender, programme).operators.values():
            if one.current is not None:
                for scheme in {scheme for row in one.rows for scheme, _ in row.record.every_identifier()}:
                    found[scheme] = found.get(scheme, 0) + 1
        return found

    def shared(self, most: int) -> list[tuple[OperatorHistory, ...]]:
        """Groups of operators that have or had one identifier in common."""
        by_identifier: dict[tuple[str, str], list[OperatorHistory]] = {}
        for one in self._everything():
            for scheme, value in {named for row in one.rows for named in row.record.every_identifier()}:
                by_identifier.setdefault((value, scheme), []).append(one)
        return [tuple(group) for _, group in sorted(by_identifier.items()) if len(group) > 1][:most]

    def note(self, query: Query) -> None:
        """Write down a look-up."""
        self._queries.append(query)

    def queries(self, most: int) -> list[Query]:
        """The latest look-ups."""
        return self._queries[::-1][:most]


def _apply_one(held: _Programme, head: SetHead, key: Key, record: OperatorRecord, source: Source, now: datetime) -> Effect:
    before = held.on_file.get(key)
    history = held.operators.get(key) or OperatorHistory(head.sender, head.programme, *key, ())
    if record.operation == "STATUS" and history.current is not None:
        record = record.completed_by(history.current.record)
    content = content_hash(to_json(record))
    effect = effect_of(record.operation, content, before)
    if effect in (Effect.UNCHANGED, Effect.NOTHING):
        return effect
    moment = moment_of(record.recorded_at, before)
    if effect is Effect.DELETED:
        _close(held, key, moment, now, deleted=True)
        held.on_file[key] = replace(held.on_file[key], version=max(held.on_file[key].version, record.version))
        return effect
    if effect is Effect.CHANGED:
        _close(held, key, moment, now, deleted=False)
    rows = held.operators[key].rows if key in held.operators else ()
    held.operators[key] = replace(history, rows=(*rows, Row(record, source, moment, now)))
    held.on_file[key] = OnFile(record.version, record.status, record.valid_from, record.validation_date, content, moment)
    return effect


def _close(held: _Programme, key: Key, moment: datetime, now: datetime, *, deleted: bool) -> None:
    history = held.operators[key]
    closed = replace(history.rows[-1], known_until=moment, received_until=now, deleted=deleted)
    held.operators[key] = replace(history, rows=(*history.rows[:-1], closed))
    held.on_file[key] = replace(held.on_file[key], moment=moment, present=False)
