"""A circuit opens after failures in a row, lets one probe through at a time, and closes when one comes through."""

from dataclasses import dataclass, field

import pytest

from node.workers.breaker import FAILURES, LEAST_SECONDS, MOST_SECONDS, Breaker, Circuit


@dataclass
class World:
    now: float = 0.0
    heard: list[tuple[str, bool]] = field(default_factory=list)

    def breaker(self) -> Breaker:
        return Breaker(lambda: self.now, lambda circuit: self.heard.append((circuit.partner, circuit.is_open)))


@pytest.fixture
def world() -> World:
    return World()


def opened(breaker: Breaker, partner: str = "kr") -> None:
    assert [breaker.failed(partner, "refused") for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]


def test_failures_in_a_row_open_it_and_one_success_between_them_does_not(world: World) -> None:
    breaker = world.breaker()
    for _ in range(FAILURES - 1):
        breaker.failed("kr", "refused")
    assert not breaker.succeeded("kr")
    opened(breaker)
    assert breaker.resting() == {"kr"}
    assert not breaker.may_begin("kr")
    assert breaker.may_begin("jp")
    assert world.heard == [("kr", True)]


def test_after_its_rest_one_probe_goes_and_no_second_beside_it(world: World) -> None:
    breaker = world.breaker()
    opened(breaker)
    world.now += LEAST_SECONDS
    assert breaker.resting() == set()
    assert [breaker.may_begin("kr") for _ in range(3)] == [True, False, False]
    assert breaker.resting() == {"kr"}
    assert breaker.succeeded("kr")
    assert [breaker.may_begin("kr") for _ in range(3)] == [True] * 3
    assert world.heard == [("kr", True), ("kr", False)]


def test_each_probe_that_fails_doubles_the_rest_up_to_a_minute(world: World) -> None:
    breaker = world.breaker()
    opened(breaker)
    rests = []
    for _ in range(9):
        began = world.now
        while not breaker.may_begin("kr"):
            world.now += 1
        rests.append(world.now - began)
        assert breaker.failed("kr", "still refused")
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert MOST_SECONDS == 300


def test_what_began_before_it_opened_is_no_probe(world: World) -> None:
    breaker = world.breaker()
    opened(breaker)
    assert not breaker.failed("kr", "refused")
    world.now += LEAST_SECONDS
    assert breaker.may_begin("kr")


def test_a_probe_that_never_reached_the_network_is_given_back(world: World) -> None:
    breaker = world.breaker()
    opened(breaker)
    world.now += LEAST_SECONDS
    assert breaker.may_begin("kr")
    breaker.abandoned("kr")
    breaker.abandoned("nobody")
    assert breaker.may_begin("kr")


def test_a_late_answer_from_before_closes_it_too(world: World) -> None:
    breaker = world.breaker()
    opened(breaker)
    assert breaker.succeeded("kr")
    assert breaker.may_begin("kr")
    assert not Circuit("kr").is_open


def test_after_a_restart_one_probe_goes_at_once(world: World) -> None:
    breaker = world.breaker()
    breaker.reopen("kr", 7, "refused")
    assert [breaker.may_begin("kr") for _ in range(2)] == [True, False]
    assert breaker.failed("kr", "refused")
    world.now += 2 * LEAST_SECONDS
    assert breaker.may_begin("kr")
    assert breaker.succeeded("kr")
    assert world.heard[-1] == ("kr", False)
