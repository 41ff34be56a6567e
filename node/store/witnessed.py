"""Whether every fact is in the log of evidence, once, and nothing is there that was none: for the invariants."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from node.ebms.states import InboundEvent, OutboundEvent, OutboundState
from node.evidence.entry import Kind
from node.store import prepared
from node.store.connection import Row
from node.store.finding import Finding, Witness
from node.store.log_audit import audit
from node.store.messages import StoredMessages
from node.store.rows import IN, OUT
from node.store.walk import walk

ID: Final = "INV-13"
_KEEP: Final = "keep the data folder as it is and report it"
Findings = Iterator[Finding]


def log_is_whole(messages: StoredMessages, _: Witness) -> Findings:
    """INV-13: the log is what was written, and says each fact once."""
    for one in audit(messages):
        yield Finding(ID, one.what, one.where, one.remedy)
    row = messages.one(prepared.LOG)
    yield from _inbound(messages, row["inbound_before"] if row else 0)
    yield from _outbound(messages, row["exchange_before"] if row else 0)
    yield from _beginnings(messages)


def _inbound(messages: StoredMessages, before: int) -> Findings:
    for row in walk(messages, prepared.WALK_INBOUNDS):
        if row["id"] <= before:
            continue
        # Two senders of one partner may use one MessageId.
        same = [
            one for one in messages.all(prepared.INBOUND_OF, message_id=row["message_id"]) if one["partner"] == row["partner"]
        ]
        delivered = sum(
            one["event"] == InboundEvent.DELIVERED
            for each in same
            for one in messages.all(prepared.HISTORY, direction=IN, owner_id=each["id"])
        )
        wanted = {Kind.RECEIVED: len(same), Kind.DELIVERED: delivered}
        where = f"received message {row['message_id']} of {row['partner']}"
        yield from _counted(messages, row, IN, wanted, where)


def _outbound(messages: StoredMessages, before: int) -> Findings:
    for row in walk(messages, prepared.WALK_EXCHANGES):
        if row["id"] <= before:
            continue
        steps = messages.all(prepared.HISTORY, direction=OUT, owner_id=row["id"])
        events = Counter(one["event"] for one in steps)
        wanted = {
            Kind.PACKAGED: events[OutboundEvent.PACKAGED],
            Kind.ACKNOWLEDGED: events[OutboundEvent.RECEIPT_MATCHED],
            Kind.FAILED: sum(_fails(one) for one in steps),
        }
        yield from _counted(messages, row, OUT, wanted, f"message {row['message_id']}")


def _fails(one: Any) -> bool:
    """Whether the partner refused it here, or it was given up; what an operator cancels is an act."""
    ends = one["event"] in (OutboundEvent.GAVE_UP, OutboundEvent.ERROR_RECEIVED)
    return bool(ends and one["to_state"] == OutboundState.FAILED and one["from_state"] != OutboundState.FAILED)


def _counted(messages: StoredMessages, row: Row, direction: str, wanted: dict[Kind, int], where: str) -> Findings:
    entries = messages.all(prepared.ENTRIES_OF, message_id=row["message_id"])
    found = Counter(one["kind"] for one in entries if (one["partner"], one["direction"]) == (row["partner"], direction))
    for kind, count in wanted.items():
        if found[kind.value] != count:
            what = f"it has {found[kind.value]} entries {kind.value} in the log of evidence, and was so {count} times"
            yield Finding(ID, what, where, _KEEP)


def _beginnings(messages: StoredMessages) -> Findings:
    """What the log says was received or packaged is here, or was purged."""
    after = 0
    while rows := messages.all(prepared.ENTRIES_AFTER, after=after, most=500):
        after = rows[-1]["number"]
        for row in rows:
            if row["kind"] == Kind.RECEIVED:
                there = any(
                    one["partner"] == row["partner"] for one in messages.all(prepared.INBOUND_OF, message_id=row["message_id"])
                )
            elif row["kind"] == Kind.PACKAGED:
                there = messages.one(prepared.EXCHANGE_STATE, message_id=row["message_id"]) is not None
            else:
                continue
            if not there and not messages.purged(row["message_id"]):
                where = f"entry {row['number']} of the log of evidence"
                yield Finding(ID, f"the message {row['message_id']} that it speaks of is not here", where, _KEEP)
