"""What waits, what is overdue and what has no future, by a clock that may be set."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import TransportError
from node.sending import Sending
from node.workers.breaker import Circuit
from tests.conftest import FixtureClock
from tests.homes import agree, make_pair, make_side
from tests.services import submission


def test_a_clock_that_goes_back_makes_due_what_it_had_put_off(
    tmp_path: Path, document: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    right = node.clock.now()
    node.ports = replace(node.ports, clock=FixtureClock(right + timedelta(days=3650)))
    node.clock = node.ports.clock  # type: ignore[assignment]
    message_id = node.submit(submission(node, document)).message_id
    node.clock.advance(days=-3650)  # type: ignore[attr-defined]
    node.recover()
    assert [one.message_id for one in Sending(node.messages, lambda: node.ports, node.steady).claim(9, ())] == [message_id]
    node.close()


class SetClock:
    """A machine's clock, wrong by what a test says."""

    wrong = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + SetClock.wrong


@pytest.mark.parametrize("jump", [timedelta(days=n) for n in (-1, 1, 3650)] + [timedelta(hours=n) for n in (-1, 1)], ids=str)
def test_a_clock_that_is_set_neither_hastens_nor_loses_what_waits(
    tmp_path: Path, document: Path, jump: timedelta, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr, more='[leg.x]\nretry = {period = "20m", horizon = "2h"}\n')
    monkeypatch.setattr("node.app.SystemClock", SetClock)
    monkeypatch.setattr(SetClock, "wrong", timedelta())
    node = Node.open(tw.folder)
    sending = Sending(node.messages, lambda: node.ports, node.steady)
    waits, fresh = (node.submit(submission(node, document)) for _ in range(2))
    sending.prepare(waits)
    sending.settle(waits, TransportError("kr: nothing listens there"))
    before = node.messages.exchange(waits.message_id)
    assert before is not None
    assert before.due_at is not None
    SetClock.wrong = jump
    # Not even before the jump is noticed does anything fall due, or wait longer.
    assert [one.message_id for one in sending.claim(9, ())] == [fresh.message_id]
    assert sending.clock_was_set()
    assert not sending.clock_was_set()
    assert "the machine's clock was set by" in caplog.text
    after = node.messages.exchange(waits.message_id)
    assert after is not None
    for was, is_now in ((before.due_at, after.due_at), (before.give_up_at, after.give_up_at)):
        assert was is not None
        assert is_now is not None
        assert abs(is_now - was - jump) < timedelta(seconds=1)
    assert [one.message_id for one in sending.claim(9, ())] == [fresh.message_id]
    assert sending.expired() == 0
    # After a restart only the machine's clock is left, and it says the same.
    node.close()
    node = Node.open(tw.folder)
    sending = Sending(node.messages, lambda: node.ports, node.steady)
    assert [one.message_id for one in sending.claim(9, ())] == [fresh.message_id]
    monkeypatch.setattr(SetClock, "wrong", jump + timedelta(minutes=21))
    node.steady.follow()
    assert {one.message_id for one in sending.claim(9, ())} == {fresh.message_id, waits.message_id}
    node.close()


def test_what_was_never_tried_ends_only_if_its_partner_was_asked_in_vain_all_along(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr, more='[leg.x]\nretry = {period = "20m", horizon = "2h"}\n')
    monkeypatch.setattr("node.app.SystemClock", SetClock)
    monkeypatch.setattr(SetClock, "wrong", timedelta())
    node = Node.open(tw.folder)
    sending = Sending(node.messages, lambda: node.ports, node.steady)
    exchange = node.submit(submission(node, document))
    monkeypatch.setattr(SetClock, "wrong", timedelta(hours=3))
    node.steady.follow()
    # The node was off, perhaps; nobody has asked the partner.
    assert sending.expired() == 0
    sending.circuit(Circuit("kr", 5, "nothing listens there", 1.0))
    assert sending.expired() == 0
    # Ten years by a clock that is set are no time at all.
    monkeypatch.setattr(SetClock, "wrong", timedelta(days=3650))
    assert sending.clock_was_set()
    assert sending.expired() == 0
    monkeypatch.setattr(SetClock, "wrong", timedelta(days=3650, hours=3))
    node.steady.follow()
    assert sending.expired() == 1
    last = node.messages.history(exchange.message_id)[-1]
    assert (last.event, last.error_code) == ("GAVE_UP", "EBMS:0301")
    assert "kr could not be reached in time, asked in vain since" in last.detail
    sending.circuit(Circuit("kr"))
    assert node.messages.circuits() == {}
    node.close()
