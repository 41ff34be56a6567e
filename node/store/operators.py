"""The register of foreign operators on a database: `port.OperatorRegister`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from node.customs.operators.history import OnFile, OperatorHistory, Row
from node.customs.operators.port import Key, ProgrammeState, Query, SetLine, SetResult, SetState, Waiting, result_from
from node.customs.operators.record import (
    BETWEEN,
    OperatorRecord,
    Source,
    folded_id,
    folded_name,
    from_json,
    name_end,
)
from node.customs.operators.record_set import FULL, SetHead
from node.customs.operators.whole import SetIdentity, missing_parts, out_of_turn
from node.store import prepared
from node.store.applying import Applying
from node.store.connection import Cursor, Database
from node.store.connection import Row as Found
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.group_commit import GroupCommit
from node.store.staged import StagedRows

#: What one look-up shows at most.
MOST: Final = 200
_STAGED: Final = (
    *("set_id", "operator", "status", "version", "part_id", "position", "operation", "recorded_at", "content", "record"),
)


class StoredOperators:
    """Foreign operators on a database: reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def _read(self, statement: Any, **values: object) -> list[Found]:
        return self._database.read(statement, values)

    # -- what the checker asks -----------------------------------------------------------------------------------

    def latest_sequence(self, sender: str, programme: str) -> int:
        """ToSequence of the latest set applied; 0 if none was."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        return int(rows[0]["sequence"]) if rows else 0

    def last_full(self, sender: str, programme: str) -> int | None:
        """Number of records in the last full list applied."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        return rows[0]["full_quantity"] if rows else None

    def on_file(self, sender: str, programme: str, keys: Sequence[Key]) -> Mapping[Key, OnFile]:
        """What is on file of each of these, as far as something is."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        if not rows:
            return {}
        operators = json.dumps([BETWEEN.join(key) for key in keys])
        found = self._read(prepared.AEO_ON_FILE, programme_id=rows[0]["id"], operators=operators)
        return {_key(row["operator"]): on_file_of(row) for row in found}

    def waiting(self, head: SetHead) -> Waiting:
        """What has come of the set of which this is a part, as long as it is not whole."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=head.sender, programme=head.programme)
        sets = self._read(prepared.AEO_SETS_TO, programme_id=rows[0]["id"], to_sequence=head.to) if rows else []
        for row in sets:
            if row["state"] == SetState.WAITING.value and _identity(row) == SetIdentity.of(head):
                found = self._read(prepared.AEO_PART_QUANTITIES, set_id=row["id"])
                # A part that came in two documents counts as the later one.
                quantities = {one["part"]: one["quantity"] for one in found}
                return Waiting(frozenset(quantities), quantities)
        return Waiting()

    def result_of(self, sender: str, programme: str, document_id: str) -> SetResult | None:
        """What became of a document that has come before."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        found = self._read(prepared.AEO_DOCUMENT, programme_id=rows[0]["id"], document_id=document_id) if rows else []
        return result_from(json.loads(found[0]["result"]), again=True) if found else None

    def parts_like(self, sender: str, programme: str, document_id: str) -> list[tuple[str, str]]:
        """The documents of the set of which this is a part, itself included."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        found = self._read(prepared.AEO_PARTS_LIKE, programme_id=rows[0]["id"], document_id=document_id) if rows else []
        return [(row["document_id"], row["message_id"]) for row in found]

    # -- what changes it -----------------------------------------------------------------------------------------

    def take(self, head: SetHead, records: Iterable[OperatorRecord], source: Source) -> SetResult:
        """Take one part of a set, in one transaction; the set takes effect with the part that makes it whole. Raises StorageUnavailable."""
        # Read before the transaction begins: while it runs, nobody else writes.
        return self.take_staged(head, StagedRows(records), source)

    def take_staged(self, head: SetHead, rows: StagedRows, source: Source) -> SetResult:
        """As `take`, of records that were read before."""

        def work(cursor: Cursor) -> SetResult:
            return _take(cursor, head, rows, source)

        return self._writer.run(work, "aeo.take")

    # -- look-ups ------------------------------------------------------------------------------------------------

    def find(self, identifier: str, scheme: str = "") -> list[OperatorHistory]:
        """Every operator that ever had this identifier."""
        value = folded_id(identifier)
        if scheme:
            rows = self._read(prepared.AEO_BY_SCHEME, value=value, scheme=scheme, most=MOST)
        else:
            rows = self._read(prepared.AEO_BY_IDENTIFIER, value=value, most=MOST)
        return self._histories([row["operator_id"] for row in rows])

    def find_name(self, words: str, most: int) -> list[OperatorHistory]:
        """Operators whose name of today holds these words, from the beginning of a word on."""
        begins = name_end(folded_name(words))
        if not begins:
            return []
        # Each operator may be found at several places of its names.
        rows = self._read(prepared.AEO_BY_NAME, begins=begins, ends=begins + "\U0010ffff", most=most * 8)
        numbers = list(dict.fromkeys(row["operator_id"] for row in rows))
        return self._histories(numbers)[:most]

    def _histories(self, numbers: Sequence[int]) -> list[OperatorHistory]:
        found: dict[int, list[Found]] = {}
        for row in self._read(prepared.AEO_HISTORY, owners=json.dumps(list(dict.fromkeys(numbers)))) if numbers else ():
            found.setdefault(row["operator_id"], []).append(row)
        return [
            OperatorHistory(rows[0]["sender"], rows[0]["programme"], *_key(rows[0]["operator"]), tuple(map(_row, rows)))
            for rows in found.values()
        ]

    def programmes(self) -> list[ProgrammeState]:
        """Every programme of which something came."""
        return [
            ProgrammeState(
                *(row["sender"], row["programme"], row["sequence"], row["full_quantity"]),
                *(read_instant_if_any(row["snapshot_at"]), read_instant_if_any(row["received_at"])),
            )
            for row in self._read(prepared.AEO_PROGRAMMES)
        ]

    def sets(self, sender: str, programme: str, most: int) -> list[SetLine]:
        """The latest sets of a programme, those that wait or were refused included."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        return [_line(row) for row in self._read(prepared.AEO_SETS, programme_id=rows[0]["id"], most=most)] if rows else []

    def totals(self, sender: str, programme: str) -> Mapping[tuple[str, str], int]:
        """Operators of today by tier and status."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        counted = self._read(prepared.AEO_TOTALS, programme_id=rows[0]["id"]) if rows else []
        return {(row["tier"], row["status"]): row["quantity"] for row in counted}

    def coverage(self, sender: str, programme: str) -> Mapping[str, int]:
        """Operators of today that have an identifier, by its scheme; reads all of them."""
        rows = self._read(prepared.AEO_PROGRAMME, sender=sender, programme=programme)
        counted = self._read(prepared.AEO_COVERAGE, programme_id=rows[0]["id"]) if rows else []
        return {row["scheme"]: row["quantity"] for row in counted}

    def shared(self, most: int) -> list[tuple[OperatorHistory, ...]]:
        """Groups of operators that have or had one identifier in common; reads the whole index of identifiers."""
        groups = []
        for row in self._read(prepared.AEO_SHARED, most=most):
            found = self._read(prepared.AEO_BY_SCHEME, value=row["value"], scheme=row["scheme"], most=MOST)
            groups.append(tuple(self._histories([one["operator_id"] for one in found])))
        return groups

    def note(self, query: Query) -> None:
        """Write down a look-up."""
        row = {"at": instant(query.at), "who": query.who, "purpose": query.purpose, "asked": query.asked, "found": query.found}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.ADD_AEO_QUERY, row)

        self._writer.run(work)

    def queries(self, most: int) -> list[Query]:
        """The latest look-ups."""
        return [
            Query(read_instant(row["at"]), row["who"], row["purpose"], row["asked"], row["found"])
            for row in self._read(prepared.AEO_QUERIES, most=most)
        ]


