"""A whole set takes effect: in the order of its digest, some thousands of records at a time, within the transaction of its last part."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from node.customs.operators.digest import Line, SetDigest
from node.customs.operators.history import Effect, OnFile, effect_of, moment_of, unusual
from node.customs.operators.port import LISTED, OF_ONE_OPERATOR, REMARKS, RecordLine, SetResult, SetState
from node.customs.operators.record import (
    BETWEEN,
    OperatorRecord,
    beginnings,
    content_hash,
    from_json,
    to_json,
)
from node.customs.operators.record_set import FULL, SetHead
from node.customs.operators.whole import too_many_of_one
from node.failpoints import failpoint
from node.store import prepared
from node.store.connection import Cursor
from node.store.database import instant, read_instant

#: Operators in one go.
BATCH: Final = 2000
_OPERATOR: Final = (
    *("id", "programme_id", "operator", "tier", "present", "record_id", "status", "version", "valid_from", "validation_date"),
    *("content", "moment"),
)
_RECORD: Final = (
    *("id", "operator_id", "part_id", "operation", "status", "valid_from", "valid_to", "known_from", "known_until"),
    *("received_at", "received_until", "deleted", "record"),
)


@dataclass(slots=True)
class _Staged:
    """One record that waits."""

    operator: str
    version: int
    part_id: int
    operation: str
    recorded_at: str
    content: str
    text: str


@dataclass(slots=True)
class _Operator:
    """What is on file of an operator while a batch is applied, and whether that must be written."""

    id: int
    operator: str
    file: OnFile | None
    #: Its latest row, and what that row says where this is known.
    record_id: int = 0
    record: OperatorRecord | None = None
    new: bool = False
    #: Whether its identifiers were written by this batch.
    named: bool = False
    touched: bool = False


class Applying:
    """One set on top of what is on file."""

    def __init__(self, cursor: Cursor, programme_id: int, set_id: int, head: SetHead, now: str) -> None:
        self._cursor, self._programme_id, self._set_id = cursor, programme_id, set_id
        self._head, self._now = head, now
        self._counts: Counter[str] = Counter()
        self._remarks: list[str] = []
        self._lines: list[RecordLine] = []

    def run(self) -> SetResult:
        """Nothing is written unless the records make the digest that the set names."""
        wrong = self._verified()
        if wrong is not None:
            return wrong
        for number, batch in enumerate(self._batches()):
            self._apply(batch)
            if number == 0:
                failpoint("aeo.applied.half")
        if self._head.mode == FULL:
            self._close_gone()
        counts = {name: count for name, count in self._counts.items() if count}
        return SetResult(SetState.APPLIED, counts, remarks=tuple(self._remarks[:REMARKS]), records=tuple(self._lines[:LISTED]))

    def _verified(self) -> SetResult | None:
        digest = SetDigest()
        last, of_one = "", 0
        for operator, status, version in self._cursor.stream(prepared.AEO_STAGED_LINES, {"set_id": self._set_id}):
            tin, _, tier = operator.rpartition(BETWEEN)
            of_one = of_one + 1 if operator == last else 1
            if of_one > OF_ONE_OPERATOR:
                return too_many_of_one(tin, tier)
            last = operator
            digest.add(Line(tin, tier, status, version))
        if self._head.digest and digest.value() != self._head.digest:
            return SetResult(SetState.REFUSED, why="the records do not make the digest of the set")
        return None

    def _batches(self) -> Iterator[dict[str, list[_Staged]]]:
        """Records by operator, whose own are in the order of their versions."""
        rows = self._cursor.stream(prepared.AEO_STAGED, {"set_id": self._set_id})
        batch: dict[str, list[_Staged]] = {}
        for operator, group in groupby(rows, itemgetter(1)):
            batch[operator] = sorted(map(_staged, group), key=lambda one: one.version)
            if len(batch) == BATCH:
                yield batch
                batch = {}
        if batch:
            yield batch

    # -- one batch -----------------------------------------------------------------------------------------------

    def _apply(self, batch: dict[str, list[_Staged]]) -> None:
        held = self._on_file(batch)
        written = _Written()
        new = [operator for operator in batch if operator not in held]
        first = self._numbers("operator", len(new))
        for number, operator in enumerate(new, first):
            held[operator] = _Operator(number, operator, None, new=True)
        record_id = self._numbers("record", sum(map(len, batch.values())))
        for operator, group in batch.items():
            one = held[operator]
            for staged in group:
                record_id += self._apply_one(one, staged, record_id, written)
            if one.touched:
                written.note(one)
        self._write(written)

    def _on_file(self, batch: dict[str, list[_Staged]]) -> dict[str, _Operator]:
        values = {"programme_id": self._programme_id, "operators": json.dumps(list(batch))}
        held: dict[str, _Operator] = {}
        for row in self._cursor.execute(prepared.AEO_ON_FILE, values).fetchall():
            held[row[1]] = _Operator(row[0], row[1], _file(row), row[3])
        self._read_records(
            [
                one
                for one in held.values()
                # What stays as it is need not be read.
                if any(
                    staged.operation in {"STATUS", "DELETE"} or staged.content != _content(one) for staged in batch[one.operator]
                )
            ]
        )
        return held

    def _read_records(self, operators: Sequence[_Operator]) -> None:
        """What their latest rows say: a change of status is completed by it, and its names are no longer found."""
        if not operators:
            return
        values = {"owners": json.dumps([one.record_id for one in operators])}
        texts = dict(tuple(row) for row in self._cursor.execute(prepared.AEO_RECORDS_BY_ID, values).fetchall())
        for one in operators:
            one.record = from_json(texts[one.record_id], "")

    def _apply_one(self, one: _Operator, staged: _Staged, record_id: int, written: "_Written") -> int:
        """How many rows of records that made."""
        text, content, before = staged.text, staged.content, one.file
        if before is not None and staged.operation in {"ADD", "CHANGE"} and effect_of("ADD", content, before) is Effect.UNCHANGED:
            # Most of a full list: what it says need not even be read.
            self._tell(staged, Effect.UNCHANGED, "")
            return 0
        record = from_json(text, staged.operation)
        if record.operation == "STATUS" and before is not None and before.present and one.record is not None:
            record = record.completed_by(one.record)
            text = to_json(record)
            content = content_hash(text)
        remark = "" if record.operation == "DELETE" else unusual(record.status, record.validation_date, before)
        effect = effect_of(record.operation, content, before)
        self._tell(staged, effect, remark)
        if effect in (Effect.UNCHANGED, Effect.NOTHING):
            return 0
        moment = moment_of(read_instant(staged.recorded_at), before)
        if before is not None and before.present:
            written.close(one, instant(moment), self._now, deleted=effect is Effect.DELETED)
        one.touched = True
        if effect is Effect.DELETED:
            assert before is not None
            one.file = replace(before, version=max(before.version, record.version), moment=moment, present=False)
            return 0
        one.file = OnFile(record.version, record.status, record.valid_from, record.validation_date, content, moment)
        one.record_id, one.record = record_id, record
        row = [
            *(record_id, one.id, staged.part_id, record.operation, record.status, record.valid_from.isoformat()),
            *(record.valid_to and record.valid_to.isoformat(), instant(moment), None, self._now, None, 0, text),
        ]
        written.add(one, record, row)
        return 1

    def _tell(self, staged: _Staged, effect: Effect, remark: str) -> None:
        self._counts[effect.value] += 1
        tin, _, tier = staged.operator.rpartition(BETWEEN)
        if remark and effect in (Effect.ADDED, Effect.CHANGED) and len(self._remarks) < REMARKS:
            self._remarks.append(f"{tin} {tier}: {remark}")
        if self._head.mode != FULL and len(self._lines) < LISTED:
            self._lines.append(RecordLine(tin, tier, staged.version, effect.value))

    def _numbers(self, name: str, wanted: int) -> int:
        """The first of so many numbers that nobody else gets."""
        if not wanted:
            return 0
        return int(self._cursor.execute(prepared.COUNT_AEO, {"name": name, "taken": wanted}).fetchone()[0]) - wanted + 1

    def _write(self, written: "_Written") -> None:
        cursor = self._cursor
        cursor.add_many("aeo_record", _RECORD, written.records.values())
        cursor.execute_many(prepared.CLOSE_AEO_RECORD, written.closed)
        cursor.add_many("aeo_operator", _OPERATOR, ((row["row_id"], self._programme_id, *_columns(row)) for row in written.new))
        cursor.execute_many(prepared.CHANGE_AEO_OPERATOR, written.changed)
        # In the order of the index, which is read and written page by page.
        cursor.add_many("aeo_identifier", ("value", "scheme", "operator_id"), sorted(written.first_identifiers))
        cursor.execute_many(prepared.ADD_AEO_IDENTIFIER, written.identifiers)
        cursor.execute_many(prepared.REMOVE_AEO_NAME, _names(written.names_gone))
        cursor.add_many("aeo_name", ("beginning", "operator_id"), sorted(written.names))

    # -- what a full list no longer has ----------------------------------------------------------------------------

    def _close_gone(self) -> None:
        """Operators that are not in it are deleted as of its snapshot. Source: DESIGN 4.4."""
        after = ""
        while page := self._cursor.execute(
            prepared.AEO_PRESENT, {"programme_id": self._programme_id, "after": after, "most": BATCH}
        ).fetchall():
            values = {"set_id": self._set_id, "after": after, "until": page[-1][1]}
            listed = {row[0] for row in self._cursor.execute(prepared.AEO_IS_STAGED, values).fetchall()}
            self._close([row for row in page if row[2] and row[1] not in listed])
            after = page[-1][1]

    def _close(self, rows: Sequence[Any]) -> None:
        written = _Written()
        operators = [_Operator(row[0], row[1], _file(row), row[3], touched=True) for row in rows]
        self._read_records(operators)
        for one in operators:
            assert one.file is not None
            moment = moment_of(self._head.snapshot_at, one.file)
            written.close(one, instant(moment), self._now, deleted=True)
            one.file = replace(one.file, moment=moment, present=False)
            written.note(one)
        self._counts["GONE"] += len(operators)
        self._write(written)


def _staged(row: Any) -> _Staged:
    _, operator, _, version, part_id, _, operation, recorded_at, content, text = row
    return _Staged(operator, version, part_id, operation, recorded_at, content, text)


def _file(row: Any) -> OnFile:
    _, _, present, _, status, version, valid_from, validated, content, moment = row
    validation_date = None if validated is None else date.fromisoformat(validated)
    return OnFile(version, status, date.fromisoformat(valid_from), validation_date, content, read_instant(moment), bool(present))


def _content(one: _Operator) -> str:
    return one.file.content if one.file is not None else ""


def _columns(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in _OPERATOR[2:]]


def _names(places: set[tuple[str, int]]) -> Iterator[dict[str, object]]:
    return ({"beginning": beginning, "operator_id": number} for beginning, number in sorted(places))


class _Written:
    """What a batch writes, gathered so that each table is written in one go."""

    def __init__(self) -> None:
        self.records: dict[int, list[Any]] = {}
        self.closed: list[dict[str, object]] = []
        self.new: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self.first_identifiers: list[tuple[str, str, int]] = []
        self.identifiers: list[dict[str, object]] = []
        self.names: set[tuple[str, int]] = set()
        self.names_gone: set[tuple[str, int]] = set()

    def close(self, one: _Operator, moment: str, now: str, *, deleted: bool) -> None:
        """The latest row of an operator no longer stands, and its names are no longer those of today."""
        row = self.records.get(one.record_id)
        if row is not None:
            row[8], row[10], row[11] = moment, now, int(deleted)
        else:
            self.closed.append({"row_id": one.record_id, "known_until": moment, "received_until": now, "deleted": int(deleted)})
        assert one.record is not None
        for place in beginnings(one.record):
            at = (place, one.id)
            # Written by this batch, or by one before.
            if at in self.names:
                self.names.remove(at)
            else:
                self.names_gone.add(at)

    def add(self, one: _Operator, record: OperatorRecord, row: list[Any]) -> None:
        """A new row, with what finds it."""
        self.records[row[0]] = row
        if one.new and not one.named:
            self.first_identifiers += [(value, scheme, one.id) for scheme, value in record.every_identifier()]
        else:
            self.identifiers += [
                {"value": value, "scheme": scheme, "operator_id": one.id} for scheme, value in record.every_identifier()
            ]
        one.named = True
        for place in beginnings(record):
            at = (place, one.id)
            if at in self.names_gone:
                self.names_gone.remove(at)
            else:
                self.names.add(at)

    def note(self, one: _Operator) -> None:
        """What is on file of an operator after all of its records."""
        file = one.file
        if file is None:
            return
        row = {
            "row_id": one.id,
            "operator": one.operator,
            "tier": one.operator.rpartition(BETWEEN)[2],
            "present": int(file.present),
            "record_id": one.record_id,
            "status": file.status,
            "version": file.version,
            "valid_from": file.valid_from.isoformat(),
            "validation_date": file.validation_date and file.validation_date.isoformat(),
            "content": file.content,
            "moment": instant(file.moment),
        }
        (self.new if one.new else self.changed).append(row)
