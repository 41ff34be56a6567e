"""Makes the log of evidence provable: tiles of its tree, signed checkpoints, times from a third side, and their renewal. Sweeps, harmless when done twice."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from node.customs.seal.token import read_token
from node.evidence.authorities import Authorities, NotAsked
from node.evidence.chain import NOTHING, Link, first_break, leaf_hash
from node.evidence.checkpoint import Checkpoint, CheckpointRefused, sign
from node.evidence.entry import Clock as Offset
from node.evidence.merkle import holds_consistency, root
from node.evidence.notes import NoteRefused, algorithms, make_note, stamp
from node.msh.ports import Clock
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.keys import KeyUnavailable, KeyUseFailed, SigningKey
from node.store.evidence import Evidence, Log, Signed, Stamped

#: An authority that does not answer is asked again after so long, each time twice as long, at most `SELDOM`.
SOON: Final = timedelta(minutes=1)
SELDOM: Final = timedelta(hours=1)
#: An authority whose certificate is still the same is asked for a renewal once a day.
AGAIN_TOMORROW: Final = timedelta(days=1)
#: Renewals in one sweep at most.
MOST: Final = 50
#: How often the same alarm is repeated.
_AGAIN: Final = timedelta(hours=1)

log = logging.getLogger("node.proving")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often what is made."""

    checkpoint: timedelta = timedelta(seconds=60)
    stamp: timedelta = timedelta(hours=1)
    #: So long before the certificate of a token's authority ends, or an algorithm of it, a further token is fetched.
    renew_before: timedelta = timedelta(days=90)
    #: Whether a second authority, under another anchor, says the time as well.
    independent: bool = False
    #: Until when algorithms are taken to be safe, by their names in `notes.algorithms`.
    ends: Mapping[str, datetime] = field(default_factory=dict)


class NoGain(Exception):
    """A further token would hold no longer than the one that it renews."""