def on_file_of(row: Any) -> OnFile:
    """The value of a row of `aeo_operator`."""
    validated = row["validation_date"]
    return OnFile(
        row["version"],
        row["status"],
        date.fromisoformat(row["valid_from"]),
        None if validated is None else date.fromisoformat(validated),
        row["content"],
        read_instant(row["moment"]),
        bool(row["present"]),
    )


# -- one part ------------------------------------------------------------------------------------------------------


def _take(cursor: Cursor, head: SetHead, rows: StagedRows, source: Source) -> SetResult:
    of = {"sender": head.sender, "programme": head.programme}
    cursor.execute(prepared.ADD_AEO_PROGRAMME, of)
    programme_id, sequence, received_at = cursor.execute(prepared.LOCK_AEO_PROGRAMME, of).fetchone()
    known = cursor.execute(prepared.AEO_DOCUMENT, {"programme_id": programme_id, "document_id": head.document_id}).fetchone()
    if known is not None:
        return result_from(json.loads(known[0]), again=True)
    now = max(instant(source.received_at), received_at or "")
    set_id, result = _set_of(cursor, programme_id, head, source, now)
    part_id = _add_part(cursor, programme_id, set_id, head, len(rows), source)
    if result is not None:
        return replace(result, again=True)
    result = out_of_turn(head, sequence)
    quantity = len(rows)
    if result is None:
        cursor.execute(prepared.DROP_AEO_PART, {"set_id": set_id, "part": head.part})
        cursor.add_many("aeo_staged", _STAGED, ((set_id, *row[:3], part_id, *row[3:]) for row in rows))
        have = {row[0] for row in cursor.execute(prepared.AEO_PARTS, {"set_id": set_id}).fetchall()}
        quantity = cursor.execute(prepared.AEO_QUANTITY, {"set_id": set_id}).fetchone()[0]
        missing = missing_parts(have, head.parts)
        if missing:
            result = SetResult(SetState.WAITING, missing=missing)
        else:
            result = Applying(cursor, programme_id, set_id, head, now).run()
    _move(cursor, set_id, head, source, now, quantity, result)
    if result.state is not SetState.WAITING:
        cursor.execute(prepared.DROP_AEO_STAGED, {"set_id": set_id})
    if result.state is SetState.APPLIED:
        _advance(cursor, programme_id, head, now, quantity)
    cursor.wake()
    return result


