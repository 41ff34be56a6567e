"""A store with a log of evidence: messages both ways, checkpoints, time stamps and a renewal, as a node makes them."""

import logging
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.pair import SetClock
from node.customs.seal.ports import TimestampAuthority
from node.evidence.authorities import Authorities as JudgingAuthorities
from node.evidence.authorities import Named
from node.msh.ports import Clock, Peer, Tls
from node.proving import Proving, Rhythm
from node.security.certificates import Certificate
from node.store.evidence import Evidence
from tests.seals import NOW, World
from tests.stored import StoredPair, stored_pair
from tests.time_authorities import YEAR, authority_under, time_root

LOG = logging.getLogger("node.proving")


class Authorities:
    """Whoever stamps now; a second one whose certificate ends later is made when it is asked for."""

    def __init__(self, clock: SetClock) -> None:
        self.world, self.clock = World(), clock
        # Who vouches for them outlives them.
        root = self.world.time_root = time_root("Time root", NOW - YEAR, NOW + 40 * YEAR)
        self.world.tsa = authority_under(root, "Time", 77, clock.now, since=NOW - YEAR, until=NOW + 8 * YEAR)
        self.trouble: Exception | None = None
        self.asked = 0

    def stamp(self, request: bytes) -> bytes:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return self.world.tsa.stamp(request)

    def judged(self) -> JudgingAuthorities:
        """As a node asks it."""
        return judging(self, self.clock, self.world.time_root.certificate)


def judging(authority: TimestampAuthority, clock: Clock, *anchors: Certificate, name: str = "tsa.example") -> JudgingAuthorities:
    """One authority, whose tokens count where one of these anchors vouches for it."""
    return JudgingAuthorities([Named(name, authority)], anchors, [], clock, lambda what: LOG.error("ALARM: %s", what))


@dataclass
class Logged:
    """Two nodes whose logs are proven; `a` sends to `b`."""

    both: StoredPair
    rhythm: Rhythm = field(default_factory=lambda: Rhythm(timedelta(seconds=1), timedelta(seconds=1)))

    def __post_init__(self) -> None:
        self.authorities = Authorities(self.both.a.clock)

    def evidence(self, side: str = "b") -> Evidence:
        return Evidence(self.both.stores[side].messages)

    def proving(self, side: str = "b", **other: Any) -> Proving:
        node = getattr(self.both, side)
        key = node.ports.keyring.signing_key(f"{side}-sign", node.clock.now())
        wanted = {"authorities": self.authorities.judged, **other}
        return Proving(self.evidence(side), lambda: key, node.clock, lambda: None, lambda: self.rhythm, **wanted)

    def exchange(self, *payloads: bytes) -> str:
        a, b = self.both.a, self.both.b
        message_id: str = a.submit("b", *payloads)
        outgoing = a.prepare(message_id)
        octets = b"".join(bytes(chunk) for one in outgoing.body for chunk in one.chunks())
        head = b"POST /as4 HTTP/1.1\r\nHost: b.example"
        answer = b.receive(
            outgoing.content_type, octets, Peer("192.0.2.1", None, head=head, tls=Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
        )
        a.settle(message_id, answer)
        messages = self.both.stores["b"].messages
        for one in messages.deliverable(10):
            messages.delivered(one.id, b.clock.now(), "put into a folder")
        return message_id

    def later(self, **by: float) -> None:
        for side in (self.both.a, self.both.b):
            side.clock.advance(**by)

    def prove(self, side: str = "b") -> None:
        proving = self.proving(side)
        proving.tiles()
        proving.checkpoint(now=True)
        proving.stamps()

    def close(self) -> None:
        self.both.close()


def logged(root: Path, urls: Any = None) -> Logged:
    """Open both."""
    return Logged(stored_pair(root, NOW, urls))


def fill(root: Path, messages: int, every: int) -> Path:
    """The data folder of a receiver of so many messages, with a checkpoint and a token after each few."""
    with closing(logged(root)) as made:
        for number in range(messages):
            made.exchange(b"<document number='%d'/>" % number)
            made.later(seconds=2)
            if number % every == every - 1:
                made.prove()
        evidence = made.evidence()
        evidence.act(NOW, "kim", "changed an agreement", "renewal", {"partner": "a"}, {"agreement": b"[agreed]"})
        evidence.retrieved(NOW, "lee", "looked a message up", "a dispute")
        made.prove()
    return root / "b"