@dataclass(slots=True)
class Rest:
    """How long nobody is asked, after asking has failed so many times in a row."""

    failures: int = 0
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether one may ask."""
        return self.until is None or now >= self.until

    def begin(self, now: datetime) -> timedelta:
        """Once more it failed; how long it is rested."""
        self.failures += 1
        rest: timedelta = min(SOON * 2 ** min(self.failures - 1, 10), SELDOM)
        self.until = now + rest
        return rest

    def end(self) -> None:
        """It went well."""
        self.failures, self.until = 0, None


class Proving:
    """Sweeps over one log; `beside` gives the certificates and revocation lists by which a token is verified, beside those that it carries."""

    def __init__(
        self,
        evidence: Evidence,
        key: Callable[[], SigningKey],
        clock: Clock,
        offset: Callable[[], Offset | None],
        rhythm: Callable[[], Rhythm],
        authorities: Callable[[], Authorities | None] = lambda: None,
        beside: Callable[[Sequence[Certificate]], Sequence[bytes]] = lambda _certificates: (),
    ) -> None:
        self._evidence, self._key, self._clock, self._offset = evidence, key, clock, offset
        self._rhythm, self._authorities, self._beside = rhythm, authorities, beside
        self._stamping, self._witnessing = Rest(), Rest()
        self._renew_at: datetime | None = None
        #: The ends of algorithms by which the tokens that are kept were judged.
        self._judged_by: Mapping[str, datetime] = {}
        self._told: tuple[str, datetime] | None = None

    # -- what this node says of itself -----------------------------------------------------------------------------

    def tiles(self) -> int:
        """Write the tiles that are complete; how many. Raises StorageUnavailable."""
        return self._evidence.add_tiles()

    def checkpoint(self, *, now: bool = False) -> int:
        """Sign what the log is, where it has grown and the time has come, or at once; how many. Raises StorageUnavailable."""
        found, last, at = self._evidence.log(), self._evidence.last_checkpoint(), self._clock.now()
        before = last.checkpoint if last else None
        if found is None or (before is not None and found.size <= before.size):
            return 0
        if before is not None and not now and timedelta(0) <= at - before.at < self._rhythm().checkpoint:
            return 0
        if trouble := self._trouble(found, before):
            self._alarm(f"{trouble}; nothing is signed over it, n2n doctor --store says more", at)
            return 0
        try:
            top = root(self._evidence.hashes(), found.size)
        except LookupError as problem:
            self._alarm(f"the tree of the log of evidence has gaps: {problem}", at)
            return 0
        made = Checkpoint(found.name, found.size, top, found.chain, at, self._offset())
        if before is not None and not self._continues(before, made):
            self._alarm(f"the tree does not continue checkpoint {before.size}: a tile was changed", at)
            return 0
        try:
            key = self._key()
            signature = sign(made, key)
        except (LookupError, KeyUseFailed, KeyUnavailable, CheckpointRefused) as error:
            self._alarm(f"no checkpoint can be signed now: {error}", at)
            return 0
        self._evidence.add_checkpoint(made, signature, [one.der for one in key.chain[::-1]])
        return 1

    def _trouble(self, found: Log, before: Checkpoint | None) -> str:
        """Why what was written since the last checkpoint is not one chain; empty where it is."""
        size, chain = (before.size, before.chain) if before else (0, NOTHING)
        links = [
            Link(number, octets, leaf_hash(octets), value) for number, octets, value in self._evidence.links(size, found.size)
        ]
        broken = first_break(links, chain, size + 1)
        if broken is not None:
            return f"entry {broken.number} of the log of evidence: {broken.what}"
        if len(links) != found.size - size or (links and links[-1].chain != found.chain):
            return f"the log of evidence ends at {size + len(links)}, and its head says {found.size}"
        return ""

    def _continues(self, before: Checkpoint, made: Checkpoint) -> bool:
        path = self._evidence.consistency(before.size, made.size)
        return holds_consistency(before.size, made.size, path, before.root, made.root)

    # -- what a third side says ------------------------------------------------------------------------------------

    def stamps(self) -> int:
        """Fetch a time for the newest checkpoint, where that is due, and renew what ends; how many tokens came. Raises StorageUnavailable.

        An authority that does not answer is asked later; nothing waits for it.
        """
        authorities, now = self._authorities(), self._clock.now()
        if authorities is None:
            return 0
        self._restate()
        done = self._asked(self._stamping, lambda: self._stamp_newest(authorities, now) + self._renew(authorities, now))
        if self._rhythm().independent:
            done += self._asked(self._witnessing, lambda: self._witness(authorities))
        return done

    def _asked(self, rest: Rest, work: Callable[[], int]) -> int:
        now = self._clock.now()
        if not rest.is_over(now):
            return 0
        try:
            done = work()
        except NotAsked:
            return 0
        except (NoteRefused, DerRefused, CertificateRefused, OSError) as problem:
            self._alarm(f"no time stamp came, asked again in {rest.begin(now)}: {problem}", now)
            return 0
        rest.end()
        return done

    def stamp_now(self) -> str:
        """Fetch a time for the newest checkpoint at once, and that of a second witness where it is wanted; what is missing then, or nothing.

        Raises StorageUnavailable.
        """
        authorities, wanted = self._authorities(), self._evidence.unstamped()
        if authorities is None:
            return "node.toml names no authority for time: [evidence] time_stamp_authority" if wanted else ""
        try:
            if wanted is not None:
                self._stamp(wanted, authorities)
            if self._rhythm().independent:
                self._witness(authorities)
        except (NoteRefused, DerRefused, CertificateRefused, OSError) as problem:
            return f"the authority for time gave none: {problem}"
        return ""

    def _stamp_newest(self, authorities: Authorities, now: datetime) -> int:
        wanted = self._unstamped(now)
        return 0 if wanted is None else self._stamp(wanted, authorities)

    def _renew(self, authorities: Authorities, now: datetime) -> int:
        if self._renew_at is not None and now < self._renew_at:
            return 0
        done = 0
        for size in self._evidence.ending(now + self._rhythm().renew_before, MOST):
            checkpoint = self._evidence.checkpoint(size)
            try:
                done += self._stamp(checkpoint, authorities, gain=True) if checkpoint else 0
            except NoGain as problem:
                # The others of this authority end no later.
                self._renew_at = now + AGAIN_TOMORROW
                self._alarm(f"time stamps that end soon cannot be renewed: {problem}", now)
                break
        return done

    def _witness(self, authorities: Authorities) -> int:
        """A token of another authority over the newest checkpoint that has one, where none is there yet."""
        size = self._evidence.last_stamped_size()
        over = self._evidence.checkpoint(size) if size else None
        if over is None:
            return 0
        held = [one.token for one in self._evidence.tokens(size)]
        return 0 if authorities.are_apart(held) else self._stamp(over, authorities.apart(held))

    def _unstamped(self, now: datetime) -> Signed | None:
        last = self._evidence.last_stamped()
        if last is not None and timedelta(0) <= now - last.at < self._rhythm().stamp:
            return None
        return self._evidence.unstamped()

    def _stamp(self, over: Signed, authorities: Authorities, *, gain: bool = False) -> int:
        """One token more over a checkpoint: the first, or one over those before. Raises NoGain, NoteRefused, StorageUnavailable, and what asking raises."""
        earlier = self._evidence.tokens(over.checkpoint.size)
        carried = [read_token(one.token).certificates for one in earlier]
        certificates = [Certificate(der) for der in dict.fromkeys(der for some in carried for der in some)]
        verifying = [*(one.der for one in certificates), *self._beside(certificates)] if earlier else []
        note = make_note(over.octets, over.signature, [one.token for one in earlier], verifying)
        octets = stamp(note, authorities)
        held = authorities.judge(octets)
        ends = self._ends(held.good_until, held.algorithms)
        if gain and earlier and ends <= earlier[-1].ends_at:
            raise NoGain(f"a further token of {held.path[0].subject} ends {ends:%Y-%m-%d}, no later than the one before")
        made = Stamped(len(earlier), note, octets, held.token.time, ends)
        self._evidence.add_token(over.checkpoint.size, made, verifying)
        return 1

    def _ends(self, at: datetime, names: Sequence[str]) -> datetime:
        ends = self._rhythm().ends
        return min([at, *(ends[one] for one in names if one in ends)])

    def _restate(self) -> None:
        """Where an end of an algorithm was made known: say so of the tokens that rest on it, so that they are renewed. Raises StorageUnavailable."""
        if self._judged_by == self._rhythm().ends:
            return
        for size, stamped in self._evidence.last_tokens():
            token = read_token(stamped.token)
            ends = self._ends(stamped.ends_at, algorithms(token, map(Certificate, token.certificates)))
            if ends < stamped.ends_at:
                self._evidence.restate_token(size, stamped.number, ends)
        self._judged_by = self._rhythm().ends

    def _alarm(self, what: str, now: datetime) -> None:
        told = self._told
        if told is None or told[0] != what or now - told[1] >= _AGAIN:
            self._told = what, now
            log.error("ALARM: %s", what)
