"""Authorities for time, asked one after the other; none is believed before its token was judged. Source: DESIGN 6; RFC 3161 2.2."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from node.customs.seal.ports import TimestampAuthority
from node.customs.seal.token import DIGESTS, read_token, token_of
from node.evidence.notes import NoteRefused, Stamped, judge_stamp
from node.msh.ports import Clock
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import INTEGER, OCTET_STRING, SEQUENCE, DerRefused, read
from node.security.revocation import Source

#: How far the time of a token may be from the clock of whoever asks for it.
APART: Final = timedelta(minutes=5)
#: So long an authority that failed is asked after all others.
REST: Final = timedelta(minutes=10)
#: How often the same is told of one authority.
_AGAIN: Final = timedelta(hours=1)


class NotHeard(ConnectionError):
    """No authority gave a token that holds; the text says of each why."""


class NotAsked(ConnectionError):
    """Nobody was asked, since the node stops; nothing follows from it."""


@dataclass(frozen=True, slots=True)
class Named:
    """An authority, and what it is called where something is said of it."""

    name: str
    authority: TimestampAuthority


@dataclass(slots=True)
class Heard:
    """What is remembered of authorities from one sweep to the next, by their names."""

    #: When one failed last.
    failed: dict[str, datetime] = field(default_factory=dict)
    #: The SHA-256 of the anchor that its last token stands under.
    anchors: dict[str, str] = field(default_factory=dict)
    #: What was told of it last, and when.
    told: dict[str, tuple[str, datetime]] = field(default_factory=dict)


@dataclass(frozen=True)
class Authorities:
    """`ports.TimestampAuthority`: the first of several, in the order of preference, whose token holds."""

    asked: Sequence[Named]
    #: Who is trusted to vouch for authorities for time, and what tells of revocations.
    anchors: Sequence[Certificate]
    sources: Sequence[Source]
    clock: Clock
    alarm: Callable[[str], None]
    heard: Heard = field(default_factory=Heard)
    #: The SHA-256 of anchors under which a token is not wanted now.
    beside: frozenset[str] = frozenset()

    def apart(self, tokens: Sequence[bytes]) -> "Authorities":
        """The same, for a token that stands under another anchor than any of these do. Raises NoteRefused."""
        return replace(self, beside=self._anchors_of(tokens))

    def are_apart(self, tokens: Sequence[bytes]) -> bool:
        """Whether some of these stand under different anchors. Raises NoteRefused."""
        return len(self._anchors_of(tokens)) > 1

    def _anchors_of(self, tokens: Sequence[bytes]) -> frozenset[str]:
        return frozenset(self.judge(one).anchor.sha256 for one in tokens)

    def judge(self, token: bytes, others: Sequence[bytes] = ()) -> Stamped:
        """A token as it is judged here, whatever it stamps; `others` are further certificates, DER. Raises NoteRefused."""
        try:
            return judge_stamp(read_token(token), others, self.anchors, self.sources)
        except (DerRefused, CertificateRefused) as problem:
            raise NoteRefused(str(problem)) from None

    def stamp(self, request: bytes) -> bytes:
        """The TimeStampResp of the first authority whose token holds. Raises NotHeard, NotAsked, DerRefused for a request that is none."""
        wanted = _Request.read(request)
        problems = []
        for one in self._order():
            try:
                response = one.authority.stamp(request)
                held = self._believed(response, wanted)
            except NotAsked:
                raise
            except OSError as problem:
                problems.append(self._failed(one, f"does not answer: {problem}"))
            except (NoteRefused, DerRefused, CertificateRefused) as problem:
                problems.append(self._failed(one, f"is not believed: {problem}"))
            else:
                self.heard.anchors[one.name] = held.anchor.sha256
                if held.anchor.sha256 not in self.beside:
                    self.heard.failed.pop(one.name, None)
                    return response
                problems.append(f"{one.name} stands under {held.anchor.subject}, as the token before does")
        raise NotHeard("; ".join(problems) or "no authority is named that stands under another anchor than the tokens before")

    def _order(self) -> Iterator[Named]:
        now = self.clock.now()
        wanted = [one for one in self.asked if self.heard.anchors.get(one.name) not in self.beside]

        def rests(one: Named) -> bool:
            failed = self.heard.failed.get(one.name)
            return failed is not None and timedelta(0) <= now - failed < REST

        yield from sorted(wanted, key=rests)

    def _believed(self, response: bytes, wanted: "_Request") -> Stamped:
        """Raises NoteRefused, DerRefused, CertificateRefused."""
        octets = token_of(response)
        token = read_token(octets)
        if token.imprint != wanted.imprint:
            raise NoteRefused("it stamps something else than it was asked to")
        if token.nonce != wanted.nonce:
            raise NoteRefused("it has another nonce than the request: the answer to somebody else, or an old one")
        held = self.judge(octets)
        apart = token.time - self.clock.now()
        if abs(apart) > APART:
            raise NoteRefused(
                f"it says {token.time:%Y-%m-%d %H:%M:%S} UTC, {abs(apart)} {'ahead of' if apart > timedelta(0) else 'behind'} "
                "this machine's clock: one of the two is wrong (n2n time)"
            )
        return held

    def _failed(self, one: Named, what: str) -> str:
        now = self.clock.now()
        self.heard.failed[one.name] = now
        told = self.heard.told.get(one.name)
        if told is None or told[0] != what or not timedelta(0) <= now - told[1] < _AGAIN:
            self.heard.told[one.name] = what, now
            self.alarm(f"the authority for time {one.name} {what}")
        return f"{one.name} {what}"


@dataclass(frozen=True, slots=True)
class _Request:
    """What a TimeStampReq asks for. Source: RFC 3161 2.4.1."""

    imprint: tuple[str, bytes]
    nonce: int | None

    @classmethod
    def read(cls, octets: bytes) -> "_Request":
        """Raises DerRefused."""
        fields = read(octets).fields(INTEGER, SEQUENCE)
        algorithm, imprint = fields[1].fields(SEQUENCE, OCTET_STRING)[:2]
        name = DIGESTS.get(algorithm.first().name)
        if name is None:
            raise DerRefused("a request with a digest that is not used here")
        return cls((name, imprint.content), next((one.number for one in fields[2:] if one.tag == INTEGER), None))
