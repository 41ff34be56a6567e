"""Ten mistakes put into the node: each is found by the simulation, which is what makes its silence worth something."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest

from node import delivering
from node.ebms.states import OutboundEvent
from node.msh import outbound as sending
from node.msh.octets import HeldOctets
from node.msh.ports import Acceptance
from node.simulation.disk import SimulatedDisk
from node.simulation.plan import make_plan
from node.simulation.year import run
from node.store import claims as claims_module
from node.store import inbound as inbound_module
from node.store import outbound as outbound_module
from node.store.messages import StoredMessages
from node.workers.deliver import DeliveryWorker

pytestmark = pytest.mark.slow


def dropped_fsync(monkeypatch):
    """The disk says it has synced and has not."""
    real = SimulatedDisk.__init__

    def lying(self):
        real(self)
        self.lies = True

    monkeypatch.setattr(SimulatedDisk, "__init__", lying)


def receipt_before_commit(monkeypatch):
    """The receipt goes out, and the message is written a second later."""
    real = StoredMessages.accept_once

    def early(self, accepted):
        asyncio.get_running_loop().call_later(1, lambda: real(self, accepted))
        return Acceptance(False, accepted.receipt, accepted.receipt_content_type)

    monkeypatch.setattr(StoredMessages, "accept_once", early)


def submission_before_commit(monkeypatch):
    """The producer hears yes, and the message is written a second later."""
    real = StoredMessages.submit

    def early(self, exchange):
        asyncio.get_running_loop().call_later(1, lambda: real(self, exchange))

    monkeypatch.setattr(StoredMessages, "submit", early)


def no_duplicate_detection(monkeypatch):
    """Every copy of a message is a new one."""
    numbers = count()
    real = inbound_module.party_key
    monkeypatch.setattr(inbound_module, "party_key", lambda party: f"{real(party)}{next(numbers)}")


def lease_forgotten(monkeypatch):
    """A start leaves what was under way as it is."""
    monkeypatch.setattr(StoredMessages, "lapsed", lambda self, now: 0)


def recorded_before_handed_over(monkeypatch):
    """A crash between record and hand-over loses the delivery."""
    real = DeliveryWorker._deliver

    def early(self, due):
        if due:
            self._consumer.delivered(due)
        consumer = self._consumer
        delivered, consumer.delivered = consumer.delivered, lambda deliveries: None
        try:
            real(self, due)
            return []
        finally:
            consumer.delivered = delivered

    monkeypatch.setattr(DeliveryWorker, "_deliver", early)


def delivery_id_not_stable(monkeypatch):
    """A repeated hand-over comes under a new name."""
    numbers = count()
    monkeypatch.setattr(delivering, "delivery_id", lambda delivery: f"{next(numbers)}")


def any_200_is_a_receipt(monkeypatch):
    """Success is read from the HTTP status."""
    real = sending.read_answer

    def gullible(sent, pmode, answer, ports):
        if getattr(answer, "status", 0) == 200:
            return OutboundEvent.RECEIPT_MATCHED, "HTTP 200", None
        return real(sent, pmode, answer, ports)

    monkeypatch.setattr(sending, "read_answer", gullible)


def resend_with_other_octets(monkeypatch):
    """A resend is packaged anew."""
    real = sending.outgoing

    def other(exchange, pmode, packaged, *more):
        made = real(exchange, pmode, packaged, *more)
        if exchange.attempts == 0:
            return made
        return replace(made, body=(*made.body, HeldOctets(b"\r\n" * exchange.attempts)))

    monkeypatch.setattr(sending, "outgoing", other)


def due_forgotten(monkeypatch):
    """After a failed attempt nobody notes when the next one is due."""
    real = outbound_module.write_state

    def forgetful(cursor, row_id, state, now, due, *more, **others):
        return real(cursor, row_id, state, now, None, *more, **others)

    for module in (outbound_module, claims_module):
        monkeypatch.setattr(module, "write_state", forgetful)


DEFECTS = {
    dropped_fsync: {"INV-1", "INV-2", "INV-3", "INV-4", "INV-14"},
    receipt_before_commit: {"INV-4"},
    submission_before_commit: {"INV-1"},
    no_duplicate_detection: {"INV-4", "INV-5"},
    lease_forgotten: {"INV-14"},
    recorded_before_handed_over: {"INV-4"},
    delivery_id_not_stable: {"INV-4"},
    any_200_is_a_receipt: {"INV-4"},
    resend_with_other_octets: {"INV-8"},
    due_forgotten: {"INV-14"},
}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.__name__)
def test_a_planted_defect_is_found(monkeypatch, defect):
    defect(monkeypatch)
    runs = (run(make_plan(seed, 4, 12, 150)) for seed in range(1, 9))
    assert any({one.invariant for one in outcome.violations} & DEFECTS[defect] for outcome in runs)
