"""References are asked when it is time, never in the way of a message; what is known is kept, and what is new is told."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from node.clocks import Clocks
from node.measuring import Inquiry, Measuring, remember
from node.references import References
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer
from node.timekeeping.timekeeping import Timekeeping
from node.transport.ntp import Server
from tests.timekeeping.clock import Machine

MS = timedelta(milliseconds=1)


class World:
    """One machine, and what its references say."""

    def __init__(self, folder: Path) -> None:
        self.machine, self.file = Machine(), folder / "time.json"
        self.references = References("ntp", (("a", 123),))
        self.offset: float | None = 3
        self.asked: list[list[str]] = []
        self.timekeeping = self.another()
        self.measuring = self.measuring_of(self.timekeeping)

    def another(self) -> Timekeeping:
        return Timekeeping(self.machine, self.machine.seconds, lambda: self.references.max_age)

    def measuring_of(self, timekeeping: Timekeeping) -> Measuring:
        return Measuring(
            *(timekeeping, self.clocks, Inquiry(self.machine, self.servers, self.chrony), self.machine.seconds, self.file),
        )

    def clocks(self) -> Clocks:
        return Clocks(self.timekeeping, self.references, lambda _: timedelta(seconds=60), self.machine.now())

    def servers(self, servers: Sequence[Server]) -> Mapping[str, Answer | Unusable]:
        self.asked.append([str(one) for one in servers])
        return {str(one): self.said() for one in servers}

    def said(self) -> Answer | Unusable:
        return Unusable("silent") if self.offset is None else Answer(Offset(self.offset * MS, 10 * MS), 2, MS)

    def chrony(self) -> tuple[Offset, str]:
        self.asked.append(["chrony"])
        if self.offset is None:
            raise Unusable("chrony is not synchronised")
        return Offset(self.offset * MS, MS), "192.0.2.1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_it_is_measured_at_the_start_and_then_every_so_often(world: World) -> None:
    for _ in range(41):
        assert world.measuring.sweep() == 0
        world.machine.passes(30)
    assert len(world.asked) == 3
    found = world.timekeeping.latest()
    assert found is not None
    assert (found.offset_ms, found.source) == (3, "ntp a (1 of 1)")


def test_where_no_reference_is_named_nobody_is_asked(world: World) -> None:
    world.references = References()
    world.measuring.sweep()
    assert world.asked == []
    assert world.timekeeping.last is None


def test_chrony_is_asked_where_the_operator_says_so(world: World) -> None:
    world.references = References("chrony")
    world.measuring.sweep()
    found = world.timekeeping.latest()
    assert world.asked == [["chrony"]]
    assert found is not None
    assert found.source == "chrony by 192.0.2.1"
    world.offset = None
    world.machine.passes(600)
    world.measuring.sweep()
    assert world.timekeeping.last is not None
    assert world.timekeeping.last.measurement.trouble == "chrony is not synchronised"


def test_a_clock_that_was_set_is_measured_at_once(world: World) -> None:
    world.measuring.sweep()
    world.machine.passes(30)
    world.machine.set_by(3600)
    assert world.timekeeping.latest() is None
    world.measuring.sweep()
    assert len(world.asked) == 2
    assert world.timekeeping.latest() is not None


def test_references_that_are_named_anew_are_asked_at_once(world: World) -> None:
    world.measuring.sweep()
    world.references = replace(world.references, servers=(("b", 123), ("c", 1123)))
    world.measuring.sweep()
    assert world.asked == [["a"], ["b", "c:1123"]]


def test_what_is_known_is_there_for_others_and_after_a_restart(world: World) -> None:
    world.timekeeping.partners.hear_date("kr", world.machine.now(), world.machine.now(), world.machine.now())
    world.measuring.sweep()
    after = world.another()
    assert remember(world.file, after) == ""
    assert after.latest() == world.timekeeping.latest() is not None
    assert after.partners.all() == world.timekeeping.partners.all()


def test_the_file_is_written_only_where_something_is_new(world: World) -> None:
    world.measuring.sweep()
    world.file.unlink()
    world.measuring.sweep()
    assert not world.file.exists()
    world.timekeeping.partners.hear_timestamp("kr", world.machine.now(), world.machine.now())
    world.measuring.sweep()
    assert world.file.exists()


@pytest.mark.parametrize("octets", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"v": 1}', b"null"])
def test_a_damaged_file_is_told_and_keeps_nobody_from_starting(world: World, octets: bytes) -> None:
    world.file.write_bytes(octets)
    assert remember(world.file, world.timekeeping).startswith("time.json: ")
    assert world.timekeeping.last is None
    world.measuring.sweep()
    assert json.loads(world.file.read_text())["v"] == 1


def test_a_disk_that_takes_nothing_keeps_nobody_from_measuring(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.file = world.file.parent / "not there" / "time.json"
    measuring = world.measuring_of(world.timekeeping)
    measuring.sweep()
    assert world.timekeeping.latest() is not None
    assert "cannot be kept" in caplog.text


def test_each_change_is_told_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for offset in (3, 3, 5000, 5000, None, None, 3, 3):
        world.offset = offset
        world.measuring.sweep()
        # What was measured is too old when it cannot be measured.
        world.machine.passes(600 if offset else 3601)
    told = [one.getMessage().partition(":")[0] for one in caplog.records]
    assert told == ["this clock is off", "nobody tells how far this clock is off", "this clock is right again"]


def test_a_partner_whose_clock_is_wrong_is_told_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for theirs in (61, 300, 300, 0, 300):
        now = world.machine.now()
        world.timekeeping.partners.hear_date("kr", now + timedelta(seconds=theirs), now, now)
        world.measuring.sweep()
    told = [one.getMessage() for one in caplog.records]
    assert told == [
        "the clock of kr is ahead by 61 s to 63 s, more than was agreed",
        "the clock of kr is ahead by 300 s to 302 s, more than was agreed",
    ]
