"""One question to an NTP server and its answer, as SNTP version 4 has them: what may be believed, and what it says. Source: RFC 5905 7.3, 8, 14.

A client library is not used: the one that everybody takes (ntplib 0.4.0, of 2021) compares neither the origin timestamp nor where an answer comes from, and takes a
kiss-o'-death for a time. A packet has 48 octets, and judging them is all that there is to do.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from node.timekeeping.offset import Offset, Unusable

#: Without extension fields and authentication.
OCTETS: Final = 48
#: Octets of the transmit timestamp of a request, which is chance: nobody who does not see the request can answer it, and it tells no time.
NONCE: Final = 8
#: A server that is farther from the truth, by all that is known, is not fit to judge a clock by. Source: RFC 5905 MAXDIST.
MAX_DISTANCE: Final = timedelta(seconds=1)
#: Source: RFC 5905 MAXDISP.
_MAX_DISPERSION: Final = 16.0
#: What a clock may drift while an answer travels. Source: RFC 5905 PHI.
_DRIFT: Final = 15e-6
_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)
_MODULUS: Final = 1 << 64
#: Leap 0, version 4, mode 3.
_REQUEST: Final = 0x23
_SERVER: Final = 4
_ALARM: Final = 3
_HEADER: Final = struct.Struct(">BBbbII4sQQQQ")


class Foreign(Unusable):
    """The octets answer no question of ours: whoever sent them did not see it. The answer may still come."""


class Kiss(Unusable):
    """The server tells the client something instead of the time: a kiss-o'-death (RFC 5905 7.4)."""

    def __init__(self, code: str) -> None:
        said = {"DENY": "refuses us", "RSTR": "refuses us", "RATE": "is asked too often"}.get(code, "tells no time")
        super().__init__(f"the server {said} (kiss code {code})")
        self.code = code

    @property
    def denies(self) -> bool:
        """Whether the server is never to be asked again."""
        return self.code in ("DENY", "RSTR")

    @property
    def slows(self) -> bool:
        """Whether the server is to be asked less often."""
        return self.code == "RATE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, judged."""

    offset: Offset
    stratum: int
    #: How long question and answer travelled.
    delay: timedelta


def request(nonce: bytes) -> bytes:
    """A question; `nonce` is eight octets of chance. Source: RFC 5905 14, RFC 8633 3.1."""
    assert len(nonce) == NONCE
    return bytes([_REQUEST]) + bytes(OCTETS - 1 - NONCE) + nonce


def read_answer(octets: bytes, nonce: bytes, began: datetime, elapsed: timedelta) -> Answer:
    """The answer to the question that went out at `began` by our clock, and came back `elapsed` later. Raises Foreign, Kiss, Unusable."""
    if len(octets) < OCTETS:
        raise Foreign(f"{len(octets)} octets, an answer has at least {OCTETS}")
    first, stratum, _, precision, root_delay, root_dispersion, reference_id, updated, origin, received, sent = _HEADER.unpack(
        octets[:OCTETS]
    )
    # Before anything else: a kiss of somebody who has not seen the question would keep us from asking.
    # spec: RFC 5905 8
    if origin != int.from_bytes(nonce):
        raise Foreign("the origin timestamp is not the one that was sent")
    _check_head(first, stratum, reference_id)
    if not received or not sent:
        raise Unusable("the server says no time")
    there = _apart(sent, received)
    if there < timedelta():
        raise Unusable("the server says that it answered before it was asked")
    delay = elapsed - there
    # The smallest step of the server's clock may make up for the rest.
    step = timedelta(seconds=2.0 ** max(min(precision, 0), -30))
    if delay < -step:
        raise Unusable(f"the server says that it took {_ms(there)} to answer, and the answer was here after {_ms(elapsed)}")
    root = _root(root_delay, root_dispersion)
    if updated and _apart(sent, updated) < timedelta():
        raise Unusable("the server says that its clock was set after it answered")
    delay = max(delay, timedelta())
    # spec: RFC 5905 11.1; half of the way, all that lies above the server, and what clocks drift meanwhile
    within = delay / 2 + root + step + timedelta(microseconds=1) + elapsed * _DRIFT
    if within > MAX_DISTANCE:
        raise Unusable(
            f"the time is known to {_ms(within)} only: the answer took {_ms(elapsed)}; at most {_ms(MAX_DISTANCE)} is of use"
        )
    ours = _stamp(began)
    ahead = (_apart(ours, received) + _apart(ours, sent) + elapsed) / 2
    return Answer(Offset(ahead, within), stratum, delay)


def _check_head(first: int, stratum: int, reference_id: bytes) -> None:
    leap, version, mode = first >> 6, first >> 3 & 7, first & 7
    if mode != _SERVER:
        raise Unusable(f"mode {mode} is no answer of a server")
    # spec: RFC 5905 14; a server answers in the version of the question
    if version != 4:
        raise Unusable(f"answers in version {version} of NTP, 4 was asked for")
    if stratum == 0:
        # spec: RFC 5905 7.4
        raise Kiss("".join(chr(one) for one in reference_id if 0x20 < one < 0x7F) or "none")
    if leap == _ALARM:
        raise Unusable("the server's own clock is not synchronised (leap indicator 3)")
    if stratum > 15:
        raise Unusable(f"the server's own clock is not synchronised (stratum {stratum})")


def _root(delay: int, dispersion: int) -> timedelta:
    """How far the server may be from the truth, as it says."""
    # A root delay is signed in old versions; a negative one is as wrong as an absurd one.
    distance = delay / 65536 / 2 + dispersion / 65536
    # Source: RFC 5905 A.5.1.1
    if distance >= _MAX_DISPERSION:
        raise Unusable(f"the server says that it may be {distance:.0f} s off")
    return timedelta(seconds=distance)


def _stamp(at: datetime) -> int:
    """An instant as 64 bits: seconds since 1900 and their fraction, without the era."""
    since = at - _EPOCH
    return (((since.days * 86_400 + since.seconds) << 32) + (since.microseconds << 32) // 1_000_000) % _MODULUS


def _apart(one: int, other: int) -> timedelta:
    """`one` less `other`, whatever eras they are of: the nearer way round. Source: RFC 5905 6."""
    difference = (one - other) % _MODULUS
    if difference >= _MODULUS // 2:
        difference -= _MODULUS
    return timedelta(microseconds=difference * 1_000_000 / (1 << 32))


def _ms(length: timedelta) -> str:
    return f"{length / timedelta(milliseconds=1):.0f} ms"
