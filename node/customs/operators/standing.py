"""The rules that compare a record set with what is on file: AEO-04, AEO-08, AEO-10, AEO-12. Source: DESIGN 3.4, stage 7."""

from typing import Final

from node.customs.operators.history import OnFile
from node.customs.operators.port import OperatorRegister
from node.customs.operators.record import OperatorRecord
from node.customs.operators.record_set import FULL, SetHead

#: Records that are looked up at a time.
BATCH: Final = 1000


def is_out_of_turn(head: SetHead, register: OperatorRegister) -> int | None:
    """AEO-12: the sequence that a DELTA or URGENT should follow, when it follows another one."""
    if head.mode == FULL:
        return None
    expected = register.latest_sequence(head.sender, head.programme)
    return None if head.since == expected else expected


def has_shrunk(head: SetHead, register: OperatorRegister, most: int) -> int | None:
    """AEO-10: by how many per cent a full list has shrunk, when that is more than `most`."""
    last = register.last_full(head.sender, head.programme) if head.mode == FULL else None
    if not last:
        return None
    waiting = register.waiting(head)
    if head.parts != len(waiting.parts | {head.part}):
        # How many there are is known with the last part.
        return None
    quantity = head.quantity + sum(count for part, count in waiting.quantities.items() if part != head.part)
    return (last - quantity) * 100 // last if quantity * 100 < (100 - most) * last else None


def is_not_newer(head: SetHead, record: OperatorRecord, before: OnFile) -> bool:
    """AEO-08: whether a record of a DELTA or URGENT has a version that is on file already."""
    return head.mode != FULL and record.version <= before.version


def is_active_again(record: OperatorRecord, before: OnFile) -> bool:
    """AEO-04: whether a record makes a revoked operator active without a validation later than its revocation. A DELETE in between does not help."""
    if record.operation == "DELETE" or before.status != "REVOKED" or record.status != "ACTIVE":
        return False
    return record.validation_date is None or record.validation_date <= before.valid_from
