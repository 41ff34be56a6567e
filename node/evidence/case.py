"""What the checks of a bundle work on: its files by what they are, whom it names as anchors, and the moment of the verification."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from node.customs.seal.memory import Memory
from node.customs.seal.status import check_revocation
from node.evidence.checkpoint import Checkpoint
from node.evidence.entry import Entry
from node.evidence.manifest import Manifest
from node.evidence.notes import sha256
from node.security.certificates import Certificate, CertificateRefused
from node.security.crl import Crl
from node.security.path import find_path
from node.security.path_policy import PATH_ALONE
from node.security.revocation import RevocationList, RevocationRefused, Source, StatusAnswer
from node.security.status import Held, StatusJudge
from node.security.trust import Untrusted

#: How far the clock of an authority may be ahead of that of the verification.
AHEAD: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Case:
    """A bundle under verification."""

    files: Mapping[str, bytes]
    manifest: Manifest
    at: datetime
    #: SHA-256 of the certificates that whoever verifies knows by another way; None where nothing was said of it.
    known: frozenset[str] | None = None
    #: Algorithms that are no longer safe, and since when: `sha256`, `rsa2048`, `secp256r1`.
    fallen: Mapping[str, datetime] = field(default_factory=dict)
    #: Octets by their SHA-256, where the name of the file is right.
    objects: dict[str, bytes] = field(init=False)
    #: Filled by the checks in their order.
    entries: dict[int, Entry] = field(init=False, default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(init=False, default_factory=dict)
    #: The time of the first token over each checkpoint, where one holds.
    stamped: dict[int, datetime] = field(init=False, default_factory=dict)
    memory: Memory = field(init=False, default_factory=Memory)
    _revocation: "tuple[list[Source], Held] | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        named = ((name.removeprefix("objects/"), octets) for name, octets in self.files.items() if name.startswith("objects/"))
        self.objects = {digest: octets for digest, octets in named if sha256(octets) == digest}

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

    def anchors(self, digests: Iterable[str]) -> list[Certificate]:
        """As `certificates`; of whoever said which anchors are known, those alone."""
        return self.certificates(one for one in digests if self.known is None or one in self.known)

    def named(self, entry: Entry, prefix: str) -> list[str]:
        """The digests of an entry whose names begin so, in the order of their numbers."""
        held = [(name, digest) for name, digest in entry.objects.items() if name.startswith(prefix)]
        return [digest for name, digest in sorted(held, key=lambda one: (len(one[0]), one[0]))]

    def path_of(self, signer: Certificate, entry: Entry, anchors: Sequence[Certificate]) -> tuple[Certificate, ...]:
        """The path of a signer at the time of an entry. Raises Untrusted where there is none, or one of it was revoked by then."""
        pool = self.certificates(self.named(entry, "signer-path-"))
        path = find_path(signer, pool, anchors, entry.at)
        self.check_status(path, pool, entry.at)
        return path

    def check_status(self, path: Sequence[Certificate], pool: Sequence[Certificate], at: datetime) -> None:
        """Raises Untrusted for a certificate of the path that was revoked by then, as far as the bundle tells."""
        sources, held = self.revocation()
        check_revocation(path, at, sources)
        for status in StatusJudge(held, pool, [path[-1]], at, PATH_ALONE).of_path(path):
            if status.state == "revoked" and status.since is not None and status.since <= at:
                raise Untrusted(f"{status.subject}: {status.why}")

    def told(self, path: Sequence[Certificate], pool: Sequence[Certificate], at: datetime) -> bool:
        """Whether something in the bundle vouches that none of the path was revoked then."""
        return all(
            one.state == "good" for one in StatusJudge(self.revocation()[1], pool, [path[-1]], at, PATH_ALONE).of_path(path)
        )

    def revocation(self) -> tuple[list[Source], Held]:
        """Every revocation list and OCSP answer of the bundle."""
        if self._revocation is None:
            sources: list[Source] = []
            lists: list[Crl] = []
            answers: list[StatusAnswer] = []
            for octets in self.objects.values():
                # A list and an answer are DER, as a certificate is; a certificate is read as neither.
                if octets[:1] != b"\x30":
                    continue
                _read(octets, sources, lists, answers)
            self._revocation = sources, Held(tuple(lists), tuple(answers))
        return self._revocation


def _read(octets: bytes, sources: list[Source], lists: list[Crl], answers: list[StatusAnswer]) -> None:
    try:
        lists.append(Crl(octets))
        sources.append(RevocationList(octets))
    except RevocationRefused:
        try:
            answer = StatusAnswer(octets)
        except RevocationRefused:
            return
        answers.append(answer)
        sources.append(answer)
