"""The network: each kind of bad weather does to a request what it says, and a nation that dies of one breaks the connection."""

import asyncio
import random
from dataclasses import dataclass, field, replace

import pytest

from node.msh.octets import HeldOctets
from node.msh.ports import Answer, Outgoing, TransportError
from node.simulation.disk import Gone
from node.simulation.ledger import Ledger
from node.simulation.loop import SimulatedLoop
from node.simulation.network import GARBAGE, Network, damage
from node.simulation.plan import Weather

RECEIPT = b"<eb:RefToMessageId>1@a</eb:RefToMessageId><ebbp:NonRepudiationInformation/>"


@dataclass
class End:
    """A nation as the network sees it."""

    name: str
    down: bool = False
    dies: bool = False
    got: list[bytes] = field(default_factory=list)
    #: Closed by agreement, as its partner believes, and in truth.
    believed: bool = False
    shut: bool = False
    stand_by: str = "https://b/stand-by"

    def believes(self) -> None:
        return None

    def closes_at(self, at: None) -> bool:
        return self.believed

    def closed(self, called: str) -> bool:
        return self.shut and called != self.stand_by

    def receive(self, content_type: str, octets: bytes, address: str) -> Answer:
        if self.dies:
            raise Gone
        self.got.append(octets)
        return Answer(200, "application/soap+xml", RECEIPT)


OUTGOING = Outgoing("1@a", "b", "https://b/as4", "text/plain", (HeldOctets(b"octets"),), 10.0, 120.0, "p", ())


def post(called: End, url: str = "https://b/as4", **rates: float):
    """The answer or what was raised, the simulated seconds it took, and the ledger."""

    async def story():
        loop = asyncio.get_running_loop()
        ledger = Ledger(loop.time)
        ledger.submitted("1@a", "a", "b", b"document")
        network, caller = Network(ledger, random.Random(1)), End("a")
        network.join("https://b/as4", called)
        network.join("https://b/stand-by", called)
        if rates:
            network.spoil("b", "a", Weather(0.0, 0, 1, 1000.0, **rates))
        try:
            found = await network.line(caller).post(replace(OUTGOING, url=url))
        except TransportError as error:
            found = error
        return found, loop.time(), ledger

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(story())


def test_in_good_weather_an_answer_comes_within_a_second_and_is_written_down():
    called = End("b")
    answer, seconds, ledger = post(called)
    assert (answer.status, answer.octets, called.got, seconds < 1) == (200, RECEIPT, [b"octets"], True)
    assert (ledger.counts["receipts"], ledger.sent["1@a"].attempts) == (1, 1)


@pytest.mark.parametrize(
    ("rates", "words", "received"),
    [({"cut": 1.0}, "refused", 0), ({"lost_request": 1.0}, "no answer", 0), ({"lost_answer": 1.0}, "no answer", 1)],
)
def test_what_gets_lost_is_a_transport_error(rates, words, received):
    called = End("b")
    answer, _, _ = post(called, **rates)
    assert words in str(answer)
    assert len(called.got) == received


def test_a_doubled_request_arrives_twice_and_is_answered_once():
    called = End("b")
    answer, _, ledger = post(called, doubled=1.0)
    assert (answer.status, len(called.got), ledger.counts["receipts"]) == (200, 2, 2)


def test_damage_changes_request_and_answer():
    called = End("b")
    answer, _, _ = post(called, damaged=1.0)
    assert called.got != [b"octets"]
    assert answer.octets != RECEIPT


def test_garbage_is_an_answer_of_its_own():
    answer, _, _ = post(End("b"), garbage=1.0)
    assert answer in GARBAGE


def test_a_nation_that_is_down_or_dies_of_the_request_gives_no_answer():
    assert "refused" in str(post(End("b", down=True))[0])
    assert "reset" in str(post(End("b", dies=True))[0])


def broken(ledger):
    return [one.invariant for one in ledger.violations]


def test_a_machine_that_is_closed_answers_only_at_its_stand_by_address():
    answer, _, ledger = post(End("b", shut=True, believed=True))
    assert "refused" in str(answer)
    assert (ledger.counts["calls of a machine that is closed"], broken(ledger)) == (1, ["INV-11"])

    answer, _, ledger = post(End("b", shut=True, believed=True), "https://b/stand-by")
    assert (answer.status, ledger.counts["attempts at a stand-by address"], broken(ledger)) == (200, 1, [])


def test_whoever_believes_that_it_is_open_breaks_nothing_but_may_not_use_the_stand_by_address():
    assert broken(post(End("b", shut=True))[2]) == []
    assert broken(post(End("b"), "https://b/stand-by")[2]) == ["INV-11"]


def test_what_was_damaged_is_remembered():
    assert post(End("b"), damaged=1.0)[2].damaged == {"1@a"}
    assert post(End("b"))[2].damaged == set()


def test_bad_weather_ends():
    called = End("b")

    async def story():
        loop = asyncio.get_running_loop()
        network = Network(Ledger(loop.time), random.Random(1))
        network.join("https://b/as4", called)
        network.spoil("a", "b", Weather(0.0, 0, 1, 100.0, cut=1.0))
        await asyncio.sleep(101)
        return (await network.post(End("a"), OUTGOING)).status

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        assert runner.run(story()) == 200


@pytest.mark.parametrize("seed", range(50))
def test_damage_always_changes_something(seed):
    assert damage(b"octets", random.Random(seed)) != b"octets"
    assert damage(b"", random.Random(seed)) == b""
