"""What is always true of a store, whatever has happened to the node: INV-1 to INV-15, each a function that yields its breaches.

All of them only read. `check` runs them over one store; what needs knowledge from outside takes it from a `Witness`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from node.ebms.states import (
    INBOUND,
    OUTBOUND,
    IllegalTransition,
    InboundEvent,
    InboundState,
    OutboundEvent,
    OutboundState,
    step,
)
from node.msh.ports import StorageUnavailable
from node.store import prepared, proofs
from node.store.agreed import unapproved
from node.store.database import read_instant
from node.store.finding import Finding, Witness
from node.store.messages import StoredMessages
from node.store.outbound import ANEW
from node.store.reading import StoreUnreadable
from node.store.rows import IN, OUT
from node.store.updates import accepted_by_one
from node.store.walk import walk
from node.store.witnessed import log_is_whole

#: A payload file without a row may belong to a message that is just being taken in.
ORPHAN_AGE: Final = timedelta(hours=24)
#: A message may be claimed in these; a favour is done to one that is acknowledged.
_LEASED: Final = frozenset({"SUBMITTED", "READY", "SENDING", "ACKNOWLEDGED"})
_OPEN: Final = frozenset({"SUBMITTED", "READY", "SENDING", "AWAITING_RECEIPT"})
_REPORTED: Final = frozenset({OutboundEvent.GAVE_UP.value, OutboundEvent.ERROR_RECEIVED.value, OutboundEvent.CANCELLED.value})
_KEEP: Final = "keep the data folder as it is and report it"

Findings = Iterator[Finding]
Check = Callable[[StoredMessages, Witness], Findings]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise and what checks it; `check` is None for what is not kept yet."""

    id: str
    says: str
    check: Check | None


def check(messages: StoredMessages, witness: Witness) -> Findings:
    """Every breach of every invariant that is kept; one that cannot be checked to its end is a finding too."""
    for one in INVARIANTS:
        if one.check is None:
            continue
        try:
            yield from one.check(messages, witness)
        except StoreUnreadable as error:
            yield Finding(one.id, f"cannot be checked to its end: {error.what}", error.place, error.remedy)


# -- nothing is lost -------------------------------------------------------------------------------------------------


