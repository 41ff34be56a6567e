"""The rules that compare a record set with what is on file: AEO-04, AEO-08, AEO-10, AEO-12. Source: DESIGN 3.4, stage 7."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from node.customs.finding import Finding, RuleText
from node.customs.operators.history import OnFile
from node.customs.operators.port import OperatorRegister
from node.customs.operators.record import OperatorRecord
from node.customs.operators.record_set import FULL, SetHead

#: Records that are looked up at a time.
BATCH: Final = 1000


def judge_set(head: SetHead, register: OperatorRegister, rules: Mapping[str, RuleText], max_shrink: int) -> list[Finding]:
    """AEO-12 and AEO-10: whether the set comes in its turn, and whether a full list has shrunk more than the arrangement lets it."""
    if head.mode == FULL:
        return list(_shrunk(head, register, rules["AEO-10"], max_shrink))
    expected = register.latest_sequence(head.sender, head.programme)
    if head.since == expected:
        return []
    return [rules["AEO-12"].found("/AeoRecordSet/SinceSequence", str(expected), str(head.since))]


def _shrunk(head: SetHead, register: OperatorRegister, rule: RuleText, max_shrink: int) -> Iterator[Finding]:
    last = register.last_full(head.sender, head.programme)
    if not last:
        return
    waiting = register.waiting(head)
    if head.parts != len(waiting.parts | {head.part}):
        # How many there are is known with the last part.
        return
    quantity = head.quantity + sum(count for part, count in waiting.quantities.items() if part != head.part)
    if quantity * 100 < (100 - max_shrink) * last:
        yield rule.found("/AeoRecordSet/RecordQuantity", str((last - quantity) * 100 // last))


def judge_records(
    head: SetHead, records: Iterable[OperatorRecord], register: OperatorRegister, rules: Mapping[str, RuleText]
) -> Iterator[Finding]:
    """AEO-04 and AEO-08 for every record, in the order of the document; looked up some at a time."""
    batch: list[tuple[int, OperatorRecord]] = []
    for one in enumerate(records, 1):
        batch.append(one)
        if len(batch) == BATCH:
            yield from _judge(head, batch, register, rules)
            batch = []
    yield from _judge(head, batch, register, rules)


def _judge(
    head: SetHead, batch: Iterable[tuple[int, OperatorRecord]], register: OperatorRegister, rules: Mapping[str, RuleText]
) -> Iterator[Finding]:
    keys = list(dict.fromkeys((record.tin, record.tier) for _, record in batch))
    held = register.on_file(head.sender, head.programme, keys) if keys else {}
    for position, record in batch:
        before = held.get((record.tin, record.tier))
        if before is None:
            continue
        place = f"/AeoRecordSet/Record[{position}]"
        if head.mode != FULL and record.version <= before.version:
            yield rules["AEO-08"].found(f"{place}/RecordVersion", record.tin)
        if is_active_again(record, before):
            yield rules["AEO-04"].found(f"{place}/StatusCode", record.tin)


def is_active_again(record: OperatorRecord, before: OnFile) -> bool:
    """Whether a record makes a revoked operator active without a validation later than its revocation. A DELETE in between does not help."""
    if record.operation == "DELETE" or before.status != "REVOKED" or record.status != "ACTIVE":
        return False
    return record.validation_date is None or record.validation_date <= before.valid_from