def _set_of(cursor: Cursor, programme_id: int, head: SetHead, source: Source, now: str) -> tuple[int, SetResult | None]:
    """The set that a part belongs to, with its result if it was applied before; a new one where there is none."""
    identity = SetIdentity.of(head)
    found = cursor.execute(prepared.AEO_SETS_TO, {"programme_id": programme_id, "to_sequence": head.to}).fetchall()
    for set_id, _, *said, state, _, _, _, _, result in found:
        if SetIdentity(*said) == identity:
            # Without a digest, another document may say other things.
            if state == SetState.APPLIED.value and head.digest:
                return set_id, result_from(json.loads(result), again=True)
            if state == SetState.WAITING.value:
                return set_id, None
            break
    row = {
        "programme_id": programme_id,
        "mode": identity.mode,
        "since_sequence": identity.since,
        "to_sequence": identity.to,
        "parts": identity.parts,
        "snapshot_at": identity.snapshot_at,
        "digest": identity.digest,
        "state": SetState.WAITING.value,
        "quantity": 0,
        "received_at": now,
        "document_id": head.document_id,
        "message_id": source.message_id,
        "result": json.dumps(SetResult(SetState.WAITING).as_json()),
    }
    return cursor.execute(prepared.ADD_AEO_SET, row).lastrowid, None


def _add_part(cursor: Cursor, programme_id: int, set_id: int, head: SetHead, quantity: int, source: Source) -> int:
    row = {
        "programme_id": programme_id,
        "document_id": head.document_id,
        "message_id": source.message_id,
        "sha256": source.sha256,
        "received_at": instant(source.received_at),
        "set_id": set_id,
        "part": head.part,
        "quantity": quantity,
    }
    return cursor.execute(prepared.ADD_AEO_PART, row).lastrowid


def _move(cursor: Cursor, set_id: int, head: SetHead, source: Source, now: str, quantity: int, result: SetResult) -> None:
    row = {
        "row_id": set_id,
        "state": result.state.value,
        "quantity": quantity,
        "received_at": now,
        "document_id": head.document_id,
        "message_id": source.message_id,
        "result": json.dumps(result.as_json(), ensure_ascii=False),
    }
    cursor.execute(prepared.MOVE_AEO_SET, row)


def _advance(cursor: Cursor, programme_id: int, head: SetHead, now: str, quantity: int) -> None:
    """The programme stands at this set; what waits below it will never be needed."""
    row = {"programme_id": programme_id, "sequence": head.to, "snapshot_at": instant(head.snapshot_at), "received_at": now}
    cursor.execute(prepared.ADVANCE_AEO, row)
    if head.mode == FULL:
        cursor.execute(prepared.NOTE_AEO_FULL, {"programme_id": programme_id, "full_quantity": quantity})
    overtaken = json.dumps(SetResult(SetState.OVERTAKEN).as_json())
    for (set_id,) in cursor.execute(prepared.AEO_WAITING, {"programme_id": programme_id, "to_sequence": head.to}).fetchall():
        cursor.execute(prepared.OVERTAKE_AEO_SET, {"row_id": set_id, "state": SetState.OVERTAKEN.value, "result": overtaken})
        cursor.execute(prepared.DROP_AEO_STAGED, {"set_id": set_id})


# -- rows as values ------------------------------------------------------------------------------------------------


def _key(operator: str) -> Key:
    tin, _, tier = operator.rpartition(BETWEEN)
    return tin, tier


def _identity(row: Found) -> SetIdentity:
    names = ("mode", "since_sequence", "to_sequence", "parts", "snapshot_at", "digest")
    return SetIdentity(*(row[name] for name in names))


def _row(row: Found) -> Row:
    source = Source(row["document_id"], row["message_id"], read_instant(row["document_received_at"]), row["sha256"])
    return Row(
        from_json(row["record"], row["operation"]),
        source,
        read_instant(row["known_from"]),
        read_instant(row["received_at"]),
        read_instant_if_any(row["known_until"]),
        read_instant_if_any(row["received_until"]),
        bool(row["deleted"]),
    )


def _line(row: Found) -> SetLine:
    since = row["since_sequence"]
    return SetLine(
        row["mode"],
        None if since < 0 else since,
        row["to_sequence"],
        row["parts"],
        read_instant(row["snapshot_at"]),
        read_instant(row["received_at"]),
        row["quantity"],
        row["document_id"],
        row["message_id"],
        result_from(json.loads(row["result"]), again=False),
    )