def submitted_is_stored(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-1."""
    for message_id in witness.submitted:
        if messages.one(prepared.EXCHANGE_STATE, message_id=message_id) is None and not messages.purged(message_id):
            yield Finding("INV-1", "the submission was answered with success and is not there", message_id, "submit it again")


def outbound_is_accounted_for(messages: StoredMessages, _: Witness) -> Findings:
    """INV-2."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        where = f"message {row['message_id']}"
        steps = messages.all(prepared.HISTORY, direction=OUT, owner_id=row["id"])
        yield from _life("INV-2", where, row["state"], steps, OutboundState.SUBMITTED, OUTBOUND, OutboundState, OutboundEvent)
        events = {one["event"] for one in steps}
        if row["state"] == OutboundState.FAILED and not events & _REPORTED:
            yield Finding("INV-2", "it failed and no step says why", where, "send it again: n2n message show tells its story")
        if row["state"] == OutboundState.ACKNOWLEDGED and OutboundEvent.RECEIPT_MATCHED not in events:
            yield Finding("INV-2", "it counts as acknowledged and no receipt came", where, "ask the partner whether it has it")


def inbound_is_accounted_for(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-4."""
    given: dict[tuple[str, str], set[str]] = {}
    for partner, message_id, delivery_id in witness.consumed or ():
        given.setdefault((partner, message_id), set()).add(delivery_id)
    for row in walk(messages, prepared.WALK_INBOUNDS):
        where = f"received message {row['message_id']} of {row['partner']}"
        steps = messages.all(prepared.HISTORY, direction=IN, owner_id=row["id"])
        yield from _life("INV-4", where, row["state"], steps, InboundState.RECEIVED, INBOUND, InboundState, InboundEvent)
        names = given.pop((row["partner"], row["message_id"]), set())
        if len(names) > 1:
            what = f"the Consumer was given it under {len(names)} names: {', '.join(sorted(names))}"
            yield Finding("INV-4", what, where, "remove one of them from the Consumer's books")
        if witness.consumed is not None and row["state"] == InboundState.DELIVERED and not names and not row["test_service"]:
            yield Finding("INV-4", "it counts as delivered and the Consumer has not got it", where, _KEEP)
    for partner, message_id in given:
        if any(one.direction == IN and one.partner == partner for one in messages.purged(message_id)):
            continue
        where = f"received message {message_id} of {partner}"
        yield Finding("INV-4", "the Consumer was given a message that was never accepted", where, _KEEP)


def _life(
    invariant: str,
    where: str,
    state: str,
    steps: list[Any],
    first: Any,
    table: Mapping[Any, Mapping[Any, Any]],
    states: type[StrEnum],
    events: type[StrEnum],
) -> Findings:
    """Each step begins where the one before ended and is one of the table; the last one ends in the state of the row."""
    at: str = first.value
    for one in steps:
        try:
            after = step(table, states(one["from_state"]), events(one["event"])).value
        except (ValueError, IllegalTransition):
            after = None
        if one["from_state"] != at or one["to_state"] != after:
            what = f"step {one['id']} leads from {one['from_state']} by {one['event']} to {one['to_state']}, coming from {at}"
            yield Finding(invariant, what, where, _KEEP)
        at = one["to_state"]
    if state != at:
        yield Finding(invariant, f"is {state}, and its story ends with {at}", where, _KEEP)


# -- leases and time -------------------------------------------------------------------------------------------------


def sent_by_one_worker(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-9."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        where = f"message {row['message_id']}"
        if row["state"] == OutboundState.SENDING and not witness.serving:
            yield Finding("INV-9", "an attempt is under way and no node works", where, "start n2n serve: it sends the same again")
        if row["leased_by"] is not None and row["state"] not in _LEASED:
            yield Finding("INV-9", f"is {row['state']}, and {row['leased_by']} holds a lease on it", where, _KEEP)
        steps = messages.all(prepared.HISTORY, direction=OUT, owner_id=row["id"])
        started = _attempts(steps)
        if started != row["attempts"]:
            yield Finding("INV-9", f"{started} attempts began and {row['attempts']} are counted", where, _KEEP)


def _attempts(steps: list[Any]) -> int:
    """How many attempts began since the submission, or since an operator had the message sent anew."""
    started = 0
    for one in steps:
        started = 0 if one["event"] in ANEW else started + (one["event"] == OutboundEvent.ATTEMPT_STARTED)
    return started


def due_in_reach(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-11."""
    latest = witness.now + witness.longest_wait
    for row in walk(messages, prepared.WALK_EXCHANGES):
        if row["due_at"] and read_instant(row["due_at"]) > latest:
            what = f"is due {row['due_at']}, later than any schedule: the clock was ahead"
            yield Finding("INV-11", what, f"message {row['message_id']}", "set the clock right and restart n2n serve")


def progress(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-14."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        reasons = (row["due_at"], row["held"], row["mpc"], row["waits_for"], row["state"] == "SENDING" and witness.serving)
        if row["state"] in _OPEN and not any(reasons):
            what = f"is {row['state']}, is not due and has no reason to wait"
            yield Finding("INV-14", what, f"message {row['message_id']}", "start n2n serve; else report it")
    for row in walk(messages, prepared.WALK_INBOUNDS):
        where = f"received message {row['message_id']} of {row['partner']}"
        if row["state"] not in ("ACCEPTED", "DELIVERED", "DELIVERY_FAILED"):
            yield Finding("INV-14", f"is {row['state']}, in which nothing waits", where, _KEEP)
        signal = messages.one(prepared.SIGNAL_OF, inbound_id=row["id"])
        if signal is not None and signal["due_at"] is None and not signal["detail"]:
            yield Finding(
                "INV-14", "its receipt is owed, was never posted and is not due", where, "ask the partner to send it again"
            )
        rests = row["deliver_at"] if row["state"] == "ACCEPTED" else None
        if rests and read_instant(rests) > witness.now + witness.longest_wait:
            what = f"rests until {rests}, later than any rest: the clock was ahead"
            yield Finding("INV-14", what, where, "set the clock right and restart n2n serve")


# -- files -----------------------------------------------------------------------------------------------------------


def rows_and_files(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-12; the octets of every row are hashed again."""
    named: set[str] = set()
    for row in walk(messages, prepared.WALK_OCTETS):
        if row["file"]:
            named.add(row["file"])
        yield from proofs.octets_are_whole(messages, row)
    # What is marked is about to go, or was called back.
    named |= messages.removals()
    oldest = witness.now - ORPHAN_AGE
    what = f"no row has named it for {ORPHAN_AGE.days} day"
    try:
        for one in messages.files.lying():
            if one.name not in named and one.written_at < oldest:
                yield Finding("INV-12", what, messages.files.where(one.name), "it may be removed")
    except StorageUnavailable as error:
        yield Finding("INV-12", f"what lies there cannot be listed: {error}", "payloads", "n2n doctor says why")
    for file in messages.files.quarantine.folder.glob("*.part"):
        if file.stat().st_mtime < oldest.timestamp():
            yield Finding("INV-12", what, str(file), "it may be removed")


def removed_by_rule(messages: StoredMessages) -> Findings:
    """INV-12: payloads are gone only where a step says that a rule removed them."""
    for direction, statement in ((OUT, prepared.WALK_EXCHANGES), (IN, prepared.WALK_INBOUNDS)):
        for row in walk(messages, statement):
            where = f"{'message' if direction == OUT else 'received message'} {row['message_id']} of {row['partner']}"
            gone = [one for one, _ in messages.payload_rows(direction, row["id"]) if one["removed_at"]]
            told = any(
                one["event"] == "PAYLOADS_REMOVED"
                for one in messages.all(prepared.HISTORY, direction=direction, owner_id=row["id"])
            )
            if bool(row["payloads_removed_at"]) != told or (gone and not told):
                yield Finding("INV-12", "its payloads are gone, and no step says which rule removed them", where, _KEEP)
            if any(not one["sha256"] for one in gone):
                yield Finding("INV-12", "its payloads are gone, and so are their digests", where, _KEEP)


def wire_removed_by_rule(messages: StoredMessages) -> Findings:
    """INV-12: what went over the wire is gone only where it was acknowledged and a step says that a rule removed it."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        where = f"message {row['message_id']} of {row['partner']}"
        steps = messages.all(prepared.HISTORY, direction=OUT, owner_id=row["id"])
        told = any(one["event"] == OutboundEvent.WIRE_REMOVED for one in steps)
        gone = row["wire"] is None and row["envelope_id"] is not None
        if gone and not told and not row["payloads_removed_at"]:
            yield Finding("INV-12", "what went over the wire is gone, and no step says which rule removed it", where, _KEEP)
        if told and not gone:
            yield Finding(
                "INV-12", "a rule removed what went over the wire, and its envelope is not there by itself", where, _KEEP
            )
        if told and row["state"] != OutboundState.ACKNOWLEDGED:
            yield Finding("INV-12", f"is {row['state']}, and a rule removed what it would send again", where, _KEEP)


def whole(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-12."""
    yield from rows_and_files(messages, witness)
    yield from removed_by_rule(messages)
    yield from wire_removed_by_rule(messages)


def refused_leaves_nothing(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-7."""
    for message_id in witness.refused:
        for row in messages.all(prepared.INBOUND_OF, message_id=message_id):
            where = f"received message {message_id} of {row['partner']}"
            yield Finding("INV-7", "it was refused each time and is accepted here", where, _KEEP)


def approved_by_a_second(messages: StoredMessages, _: Witness) -> Findings:
    """INV-15."""
    for one in unapproved(messages.database):
        where = f"agreement with {one.partner}, version {one.sheet.version}"
        yield Finding(
            "INV-15", "its risk is high, and no second person approved it", where, "n2n partner versions shows who did what"
        )
    for update in accepted_by_one(messages.database):
        where = f"update {update.id} of {update.partner}"
        yield Finding(
            "INV-15",
            "it is accepted, and no second person compared its fingerprint",
            where,
            "n2n partner updates shows who did what",
        )


INVARIANTS: Final = (
    Invariant("INV-1", "what was submitted with success is in the store", submitted_is_stored),
    Invariant("INV-2", "what was submitted is acknowledged, failed with its reason, or open", outbound_is_accounted_for),
    Invariant("INV-3", "each receipt speaks of an accepted message whose octets have its digests", proofs.receipts_are_true),
    Invariant("INV-4", "what was accepted is delivered, waits or is set aside, under one delivery id", inbound_is_accounted_for),
    Invariant("INV-5", "a duplicate changes nothing and gets the stored receipt", proofs.duplicates_got_the_receipt),
    Invariant("INV-6", "other content under a known MessageId changes nothing", proofs.content_is_the_first),
    Invariant("INV-7", "what was refused has left nothing", refused_leaves_nothing),
    Invariant("INV-8", "every resend is the first send, octet for octet", proofs.resends_are_the_same),
    Invariant("INV-9", "one worker at a time sends a message", sent_by_one_worker),
    Invariant("INV-10", "nothing that a partner says changes the message of another", proofs.answers_are_about_it),
    Invariant("INV-11", "no message waits because a clock was wrong", due_in_reach),
    Invariant("INV-12", "every row has its octets, and no file is left over", whole),
    Invariant("INV-13", "the log of evidence is whole, and says each fact once", log_is_whole),
    Invariant("INV-14", "every open message makes progress or says why it waits", progress),
    Invariant(
        "INV-15", "an agreement of high risk, and a partner's update, was approved by a second person", approved_by_a_second
    ),
)
