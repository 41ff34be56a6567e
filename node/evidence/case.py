"""What the checks of a bundle work on: its files by what they are, whom it names as anchors, and the moment of the verification."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from node.customs.seal.memory import Memory
from node.customs.seal.status import check_revocation
from node.evidence.checkpoint import Checkpoint
from node.evidence.earliest import Earliest
from node.evidence.entry import Entry
from node.evidence.manifest import STAMP, Manifest
from node.evidence.notes import NoteRefused, read_note, sha256
from node.security.certificates import Certificate, CertificateRefused
from node.security.crl import Crl
from node.security.path import find_path
from node.security.path_policy import PATH_ALONE
from node.security.revocation import (
    RevocationList,
    RevocationRefused,
    Revoked,
    Source,
    StatusAnswer,
    find_revocation,
    is_authority,
)
from node.security.signed import issuers_of
from node.security.status import Held, Status, StatusJudge
from node.security.trust import Untrusted

#: How far the clock of an authority may be ahead of that of the verification.
AHEAD: Final = timedelta(minutes=5)
#: Whose anchors they are: `Case.known_of`.
NODE: Final = "node"
TIME: Final = "time"


@dataclass(slots=True)
class Case:
    """A bundle under verification."""

    files: Mapping[str, bytes]
    manifest: Manifest
    at: datetime
    #: SHA-256 of the certificates that whoever verifies knows by another way; None where nothing was said of it.
    known: frozenset[str] | None = None
    #: Those that are known as anchors of one side alone: `node`, `time`, `partner NAME`.
    known_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Algorithms that are no longer safe, and since when: `sha256`, `rsa2048`, `secp256r1`.
    fallen: Mapping[str, datetime] = field(default_factory=dict)
    #: Octets by their SHA-256, where the name of the file is right.
    objects: dict[str, bytes] = field(init=False)
    #: Filled by the checks in their order.
    entries: dict[int, Entry] = field(init=False, default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(init=False, default_factory=dict)
    #: The time of the first token over each checkpoint, where one holds.
    stamped: dict[int, datetime] = field(init=False, default_factory=dict)
    #: Sizes of those whose tokens can no longer be verified.
    aged: set[int] = field(init=False, default_factory=set)
    #: SHA-256 of the certificates with which the node itself signed something in here.
    own: set[str] = field(init=False, default_factory=set)
    memory: Memory = field(init=False, default_factory=Memory)
    _revocation: "Everything | None" = field(init=False, default=None)
    _earliest: tuple[tuple[int, int], Earliest] | None = field(init=False, default=None)
    _signers: list[Certificate] | None = field(init=False, default=None)
    _authorities: list[Certificate] | None = field(init=False, default=None)
    #: The numbers of the notes and tokens over each checkpoint, and the certificates that notes name.
    stamps: dict[int, int] = field(init=False, default_factory=dict)
    _of_notes: list[Certificate] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        named = ((name.removeprefix("objects/"), octets) for name, octets in self.files.items() if name.startswith("objects/"))
        self.objects = {digest: octets for digest, octets in named if sha256(octets) == digest}

    def last_stamp(self, size: int) -> int:
        """One more than the highest number of a note or token over a checkpoint."""
        if not self.stamps:
            for name in self.files:
                if read := STAMP.match(name):
                    at, number = int(read[1]), int(read[2]) + 1
                    self.stamps[at] = max(number, self.stamps.get(at, 0))
        return self.stamps.get(size, 0)

    def before(self, number: int) -> datetime | None:
        """The time of the first token over a checkpoint that an entry is in; None where there is none."""
        known = len(self.stamped), len(self.aged)
        if self._earliest is None or self._earliest[0] != known:
            held = {size: time for size, time in self.stamped.items() if size not in self.aged}
            self._earliest = known, Earliest(held)
        return self._earliest[1].over(number)

    def of_notes(self) -> list[Certificate]:
        """The certificates by which notes say that tokens are verified."""
        if self._of_notes is None:
            self._of_notes = self.certificates(self.digests_of_notes())
        return self._of_notes

    def digests_of_notes(self) -> dict[str, None]:
        """The digests of all evidence that notes name."""
        digests: dict[str, None] = {}
        for name, octets in self.files.items():
            if STAMP.match(name) and name.endswith(".json"):
                with suppress(NoteRefused):
                    digests |= dict.fromkeys(read_note(octets).evidence)
        return digests

    def certificate(self, digest: str) -> Certificate | None:
        """The certificate of this SHA-256; None where it is not in here, or is none."""
        der = self.objects.get(digest)
        if der is None:
            return None
        try:
            return self.memory.certificate(der)
        except CertificateRefused:
            return None

    def certificates(self, digests: Iterable[str]) -> list[Certificate]:
        """Those that are in here."""
        return [one for one in map(self.certificate, digests) if one is not None]

    def node_anchors(self) -> list[Certificate]:
        """The anchors of the node that count."""
        return self._anchors(NODE, self.manifest.signers.node)

    def time_anchors(self) -> list[Certificate]:
        """Those of authorities for time."""
        return self._anchors(TIME, self.manifest.signers.time)

    def partner_anchors(self, partner: str) -> list[Certificate]:
        """Those of a partner."""
        return self._anchors(of_partner(partner), self.manifest.signers.partners.get(partner, ()))

    def _anchors(self, whose: str, digests: Iterable[str]) -> list[Certificate]:
        return self.certificates(one for one in digests if self.is_known(whose, one) is not False)

    def is_known(self, whose: str, digest: str) -> bool | None:
        """Whether whoever verifies knows a certificate as an anchor of this side; None where nothing was said of any."""
        if self.known is None and not self.known_of:
            return None
        return digest in (self.known or ()) or digest in self.known_of.get(whose, ())

    def named(self, entry: Entry, prefix: str) -> list[str]:
        """The digests of an entry whose names begin so, in the order of their numbers."""
        held = [(name, digest) for name, digest in entry.objects.items() if name.startswith(prefix)]
        return [digest for name, digest in sorted(held, key=lambda one: (len(one[0]), one[0]))]

    def path_of(self, signer: Certificate, entry: Entry, anchors: Sequence[Certificate]) -> tuple[Certificate, ...]:
        """The path of a signer at the time of an entry. Raises Untrusted where there is none, or one of it was revoked by then."""
        named = self.named(entry, "signer-path-")
        pool = self.certificates(named)
        _check_above(signer, pool, len(named))
        path = find_path(signer, pool, anchors, entry.at)
        self.check_status(path, entry.at)
        for status in self._statuses(path, pool, entry):
            if status.state == "revoked" and status.since is not None and status.since <= entry.at:
                raise Untrusted(f"{status.subject}: {status.why}")
        return path

    def check_status(self, path: Sequence[Certificate], at: datetime) -> None:
        """Raises Untrusted for a certificate of the path that was revoked by then, as far as anything in the bundle tells."""
        check_revocation(path, at, [self.revocation()])

    def told(self, path: Sequence[Certificate], entry: Entry) -> bool:
        """Whether what an entry names vouches that none of the path was revoked then."""
        pool = self.certificates(self.named(entry, "signer-path-"))
        return all(one.state == "good" for one in self._statuses(path, pool, entry))

    def check_good(self, path: Sequence[Certificate], entry: Entry) -> None:
        """Raises Untrusted where an entry says that its signer was not revoked, and nothing that it names shows that."""
        verified = entry.facts.get("verified")
        if not isinstance(verified, dict) or verified.get("revocation") != "good" or len(path) == 1:
            return
        pool = self.certificates(self.named(entry, "signer-path-"))
        (*_, status) = self._statuses(path, pool, entry)
        if status.state != "good":
            raise Untrusted(f"the entry says that it was not revoked, and nothing that it names shows that: {status}")

    def _statuses(self, path: Sequence[Certificate], pool: Sequence[Certificate], entry: Entry) -> list[Status]:
        """By the lists and answers of the entry itself, delta and indirect lists among them."""
        lists: list[Crl] = []
        answers: list[StatusAnswer] = []
        for digest in self.named(entry, "revocation-"):
            _read(self.objects.get(digest, b""), [], lists, answers)
        return StatusJudge(Held(tuple(lists), tuple(answers)), pool, [path[-1]], entry.at, PATH_ALONE).of_path(path)

    def revocation(self) -> "Everything":
        """What all lists and answers of the bundle tell, as one source."""
        if self._revocation is None:
            sources: list[Source] = []
            for octets in self.objects.values():
                # A list and an answer are DER, as a certificate is; a certificate is read as neither.
                if octets[:1] == b"\x30":
                    _read(octets, sources, [], [])
            self._revocation = Everything(sources)
        return self._revocation

    def signers(self) -> list[Certificate]:
        """Every certificate of the bundle, among which a signature may mean one."""
        if self._signers is None:
            self._signers = [one for one in map(self.certificate, self.objects) if one is not None]
        return self._signers

    def authorities(self) -> list[Certificate]:
        """Those of them that may issue others."""
        if self._authorities is None:
            self._authorities = [one for one in self.signers() if is_authority(one)]
        return self._authorities


def of_partner(name: str) -> str:
    """How the anchors of a partner are called beside those of the node and for time."""
    return f"partner {name}"


class Everything:
    """`Source` over many sources, each of which is asked once for each certificate and issuer, however many signatures rest on them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._asked: dict[tuple[str, str], tuple[Revoked | None, bool]] = {}
        self._last: dict[str, Revoked | None] = {}

    @property
    def until(self) -> datetime | None:
        """Nobody asks here how fresh it is."""
        return None

    def covers(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether one of them tells."""
        key = certificate.sha256, issuer.sha256
        if key not in self._asked:
            self._asked[key] = find_revocation(certificate, issuer, self._sources)[:2]
        self._last[certificate.sha256], told = self._asked[key]
        return told

    def revoked(self, certificate: Certificate) -> Revoked | None:
        """The earliest revocation, by the issuer that was asked about last."""
        return self._last.get(certificate.sha256)


def _check_above(signer: Certificate, above: Sequence[Certificate], count: int) -> None:
    """Raises Untrusted unless what an entry names above its signer is so many certificates, each the issuer of the one before."""
    if len(above) != count:
        raise Untrusted("what the entry names above it is no certificate")
    for issued, issuer in pairwise((signer, *above)):
        if not list(issuers_of(issued, [issuer])):
            raise Untrusted(f"{issued.subject}: {issuer.subject}, which the entry names above it, did not issue it")


def _read(octets: bytes, sources: list[Source], lists: list[Crl], answers: list[StatusAnswer]) -> None:
    try:
        lists.append(Crl(octets))
    except RevocationRefused:
        try:
            answers.append(StatusAnswer(octets))
        except RevocationRefused:
            return
        sources.append(answers[-1])
        return
    # A delta or an indirect list counts where an entry names it.
    with suppress(RevocationRefused):
        sources.append(RevocationList(octets))
