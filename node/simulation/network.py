"""The network between nations: it loses, delays, doubles and damages by chance, and answers with garbage when the weather is bad."""

import asyncio
import random
import re
from typing import TYPE_CHECKING, Final

from node.msh.ports import HttpAnswer, Outgoing, TransportError
from node.simulation.disk import Gone
from node.simulation.ledger import Ledger
from node.simulation.plan import Weather

if TYPE_CHECKING:
    from node.simulation.nation import Nation

_TO_MESSAGE: Final = re.compile(rb"<eb3?:RefToMessageId>([^<]+)</|<(?:\w+:)?RefToMessageId>([^<]+)</")
GARBAGE: Final = (
    HttpAnswer(200, "text/html", b"<html><body>Welcome</body></html>"),
    HttpAnswer(200, "application/soap+xml", b""),
    HttpAnswer(200, None, b"\x00\x01\x02"),
    HttpAnswer(202, None, b""),
    HttpAnswer(500, "text/plain", b"Internal Server Error"),
    HttpAnswer(503, None, b""),
    HttpAnswer(200, "application/soap+xml", b"<S12:Envelope xmlns:S12='http://www.w3.org/2003/05/soap-envelope'/>"),
)


class Network:
    """Joins nations by their URLs; `chance` decides every single fate."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self._ledger, self._chance = ledger, chance
        self._nations: dict[str, Nation] = {}
        self._weather: list[tuple[str, str, Weather]] = []

    def join(self, url: str, nation: "Nation") -> None:
        """This nation is called at this address."""
        self._nations[url] = nation

    def spoil(self, one: str, other: str, weather: Weather) -> None:
        """The weather between two nations becomes bad for its time."""
        self._weather.append((min(one, other), max(one, other), weather))

    def clear(self) -> None:
        """All networks are good again."""
        self._weather.clear()

    def line(self, nation: "Nation") -> "Line":
        """The transport of one nation."""
        return Line(self, nation)

    async def post(self, caller: "Nation", outgoing: Outgoing) -> HttpAnswer:
        """One request and its answer. Raises TransportError."""
        called, chance, counts = self._nations[outgoing.url], self._chance, self._ledger.counts
        octets = b"".join(bytes(chunk) for segment in outgoing.body for chunk in segment.chunks())
        self._ledger.posted(outgoing.message_id, octets)
        self._judge(caller, called, outgoing)
        weather = self._between(caller.name, called.name)
        await asyncio.sleep(chance.uniform(0.02, 0.4))
        closed = called.closed(outgoing.url)
        if called.down or closed or chance.random() < weather.cut:
            counts["calls of a machine that is closed" if closed else "calls not connected"] += 1
            await asyncio.sleep(chance.choice((0.0, outgoing.connect_timeout)))
            raise TransportError(f"{called.name}: nothing listens there (connection refused)")
        if chance.random() < weather.lost_request:
            counts["requests lost"] += 1
            await asyncio.sleep(outgoing.read_timeout)
            raise TransportError(f"{called.name}: no answer in time")
        if chance.random() < weather.damaged:
            counts["requests damaged"] += 1
            octets = damage(octets, chance)
            self._ledger.damaged.add(outgoing.message_id)
        if chance.random() < weather.doubled:
            counts["requests doubled"] += 1
            self._call(caller, called, outgoing, octets)
        answer = self._call(caller, called, outgoing, octets)
        await asyncio.sleep(chance.uniform(0.02, 0.4))
        if chance.random() < weather.lost_answer:
            counts["answers lost"] += 1
            await asyncio.sleep(outgoing.read_timeout)
            raise TransportError(f"{called.name}: no answer in time")
        if chance.random() < weather.garbage:
            counts["answers of garbage"] += 1
            return chance.choice(GARBAGE)
        if chance.random() < weather.damaged:
            counts["answers damaged"] += 1
            return HttpAnswer(answer.status, answer.content_type, damage(answer.octets, chance))
        return answer

    def _judge(self, caller: "Nation", called: "Nation", outgoing: Outgoing) -> None:
        """By the caller's own clock, right or wrong, the partner is open at the address that it calls."""
        if outgoing.url == called.stand_by:
            self._ledger.counts["attempts at a stand-by address"] += 1
            if not called.closes_at(caller.believes()):
                self._ledger.blame("INV-11", outgoing.message_id, f"goes to the stand-by address of {called.name}, which is open")
        elif called.closes_at(caller.believes()):
            self._ledger.blame("INV-11", outgoing.message_id, f"is tried although {called.name} is closed by agreement")

    def _call(self, caller: "Nation", called: "Nation", outgoing: Outgoing, octets: bytes) -> HttpAnswer:
        """The called node works on the request; if it dies of it, the caller sees the connection break."""
        try:
            answer = called.receive(outgoing.content_type, octets, caller.name)
        except Gone:
            raise TransportError(f"{called.name}: the connection was reset while the message travelled") from None
        if answer.status == 200 and b"NonRepudiationInformation" in answer.octets:
            found = _TO_MESSAGE.search(answer.octets)
            if found:
                self._ledger.receipted(called.name, (found[1] or found[2]).decode(), answer.octets)
        return HttpAnswer(answer.status, answer.content_type, answer.octets)

    def _between(self, one: str, other: str) -> Weather:
        """The weather between two nations now; the last that began, if it lasts still."""
        now, pair = self._ledger.now(), (min(one, other), max(one, other))
        self._weather = [each for each in self._weather if each[2].at + each[2].seconds > now]
        found = [weather for a, b, weather in self._weather if (a, b) == pair and weather.at <= now]
        return found[-1] if found else _FINE


_FINE: Final = Weather(0, 0, 0, 0)


class Line:
    """`node.workers.push.Transport` of one nation."""

    def __init__(self, network: Network, nation: "Nation") -> None:
        self._network, self._nation = network, nation

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """See `node.workers.push.Transport`."""
        return await self._network.post(self._nation, outgoing)


def damage(octets: bytes, chance: random.Random) -> bytes:
    """One octet changed, or the end cut off."""
    if not octets:
        return octets
    place = chance.randrange(len(octets))
    if chance.random() < 0.3:
        return octets[:place]
    return octets[:place] + bytes([octets[place] ^ (1 << chance.randrange(8))]) + octets[place + 1 :]
