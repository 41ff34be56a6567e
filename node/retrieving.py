"""Gathers out of the log what a bundle of evidence needs, and makes the bundle. Source: reliability 4, 5.1 goal 16; the format of evidence, 5."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from typing import Any, Final

from node.customs.seal.algorithms import method_for
from node.customs.seal.token import read_token, token_of
from node.evidence import bundle as bundles
from node.evidence.authorities import Authorities
from node.evidence.bundle import Evidence, ProvenEntry, SignedCheckpoint, Stamp
from node.evidence.entry import Entry, EntryRefused, Kind
from node.evidence.manifest import FILE, Exchange, Signers, read_manifest
from node.evidence.manifest import Absent as Left
from node.evidence.merkle import Hashes, consistency, inclusion
from node.evidence.notes import NoteRefused, make_note, read_note
from node.evidence.report import reports
from node.evidence.report_pdf import FontRefused, every_report
from node.evidence.signed import NotSigned, open_signed
from node.msh.ports import Clock, Kept
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.keys import KeyUnavailable, KeyUseFailed, SigningKey
from node.security.path import Untrusted, find_path
from node.security.signed import issuers_of
from node.store.evidence import Absent, Numbered, Signed
from node.store.evidence import Evidence as StoredEvidence

#: What a bundle may hold of octets: it is made in memory, and so is its seal.
MOST_OCTETS: Final = 512 << 20
#: Entries of one bundle; each is two files.
MOST_ENTRIES: Final = 40_000
#: A second witness is looked for over so many further checkpoints that have a time: of a day, at one an hour.
MOST_WITNESSED: Final = 24
#: Exchanges of a bundle with a report as PDF, which is for printing.
MOST_PRINTED: Final = 200


class NothingThere(LookupError):
    """The log has no entry about a message, or none of a time."""


class NotRetrievable(Exception):
    """The evidence cannot be gathered or bundled; the text says why, and what to do."""


class NotSealable(NotRetrievable):
    """There is no key that seals a bundle; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, as the log tells it apart from others."""

    message_id: str
    partner: str
    #: `in` or `out`.
    direction: str


@dataclass(frozen=True, slots=True)
class Hands:
    """What retrieving needs beside the log."""

    clock: Clock
    #: The software and the node.
    made_by: str
    #: Signs a checkpoint over the whole log; and has a time put over it, or says why it has none.
    sign: Callable[[], int]
    stamp: Callable[[], str]
    #: The key that seals bundles.
    key: Callable[[], SigningKey]
    #: The anchors that this node trusts, and its own certificates with those above them.
    trusted: Callable[[], Sequence[Certificate]]
    own: Callable[[], Sequence[Sequence[Certificate]]]
    authority: Callable[[], Authorities | None] = lambda: None
    #: Whether the time is to stand on two authorities, under anchors of their own.
    independent: Callable[[], bool] = lambda: False
    font: Callable[[], bytes | None] = lambda: None


class Retrieving:
    """Bundles out of one log. What delays or is left out of a bundle, and does not stop it, is said in `troubles`."""

    def __init__(self, evidence: StoredEvidence, hands: Hands) -> None:
        self._evidence, self._hands = evidence, hands
        self.troubles: list[str] = []
        #: Whether the authority for time gave none a moment ago: it is not waited for twice.
        self._silent = False

    # -- which messages --------------------------------------------------------------------------------------------

    def named(self, message_id: str) -> list[Message]:
        """The messages that have this MessageId: one, but where two partners, or both sides, used the same."""
        found = (one.searched for one in self._evidence.of_message(message_id))
        return list(dict.fromkeys(Message(message_id, partner, way) for _, _, _, partner, way in found if partner and way))

    def between(self, partner: str, since: datetime, until: datetime) -> list[Message]:
        """The messages with a partner that were received or packaged at or after an instant and before another."""
        begun = self._evidence.begun(partner, since, until)
        return list(dict.fromkeys(Message(one.message_id, one.partner, one.direction) for one in begun))

    # -- gathering -------------------------------------------------------------------------------------------------

    def gather(
        self, messages: Iterable[Message], scope: Mapping[str, Any], *, ask: bool = True, octets: int = MOST_OCTETS
    ) -> Evidence:
        """Everything about some messages: their entries, the proofs of these, and what these name.

        What is not signed yet is signed now, and a time asked for unless `ask` says otherwise; of an authority that does not answer, `troubles` tells.
        Raises NothingThere, NotRetrievable, StorageUnavailable.
        """
        entries: dict[int, Numbered] = {}
        exchanges = []
        for one in messages:
            about = self._evidence.of_message(one.message_id, one.partner, one.direction)
            if not about:
                raise NothingThere(f"the log has no entry about message {one.message_id}")
            entries |= {found.number: found for found in about}
            exchanges.append(Exchange(one.message_id, one.partner, one.direction, tuple(found.number for found in about)))
            if len(entries) > MOST_ENTRIES:
                raise NotRetrievable(f"more than {MOST_ENTRIES:,} entries: make several bundles, each of a shorter time")
        if not entries:
            raise NothingThere("the log has no message of that time")
        numbers = sorted(entries)
        self._prove(numbers[-1], ask=ask)
        over = self._over(numbers)
        # Of an entry and its proof a file each; some for what is over them.
        files = bundles.BOUNDS.files - 2 * len(entries) - 6 * len(over.signed) - 20
        gathered = _Gathered(self._evidence, octets, files)
        for number in numbers:
            gathered.add(entries[number])
        # They remember what they read: neighbours have most of their proofs in common.
        hashes = self._evidence.hashes()
        checkpoints = [self._checkpoint(before, one, gathered, hashes) for before, one in pairwise([None, *over.signed])]
        return Evidence(
            log=over.signed[0].checkpoint.log,
            made_at=self._hands.clock.now(),
            made_by=self._hands.made_by,
            scope=scope,
            exchanges=tuple(exchanges),
            entries=tuple(
                ProvenEntry(number, entries[number].octets, size, tuple(_proof(inclusion, hashes, number - 1, size)))
                for number, size in over.sizes.items()
            ),
            checkpoints=tuple(checkpoints),
            signers=_Anchors(self._hands, gathered).signers([entries[number] for number in numbers], over.signed, checkpoints),
            objects=gathered.octets,
            absent=tuple(one for digest, one in gathered.absent.items() if digest not in gathered.octets),
        )

    def _prove(self, last: int, *, ask: bool) -> None:
        """See that every entry is under a checkpoint, and a time over that where it is to be had."""
        if self._evidence.checkpoint_over(last) is None:
            self._hands.sign()
        if self._evidence.checkpoint_over(last) is None:
            raise NotRetrievable(
                f"entry {last} of the log is under no checkpoint, and none can be signed now: n2n doctor --store says more"
            )
        if not ask or self._is_witnessed(last):
            return
        why = self._hands.stamp()
        if self._evidence.checkpoint_over(last, stamped=True) is None:
            self._silent = bool(why)
            self.troubles.append(
                f"no time of a third side stands over the newest entries yet, so theirs is that of the node alone; {why}"
            )
        elif not self._is_witnessed(last):
            self.troubles.append(f"one authority alone says the time of the newest entries; {why}")

    def _is_witnessed(self, last: int) -> bool:
        """Whether as many say the time of an entry as are wanted."""
        over = self._witnessed(last) if self._hands.independent() else self._evidence.checkpoint_over(last, stamped=True)
        return over is not None

    def _witnessed(self, number: int) -> Signed | None:
        """The first checkpoint that an entry is in whose time two authorities say, under anchors of their own."""
        authority = self._hands.authority()
        for _ in range(MOST_WITNESSED):
            over = self._evidence.checkpoint_over(number, stamped=True)
            if authority is None or over is None:
                return None
            with suppress(NoteRefused):
                if authority.are_apart([one.token for one in self._evidence.tokens(over.checkpoint.size)]):
                    return over
            number = over.checkpoint.size + 1
        return None

    def _over(self, numbers: Sequence[int]) -> "_Over":
        """For each entry the first checkpoint that it is in, and the first of those with a time; for all of them one that two say the time of."""
        found: dict[int, Signed] = {}
        sizes: dict[int, int] = {}
        first = stamped = 0
        unstamped = False
        for number in numbers:
            if number > first:
                first = self._put(found, self._evidence.checkpoint_over(number))
            if number > stamped and not unstamped:
                stamped = self._put(found, self._evidence.checkpoint_over(number, stamped=True))
                unstamped = not stamped
            sizes[number] = first
        if self._hands.independent():
            self._put(found, self._witnessed(numbers[-1]))
        return _Over([found[size] for size in sorted(found)], sizes)

    def _put(self, found: dict[int, Signed], signed: Signed | None) -> int:
        if signed is None:
            return 0
        size = signed.checkpoint.size
        found[size] = signed
        return size

    def _checkpoint(
        self, before: Signed | None, signed: Signed | None, gathered: "_Gathered", hashes: Hashes
    ) -> SignedCheckpoint:
        assert signed is not None
        size = signed.checkpoint.size
        stamps = [Stamp(one.note, one.token) for one in self._evidence.tokens(size)]
        for stamp in stamps:
            for digest in read_note(stamp.note).evidence:
                gathered.keep(digest, f"a note over checkpoint {size}")
        # A note without a token says which octets an authority will stamp, or another one later.
        notes = stamps or [Stamp(make_note(signed.octets, signed.signature))]
        for digest in signed.signers:
            gathered.keep(digest, f"the signature of checkpoint {size}")
        path = _proof(consistency, hashes, before.checkpoint.size, size) if before else []
        return SignedCheckpoint(signed.octets, signed.signature, tuple(notes), tuple(path))

    # -- bundling --------------------------------------------------------------------------------------------------

    def sealer(self) -> SigningKey:
        """The key that seals. Raises NotSealable where it cannot."""
        try:
            key = self._hands.key()
            method_for(key.certificate.public_key)
        except (LookupError, KeyUnavailable) as problem:
            raise NotSealable(f"no bundle can be sealed now: {problem}") from None
        except ValueError as problem:
            raise NotSealable(
                f"no bundle can be sealed: {problem}; name another key of certs/own in node.toml: [evidence] seal"
            ) from None
        return key

    def bundle(self, evidence: Evidence, *, redact: bool = False) -> bytes:
        """The bundle, sealed, with its reports; stamped where an authority answers, of which else `troubles` tells. Raises NotRetrievable."""
        shown = bundles.redacted(evidence) if redact else evidence
        key = self.sealer()
        try:
            files = bundles.files_of(shown)
            authority = self._hands.authority()
            if authority is not None and not self._silent:
                try:
                    return self._stamped(shown, key, authority)
                except OSError as problem:
                    self.troubles.append(f"the seal has no time-stamp, since the authority for time does not answer: {problem}")
            return bundles.seal_bundle(files, key, shown.made_at, reporting=self._reports)
        except (bundles.BundleImpossible, KeyUseFailed, KeyUnavailable) as problem:
            raise NotRetrievable(f"no bundle can be made: {problem}") from None

    def _stamped(self, shown: Evidence, key: SigningKey, authority: Authorities) -> bytes:
        """Sealed, with a time. Who vouches for the authority of now may be another than for those of the log, and is named as well."""
        asked = _Overheard(authority)
        octets = bundles.seal_bundle(bundles.files_of(shown), key, shown.made_at, reporting=self._reports, authority=asked)
        anchor = asked.anchor
        if anchor is None or anchor.sha256 in shown.signers.time:
            return octets
        signers = replace(shown.signers, time=(*shown.signers.time, anchor.sha256))
        return self._stamped(
            replace(shown, signers=signers, objects={**shown.objects, anchor.sha256: anchor.der}), key, authority
        )

    def _reports(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        at = self._hands.clock.now()
        if len(read_manifest(files[FILE]).exchanges) > MOST_PRINTED:
            self.troubles.append(
                f"there is no report as PDF, since there are more than {MOST_PRINTED} messages; the pages tell all of them"
            )
            return reports(files, at)
        try:
            return every_report(files, at, self._hands.font())
        except FontRefused as problem:
            self.troubles.append(f"the PDF is in English alone: {problem}")
            return every_report(files, at)


@dataclass(slots=True)
class _Overheard:
    """`ports.TimestampAuthority`, and who vouches for the one that answered."""

    authority: Authorities
    anchor: Certificate | None = None

    def stamp(self, request: bytes) -> bytes:
        response = self.authority.stamp(request)
        self.anchor = self.authority.judge(token_of(response)).anchor
        return response


@dataclass(frozen=True, slots=True)
class _Over:
    """Checkpoints by size, the smallest first, and by the number of each entry the size of that which it is proven in."""

    signed: list[Signed]
    sizes: Mapping[int, int]


class _Gathered:
    """Octets by their SHA-256, each read once."""

    def __init__(self, evidence: StoredEvidence, most: int, files: int) -> None:
        self._evidence, self._left, self._most, self._files = evidence, most, most, files
        self.octets: dict[str, bytes] = {}
        self.absent: dict[str, Left] = {}

    def add(self, numbered: Numbered) -> None:
        """What an entry names. Raises NotRetrievable."""
        try:
            objects = numbered.entry.objects
        except EntryRefused as refused:
            raise NotRetrievable(f"entry {numbered.number} {refused}: n2n doctor --store says what else is damaged") from None
        if all(digest in self.octets for digest in objects.values()):
            return
        for name, kept in self._evidence.objects(numbered).items():
            digest = objects[name]
            if isinstance(kept, Absent):
                self._leave(numbered, name, digest, kept)
            elif digest not in self.octets:
                self._read(kept, digest, f"entry {numbered.number}, {name}")

    def keep(self, digest: str, where: str) -> None:
        """Octets that are kept for good. Raises NotRetrievable."""
        if digest in self.octets:
            return
        kept = self._evidence.object(digest)
        if kept is None:
            raise NotRetrievable(
                f"{where} names {digest}, which is not in the store: n2n doctor --store says what else is damaged"
            )
        self._read(kept, digest, where)

    def put(self, octets: bytes) -> str:
        """Octets that come from elsewhere, such as a certificate of this home; their SHA-256."""
        digest = hashlib.sha256(octets).hexdigest()
        self.octets.setdefault(digest, octets)
        return digest

    def certificate(self, digest: str) -> Certificate | None:
        """That of a SHA-256; None where it is not here, or none."""
        with suppress(CertificateRefused):
            return Certificate(self.octets[digest]) if digest in self.octets else None
        return None

    def _leave(self, numbered: Numbered, name: str, digest: str, kept: Absent) -> None:
        if kept.why != "purged":
            raise NotRetrievable(
                f"entry {numbered.number} names {name} ({digest}), which is not in the store, and no rule removed it:"
                " n2n doctor --store says what else is damaged"
            )
        self.absent[digest] = Left(digest, "purged", kept.rule, datetime.fromisoformat(kept.at))

    def _read(self, kept: Kept, digest: str, where: str) -> None:
        self._left -= kept.size
        if self._left < 0:
            raise NotRetrievable(
                f"more than {self._most >> 20} MiB of octets, and a bundle is made in memory: make several, each of a shorter time"
            )
        if len(self.octets) >= self._files:
            raise NotRetrievable(f"more than {bundles.BOUNDS.files:,} files: make several bundles, each of a shorter time")
        octets = b"".join(bytes(chunk) for chunk in kept.chunks())
        if (found := hashlib.sha256(octets).hexdigest()) != digest:
            raise NotRetrievable(
                f"{where} names {digest}, and what lies there has {found}: n2n doctor --store says what else is damaged"
            )
        self.octets[digest] = octets
        self.absent.pop(digest, None)


class _Anchors:
    """On which certificates the signatures of a bundle rest, as far as this node knows."""

    def __init__(self, hands: Hands, gathered: _Gathered) -> None:
        self._gathered = gathered
        self._trusted, self._own = tuple(hands.trusted()), hands.own()
        self._known: dict[tuple[str, ...], str] = {}

    def signers(self, entries: Iterable[Numbered], signed: Sequence[Signed], stamped: Iterable[SignedCheckpoint]) -> Signers:
        """All of them by their SHA-256; their octets are gathered."""
        node: dict[str, None] = {}
        partners: dict[str, dict[str, None]] = {}
        for chain in self._own:
            # Receipts of ours name their signer, and not what is above it.
            digests = [self._gathered.put(one.der) for one in chain]
            node |= self._of(digests, signed[-1].checkpoint.at)
        for one in signed:
            node |= self._of(one.signers, one.checkpoint.at)
        for numbered in entries:
            entry = numbered.entry
            if "signer" in entry.objects:
                of = node if entry.kind is Kind.PACKAGED else partners.setdefault(entry.about.get("partner", ""), {})
                of |= self._of([entry.objects["signer"], *_above(entry)], entry.at)
            if entry.kind is Kind.RECEIVED and "receipt" in entry.objects:
                node |= self._of_receipt(entry)
        order = dict.fromkeys(digest for one in reversed(signed) for digest in one.signers)
        said = {name: tuple(row) for name, row in partners.items() if name}
        return Signers(tuple(order), tuple(node), said, tuple(self._of_time(stamped)))

    def _of_receipt(self, entry: Entry) -> dict[str, None]:
        """Of a key that we have no longer, where the receipt carries the certificate."""
        octets = self._gathered.octets.get(entry.objects["receipt"], b"")
        with suppress(NotSigned, CertificateRefused):
            named = open_signed(octets).signature.signer
            if named.kind == "bst":
                return self._of([self._gathered.put(named.octets)], entry.at)
        return {}

    def _of(self, path: Sequence[str], at: datetime) -> dict[str, None]:
        """The anchor of a signer, which is first, and those above it."""
        key = tuple(path)
        if key not in self._known:
            self._known[key] = self._anchor(path, at)
        return {self._known[key]: None} if self._known[key] else {}

    def _anchor(self, path: Sequence[str], at: datetime) -> str:
        held = [one for one in map(self._gathered.certificate, path) if one is not None]
        if not held:
            return ""
        signer, above = held[0], held[1:]
        # What the verdict rested on then; else who is trusted now; else whoever pinned it stands for it alone.
        for anchors in (above[-1:], self._trusted):
            with suppress(Untrusted):
                return self._gathered.put(find_path(signer, above, anchors, at)[-1].der)
        return self._gathered.put(signer.der)

    def _of_time(self, stamped: Iterable[SignedCheckpoint]) -> dict[str, None]:
        """Of each token the anchor that this node trusts, else the highest certificate that came with it."""
        found: dict[str, None] = {}
        named = [digest for one in stamped for stamp in one.stamps for digest in read_note(stamp.note).evidence]
        beside = [one for one in map(self._gathered.certificate, named) if one is not None]
        tokens = [stamp.token for one in stamped for stamp in one.stamps if stamp.token is not None]
        for token in tokens:
            with suppress(DerRefused, CertificateRefused):
                carried = [Certificate(der) for der in read_token(token).certificates]
                found |= dict.fromkeys(map(self._gathered.put, self._above_all(carried, beside)))
        return found

    def _above_all(self, carried: Sequence[Certificate], beside: Sequence[Certificate]) -> list[bytes]:
        trusted = [top for one in carried for top in issuers_of(one, self._trusted)]
        pool = [*carried, *beside]
        tops = trusted or [one for one in carried if next(issuers_of(one, pool), None) is None]
        return list(dict.fromkeys(one.der for one in tops))


def _proof(prove: Callable[[Hashes, int, int], list[bytes]], hashes: Hashes, place: int, size: int) -> list[bytes]:
    try:
        return prove(hashes, place, size)
    except LookupError as problem:
        raise NotRetrievable(f"the tree of the log has a gap: {problem}: n2n doctor --store says what else is damaged") from None


def software() -> str:
    """What this is, as a bundle names it."""
    try:
        return f"n2n {version('customs-n2n-node')}"
    except PackageNotFoundError:
        return "n2n, from a checkout"


def _above(entry: Entry) -> list[str]:
    held = [(name, digest) for name, digest in entry.objects.items() if name.startswith("signer-path-")]
    return [digest for _, digest in sorted(held, key=lambda one: int(one[0].rpartition("-")[2]))]
