"""Stamped notes: the octets that an authority for time stamps, the first over a checkpoint, each further one over all that came before. Source: the format of evidence, 4."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from node.customs.seal.adding import token_over
from node.customs.seal.making import SealImpossible
from node.customs.seal.memory import Memory
from node.customs.seal.ports import TimestampAuthority
from node.customs.seal.stamps import prove_token
from node.customs.seal.status import trusted_path
from node.customs.seal.token import Token, read_token
from node.evidence.entry import written
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.revocation import Source
from node.security.trust import Untrusted

#: A note names at most some hundred digests.
MAX_OCTETS: Final = 1 << 16
_MEMBERS: Final = ("checkpoint", "evidence", "signature", "tokens", "v")


class NoteRefused(ValueError):
    """The octets are no stamped note, or a token is not over one; the text says why."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is stamped; digests are SHA-256 in hexadecimal."""

    checkpoint: str
    signature: str
    tokens: tuple[str, ...] = ()
    #: Certificates and revocation data by which those tokens are verified.
    evidence: tuple[str, ...] = ()

    def octets(self) -> bytes:
        """The canonical form."""
        return written(
            {
                "v": 1,
                "checkpoint": self.checkpoint,
                "signature": self.signature,
                "tokens": sorted(set(self.tokens)),
                "evidence": sorted(set(self.evidence)),
            }
        )


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token that holds: its time, and the path of the authority, its own certificate first."""

    token: Token
    path: tuple[Certificate, ...]
    #: What does not refuse it and should be known.
    warnings: tuple[str, ...] = ()

    @property
    def good_until(self) -> datetime:
        """When the first certificate of the path ends: a newer token must stand over this one by then."""
        return min(one.x509.not_valid_after_utc for one in self.path)

    @property
    def anchor(self) -> Certificate:
        """Who vouches for the authority."""
        return self.path[-1]

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The names of those that it rests on; once one falls, a newer token must have stood over this one."""
        return algorithms(self.token, self.path)


def make_note(checkpoint: bytes, signature: bytes, tokens: Iterable[bytes] = (), evidence: Iterable[bytes] = ()) -> bytes:
    """The note over a checkpoint and its signature; over all tokens so far and what verifies them where it renews."""
    return Note(
        sha256(checkpoint),
        sha256(signature),
        tuple(sorted(sha256(one) for one in tokens)),
        tuple(sorted({sha256(one) for one in evidence})),
    ).octets()


def renewing_note(
    checkpoint: bytes, signature: bytes, row: Sequence[tuple[bytes, Stamped]], revocation: Iterable[bytes] = ()
) -> tuple[bytes, dict[str, bytes]]:
    """The note that renews a row of tokens, and the objects that it names by their SHA-256.

    `row` are all tokens from the first on, each with its judgement; `revocation` are the lists and answers (DER) by which their paths were judged.
    """
    named = [*(one.der for _, held in row for one in held.path), *revocation]
    note = make_note(checkpoint, signature, [token for token, _ in row], named)
    return note, {sha256(one): one for one in named}


def read_note(octets: bytes) -> Note:
    """The note that these octets are. Raises NoteRefused."""
    if len(octets) > MAX_OCTETS:
        raise NoteRefused(f"{len(octets)} octets, at most {MAX_OCTETS}")
    try:
        value: Any = json.loads(octets.decode("utf-8"))
        if not isinstance(value, dict) or tuple(sorted(value)) != _MEMBERS or value["v"] != 1:
            raise NoteRefused("is not of version 1")
        note = Note(value["checkpoint"], value["signature"], tuple(value["tokens"]), tuple(value["evidence"]))
        if not all(_is_digest(one) for one in (note.checkpoint, note.signature, *note.tokens, *note.evidence)):
            raise NoteRefused("names something that is no SHA-256")
        if note.octets() != octets:
            raise NoteRefused("is not in the canonical form")
    except NoteRefused:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NoteRefused(f"is no stamped note: {error}") from error
    return note


def stamp(note: bytes, authority: TimestampAuthority) -> bytes:
    """A TimeStampToken over a note. Raises NoteRefused for an answer that is none, and what the authority raises."""
    try:
        return token_over(note, authority)
    except SealImpossible as problem:
        raise NoteRefused(str(problem)) from None


def judge_token(
    token: bytes, note: bytes, others: Sequence[bytes], anchors: Sequence[Certificate], sources: Sequence[Source]
) -> Stamped:
    """A token over a note, by an authority that an anchor vouched for at the time of the token. Raises NoteRefused.

    `others` are DER certificates beside those that came along in the token.
    """
    try:
        read = read_token(token)
    except (DerRefused, CertificateRefused) as problem:
        raise NoteRefused(str(problem)) from None
    name, imprint = read.imprint
    if hashlib.new(name, note).digest() != imprint:
        raise NoteRefused("it stamps something else than its note")
    return judge_stamp(read, others, anchors, sources)


def judge_stamp(read: Token, others: Sequence[bytes], anchors: Sequence[Certificate], sources: Sequence[Source]) -> Stamped:
    """As `judge_token`, whatever it stamps. Raises NoteRefused."""
    memory = Memory()
    try:
        warnings = prove_token(read, others, anchors, sources, memory)
        pool = [memory.certificate(der) for der in (*read.certificates, *others)]
        signer = next(one for one in (*pool, *anchors) if read.is_signed_by(one))
        path = trusted_path(signer, [one for one in pool if one != signer], anchors, read.time, memory, "time")
    except (DerRefused, Untrusted, CertificateRefused) as problem:
        raise NoteRefused(str(problem)) from None
    return Stamped(read, path, tuple(warnings))


def algorithms(token: Token, path: Iterable[Certificate]) -> tuple[str, ...]:
    """The digest of a token's imprint, and the keys of a path: `sha256`, `rsa2048`, `secp256r1`, `ed25519`."""
    names = {token.imprint[0]: None}
    for one in path:
        key = one.public_key
        if isinstance(key, rsa.RSAPublicKey):
            names[f"rsa{key.key_size}"] = None
        elif isinstance(key, ec.EllipticCurvePublicKey):
            names[key.curve.name] = None
        else:
            names[type(key).__name__.removesuffix("PublicKey").lower()] = None
    return tuple(names)


def sha256(octets: bytes) -> str:
    """In hexadecimal, as every digest here is written."""
    return hashlib.sha256(octets).hexdigest()


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")
