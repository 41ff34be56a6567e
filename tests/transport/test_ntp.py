"""Servers of time are asked over the network, and only those that were named are heard."""

import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from node.clock import SystemClock
from node.timekeeping.offset import Unusable
from node.timekeeping.packet import Answer, Kiss
from node.transport.ntp import FIRST_REST, LONGEST_REST, MOST_FOREIGN, NtpServers, Server
from tests.conftest import missing
from tests.ntp_server import Answering, Chrony, NtpServer, chronyd, right, silent
from tests.timekeeping.answers import Said

Make = Callable[[Answering], NtpServer]
HOUR = timedelta(hours=1)


@pytest.fixture
def serve() -> Iterator[Make]:
    made: list[NtpServer] = []

    def one(answering: Answering) -> NtpServer:
        made.append(NtpServer(answering))
        return made[-1]

    yield one
    for each in made:
        each.close()


def asking(**more: Any) -> NtpServers:
    return NtpServers(SystemClock(), **more)


def only(servers: NtpServers, server: NtpServer) -> Answer | Unusable:
    (found,) = servers.ask([server.server]).values()
    return found


@pytest.mark.parametrize("ahead", [timedelta(), HOUR, -HOUR, timedelta(days=-3650)])
def test_the_offset_of_our_clock_is_found(serve: Make, ahead: timedelta) -> None:
    found = only(asking(), serve(right(ahead)))
    assert isinstance(found, Answer)
    assert found.offset.least <= ahead <= found.offset.most


def test_the_clock_that_is_judged_is_the_one_that_was_handed_in(serve: Make) -> None:
    class Ahead:
        def now(self) -> datetime:
            return datetime.now(UTC) + HOUR

    found = NtpServers(Ahead()).ask([serve(right()).server])
    (answer,) = found.values()
    assert isinstance(answer, Answer)
    assert answer.offset.least <= HOUR <= answer.offset.most


def test_all_are_asked_and_each_answers_for_itself(serve: Make) -> None:
    servers = [serve(right()), serve(right(HOUR)), serve(silent)]
    found = asking(patience=0.3).ask([one.server for one in servers])
    assert list(found) == [str(one.server) for one in servers]
    first, second, third = found.values()
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert str(third) == "no answer within 0.3 s"
    assert second.offset.offset - first.offset.offset > HOUR / 2


def test_each_question_is_another_one(serve: Make) -> None:
    server, servers = serve(right()), asking()
    only(servers, server)
    only(servers, server)
    assert len({one[40:] for one in server.asked}) == 2


def test_forged_answers_before_the_right_one_change_nothing(serve: Make) -> None:
    def answering(nonce: bytes, now: datetime) -> list[bytes]:
        forged = Said(now - HOUR, now - HOUR, origin=bytes(8))
        kiss = Said(now, now, stratum=0, reference_id=b"DENY", origin=os.urandom(8))
        return [b"", b"short", forged.octets(nonce), kiss.octets(nonce), *right()(nonce, now)]

    found = only(asking(), serve(answering))
    assert isinstance(found, Answer)
    assert abs(found.offset.offset) < timedelta(minutes=1)


def test_what_comes_from_another_address_is_not_heard(serve: Make) -> None:
    def answering(nonce: bytes, now: datetime) -> list[bytes]:
        # From a port of somebody else, who has even seen the question.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            sent.append(other.sendto(right(HOUR)(nonce, now)[0], ("127.0.0.1", server.askers[-1])))
        return []

    sent: list[int] = []
    server = serve(answering)
    assert str(only(asking(patience=0.3), server)) == "no answer within 0.3 s"
    assert sent == [48]


@pytest.mark.parametrize("code", [b"DENY", b"RSTR"])
def test_a_server_that_denies_us_is_not_asked_again(serve: Make, code: bytes) -> None:
    server, servers = serve(right(leap=3, stratum=0, reference_id=code)), asking()
    assert isinstance(only(servers, server), Kiss)
    server.answering = right()
    assert "not asked again" in str(only(servers, server))
    assert len(server.asked) == 1
    # A new process asks once more.
    assert isinstance(only(asking(), server), Answer)


def test_a_server_that_is_asked_too_often_rests_longer_and_longer(serve: Make) -> None:
    ran = [0.0]
    server = serve(right(leap=3, stratum=0, reference_id=b"RATE"))
    servers = asking(seconds=lambda: ran[0])
    rests = []
    for times in range(1, 10):
        assert isinstance(only(servers, server), Kiss)
        rests.append(float(str(only(servers, server)).split()[-3]))
        ran[0] += rests[-1] - 1
        assert "less often" in str(only(servers, server))
        assert len(server.asked) == times
        ran[0] += 1
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-2:] == [LONGEST_REST, LONGEST_REST]


def test_a_clock_that_is_set_while_the_answer_travels_is_not_judged(serve: Make) -> None:
    class Set:
        calls = 0

        def now(self) -> datetime:
            self.calls += 1
            return datetime.now(UTC) + (HOUR if self.calls > 1 else timedelta())

    (found,) = NtpServers(Set()).ask([serve(right()).server]).values()
    assert str(found) == "the clock was set while the answer travelled"


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens_are_told() -> None:
    closed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    found = asking(patience=0.3).ask([Server("no-such-host.invalid"), Server("127.0.0.1", port)])
    assert str(found["no-such-host.invalid"]).startswith("is not reached: ")
    assert str(found[f"127.0.0.1:{port}"]).startswith("is not reached: ")
    assert asking().ask([]) == {}


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "a..example", "."])
def test_what_cannot_be_a_name_is_told(host: str) -> None:
    (found,) = asking(patience=0.3).ask([Server(host)]).values()
    assert str(found).startswith(("is no name of a host: ", "is not reached: "))


def test_a_flood_of_forged_answers_ends_and_is_told(serve: Make) -> None:
    found = only(asking(), serve(lambda nonce, now: [Said(now, now, origin=bytes(8)).octets(nonce)] * (MOST_FOREIGN + 100)))
    assert "somebody forges them" in str(found) or "no answer" in str(found)


@pytest.mark.parametrize(
    ("server", "words"), [(Server("ntp.example"), "ntp.example"), (Server("::1", 124), "[::1]:124"), (Server("a", 5), "a:5")]
)
def test_a_server_is_named_as_the_operator_would(server: Server, words: str) -> None:
    assert str(server) == words


@pytest.mark.server
def test_chrony_as_the_server_is_understood() -> None:
    program = chronyd() or missing("no chrony (Debian: apt install chrony)")
    chrony = Chrony(program, "local stratum 3\n", serves=True)
    try:
        (found,) = asking().ask([chrony.server]).values()
    finally:
        chrony.close()
    assert isinstance(found, Answer), found
    assert found.stratum == 3
    # It goes by the very clock that is judged.
    assert found.offset.proven == timedelta()
