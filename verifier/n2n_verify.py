#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Licensed under the Apache License, Version 2.0: http://www.apache.org/licenses/LICENSE-2.0
"""A verifier of evidence bundles, in one file, on the standard library of Python 3.11 and `cryptography` alone.

    python3 n2n_verify.py BUNDLE [--anchor [WHOSE=]CERTIFICATE ..] [--at INSTANT] [--json]

It is written from `docs/reference/evidence.md`, the description of the format, and shares no line with the software that makes
bundles. It opens no connection and writes no file. It ends with 0 if every check holds, 1 if one does not, 2 if it was called wrongly.

What it proves, where every check holds:

- each entry stood in the log as it is here when the checkpoint above it was signed; none of the entries shown was changed, moved
  or replaced since, and each checkpoint is the beginning of the next;
- each stamped checkpoint existed at the time that an authority for time-stamping gave it, and that proof has not aged by `--at`;
- each message and each receipt was signed with the key of the certificate that its entry names, over these octets;
- each receipt is one for exactly the message that was sent, by a partner whose certificate was good at that moment;
- the container is as it was sealed.

What it does not prove:

- what its remarks call unproven (section 8 of the page): among that the time of an entry and the connection, of which the node alone tells;
- that an anchor is the anchor of whom the bundle says. Whoever relies on the bundle must know the anchors by another way, and hand
  them in with `--anchor`; an anchor that comes out of the bundle alone proves nothing, and is named at the end;
- that a clock was right. `at` is what the clock of the node said; a token bounds it from above only;
- that the log has no entries about a message beside those shown, unless the bundle has every number up to a checkpoint;
- that a payload means what somebody says it means, that the head of the HTTP request (`http`), the connection (`tls`, `wire`,
  `answer`) or what was agreed (`agreement`) are more than what the node wrote down;
- that nobody had stolen a key, unless a revocation list in the bundle says so.

The sections have the order and the numbers of the page.
"""

import argparse
import base64
import binascii
import bisect
import datetime as dt
import hashlib
import io
import ipaddress
import json
import re
import struct
import sys
import urllib.parse
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from xml.parsers import expat

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

Json = dict[str, Any]
Instant = dt.datetime
Kind = TypeVar("Kind", bound=x509.ExtensionType)


class Refused(Exception):
    """What was read is not as it has to be; the text is a sentence for people."""


CHECKS = {
    "container": "The file is read in one way only, and its manifest has the form of the format.",
    "files": "Every file is the one that the manifest names, and there is none beside them.",
    "entries": "Every entry has the form of the format, and what it rests on is here or said to be absent.",
    "inclusion": "Every entry is proven to stand in a checkpoint.",
    "consistency": "Every checkpoint is proven to be the beginning of the next.",
    "checkpoints": "Every checkpoint is signed by the log's own key.",
    "tokens": "Every stamp of time holds, in an unbroken row up to now.",
    "signatures": "Every message and every receipt was signed by the one whom its entry names.",
    "receipts": "Every receipt is for the message that was sent, by the agreed partner, whole, valid and in time.",
    "seal": "The container is as it was sealed.",
}


@dataclass
class Report:
    """What was found: failures, and remarks that change no verdict, each under the name of its check and with its place."""

    failures: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    anchors: dict[bytes, set[str]] = field(default_factory=dict)  # those that a path ended at, and whose they are said to be
    claim: str = ""  # what the bundle says that it is

    @contextmanager
    def judging(self, check: str, place: str) -> Iterator[None]:
        """Whatever goes wrong inside is a failure of this check at this place; the next check goes on."""
        self.counts[check] += 1
        try:
            yield
        except Refused as refused:
            self.failures.append((check, place, str(refused)))
        except Exception as stumbled:  # noqa: BLE001 -- hostile octets may break any parser: that is a failure, never a pass
            self.failures.append((check, place, f"It cannot be read ({type(stumbled).__name__}: {stumbled})."))

    @property
    def holds(self) -> bool:
        """Whether every check was reached, and none failed."""
        return not self.failures and all(self.counts[check] for check in CHECKS)

    def remark(self, check: str, place: str, sentence: str) -> None:
        self.remarks.append((check, place, sentence))


def demand(holds: object, sentence: str) -> None:
    if not holds:
        raise Refused(sentence)


# ------------------------------------------------------------------------------------------------- 0. Words of the page


#: How far two clocks may be apart: sections 4 and 8.
APART = dt.timedelta(minutes=5)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_instant(value: object) -> bool:
    try:
        instant(value)
    except Refused:
        return False
    return True


def instant(value: object) -> Instant:
    """The instant of a text: UTC with microseconds and nothing else."""
    if not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value, re.ASCII) is None:
        raise Refused(f"{value!r} is not an instant like 2026-11-28T09:14:07.000042Z.")
    try:
        return Instant.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        raise Refused(f"{value!r} is no instant of the calendar.") from None


def said(moment: Instant) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def base64_octets(text: str, *, wrapped: bool = False) -> bytes:
    """The octets of a base64 text written in the one right way: padded, no stray bits; white space only where it may be wrapped."""
    demand(text.isascii(), "A base64 text has other signs than those of base64.")
    packed = "".join(text.split(None)) if wrapped else text
    try:
        octets = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("A base64 text is damaged.") from None
    demand(base64.b64encode(octets).decode() == packed, "A base64 text is not written in the one right way.")
    return octets


#: How deep JSON may be nested, and how large each kind of it may be: before section 1, and 1, 3, 4, 5.
MOST_DEEP, TOO_DEEP = 32, "The JSON is nested deeper than 32 values."
LARGEST = {"entry": 2**17, "checkpoint": 2**12, "note": 2**16, "proof": 2**14, "manifest": 2**26}


def members_of(pairs: list[tuple[str, Any]]) -> Json:
    names = [name for name, _ in pairs]
    demand(len(set(names)) == len(names), "A member of the JSON object is there twice.")
    demand(all(name.isascii() for name in names), "The name of a member is not ASCII.")
    return dict(pairs)


def no_fraction(text: str) -> Any:
    raise Refused(f"{text} is not a whole number.")


def canonical_json(octets: bytes, most: int = LARGEST["manifest"]) -> Any:
    """The value of at most so many octets in canonical JSON (RFC 8785). Whatever would be written differently is refused."""
    demand(len(octets) <= most, f"It has {len(octets)} octets, and may have {most} at most.")
    try:
        value = json.loads(
            octets.decode("utf-8"), object_pairs_hook=members_of, parse_float=no_fraction, parse_constant=no_fraction
        )
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")
    except RecursionError:
        raise Refused(TOO_DEEP) from None
    except (UnicodeError, ValueError):
        raise Refused("It is not JSON in UTF-8.") from None
    demand(again == octets, "The JSON is not written in the canonical way (RFC 8785).")
    demand(_small(value), "A number is beyond 2^53, where JSON is not exact.")
    return value


def _small(value: Any, deeper: int = MOST_DEEP) -> bool:
    demand(deeper or not isinstance(value, dict | list), TOO_DEEP)
    if isinstance(value, dict):
        return all(_small(inner, deeper - 1) for inner in value.values())
    if isinstance(value, list):
        return all(_small(inner, deeper - 1) for inner in value)
    return not isinstance(value, int) or abs(value) < 2**53


Form = Callable[[object], bool]


def shaped(value: object, what: str, members: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> Json:
    """The object, if it has exactly these members and each is of its form."""
    if not isinstance(value, dict):
        raise Refused(f"{what} is not an object.")
    forms = {**members, **(optional or {})}
    for name in members:
        demand(name in value, f"{what} has no member {name!r}.")
    for name, inner in value.items():
        demand(name in forms, f"{what} has a member {name!r} that the format does not know.")
        demand(forms[name](inner), f"The member {name!r} of {what} does not have its form.")
    return value


def is_one(value: object) -> bool:
    return is_number(value) and value == 1


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def is_list_of(form: Form) -> Form:
    return lambda value: isinstance(value, list) and all(form(inner) for inner in value)


def is_object_of(form: Form) -> Form:
    return lambda value: isinstance(value, dict) and all(form(inner) for inner in value.values())


def is_one_of(*words: str) -> Form:
    return lambda value: isinstance(value, str) and value in words


# -------------------------------------------------------------------------------------------------------- 1. Entries

MESSAGE_KINDS = (
    "message.received",
    "message.packaged",
    "message.attempted",
    "message.acknowledged",
    "message.failed",
    "message.delivered",
)
ACT_KINDS = ("act", "evidence.retrieved", "evidence.purged")
OBJECT_NAME = "http|envelope|wire|receipt|answer|signer|tls|agreement|(?:payload|signer-path|revocation)-[1-9][0-9]{0,5}"
ABOUT_NAME = re.compile(r"[a-z][a-z0-9_.-]*", re.ASCII)
# What an act brought, and what it made of which file.
ACT_OBJECT_NAME = OBJECT_NAME + "|(?:file|was|is)-[1-9][0-9]{0,5}"
# Only what a message carried, and what carried it, goes by a rule.
GONE = ("wire", "envelope", "answer", "http")
GONE_NAME = "(?:wire|envelope|answer|http|payload-[1-9][0-9]{0,5})"
NEEDED = {
    "message.received": ("envelope", "signer"),
    "message.packaged": ("envelope", "signer"),
    "message.acknowledged": ("receipt", "signer"),
}
DIRECTIONS = {"message.received": "in", "message.delivered": "in", "message.packaged": "out", "message.acknowledged": "out"}


def is_clock(value: object) -> bool:
    forms: dict[str, Form] = {
        "offset_ms": is_number, "within_ms": lambda v: is_number(v) and v >= 0, "source": is_text, "measured_at": is_instant,  # type: ignore[operator]
    }  # fmt: skip
    return value is None or bool(shaped(value, "the clock", forms))


def read_entry(octets: bytes) -> Json:
    entry = shaped(
        canonical_json(octets, LARGEST["entry"]),
        "the entry",
        {
            "v": is_one,
            "kind": is_one_of(*MESSAGE_KINDS, *ACT_KINDS),
            "at": is_instant,
            "about": lambda value: is_object_of(is_text)(value) and all(map(ABOUT_NAME.fullmatch, value)),  # type: ignore[call-overload]
            "objects": is_object_of(is_digest),
            "facts": is_object,
            "clock": is_clock,
        },
    )
    kind, about, objects, facts = entry["kind"], entry["about"], entry["objects"], entry["facts"]
    # What went by a rule is named with the number of the entry that has it: payload-1.17.
    gone = r"\.[1-9][0-9]{0,15}" if kind == "evidence.purged" else ""
    names = ACT_OBJECT_NAME if kind == "act" else GONE_NAME if gone else OBJECT_NAME
    for name in objects:
        demand(
            re.fullmatch(f"(?:{names}){gone}", name, re.ASCII),
            f"The entry names an object {name!r} that the format does not know.",
        )
    for series in ("payload", "signer-path", "revocation") if not gone else ():
        numbers = sorted(int(name.rpartition("-")[2]) for name in objects if name.startswith(f"{series}-"))
        demand(numbers == list(range(1, len(numbers) + 1)), f"The objects {series}-N are not numbered from 1 without a gap.")
    if entry["clock"] is not None:
        measured = instant(entry["clock"]["measured_at"])
        demand(measured <= instant(entry["at"]) + APART, "The offset of its clock was measured after it.")
    if kind in ACT_KINDS:
        for name in ("who", "what", "why"):
            demand(is_text(facts.get(name)), f"The entry does not say {name}.")
        return entry
    for name in ("message_id", "partner", "direction"):
        demand(name in about, f"The entry does not say its {name}.")
    for name in NEEDED.get(kind, ()):
        demand(name in objects, f"A {kind} must name its {name}.")
    demand(about["direction"] in ("in", "out"), "The direction of the entry is neither in nor out.")
    demand(about["direction"] == DIRECTIONS.get(kind, about["direction"]), f"A {kind} has the other direction.")
    if kind in ("message.received", "message.acknowledged") or "verified" in facts:
        read_verified(facts.get("verified"))
    if kind == "message.packaged" and "signed" in facts:
        read_signed(facts["signed"])
    demand("due_at" not in facts or is_instant(facts["due_at"]), "facts.due_at is no instant.")
    return entry


SIGNED: dict[str, Form] = {
    "signature_algorithm": is_text,
    "signer": is_digest,
    "references": is_list_of(
        lambda value: bool(shaped(value, "a reference", {"uri": is_text, "method": is_text, "digest": is_text}))
    ),
}


def read_verified(value: object) -> Json:
    more: dict[str, Form] = {"policy": is_text, "revocation": is_one_of("good", "unknown", "off")}
    return shaped(value, "facts.verified", {**SIGNED, **more})


def read_signed(value: object) -> Json:
    return shaped(value, "facts.signed", SIGNED)


# -------------------------------------------------------------------------------------------------------- 2. The log


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def chain_hash(before: bytes, leaf: bytes) -> bytes:
    return sha256(b"\x02" + before + leaf)


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a proof of inclusion leads to (RFC 9162, 2.1.3.2)."""
    demand(0 <= index < size, "The entry has a number beyond the size of the checkpoint.")
    here, last, root = index, size - 1, leaf
    for other in path:
        demand(last > 0, "The proof is too long.")
        if here & 1 or here == last:
            root = node_hash(other, root)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            root = node_hash(root, other)
        here, last = here >> 1, last >> 1
    demand(last == 0, "The proof is too short.")
    return root


def roots_from_consistency(before: int, size: int, path: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The old and the new root that a proof of consistency leads to (RFC 9162, 2.1.4.2)."""
    demand(0 < before < size, "A proof of consistency goes from a smaller checkpoint to a larger one.")
    demand(path, "The proof is empty.")
    hashes_left = list(path)
    if before & (before - 1) == 0:
        hashes_left.insert(0, old_root)
    here, last = before - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = hashes_left[0]
    for other in hashes_left[1:]:
        demand(last > 0, "The proof is too long.")
        if here & 1 or here == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, other)
        here, last = here >> 1, last >> 1
    demand(last == 0, "The proof is too short.")
    return old, new


# --------------------------------------------------------------------------------------------------- 3. Checkpoints

LOG_NAME = re.compile(r"[!-~]{1,100}")


def is_log_name(value: object) -> bool:
    return isinstance(value, str) and LOG_NAME.fullmatch(value) is not None


def read_checkpoint(octets: bytes) -> Json:
    forms: dict[str, Form] = {
        "v": is_one, "log": is_log_name, "size": is_count, "root": is_digest, "chain": is_digest, "at": is_instant, "clock": is_clock,
    }  # fmt: skip
    return shaped(canonical_json(octets, LARGEST["checkpoint"]), "the checkpoint", forms)


def verify_checkpoint_signature(certificate: x509.Certificate, signature: bytes, checkpoint: bytes) -> None:
    key, octets = certificate.public_key(), b"n2n-checkpoint/1\n" + checkpoint
    if isinstance(key, rsa.RSAPublicKey):
        check_signature(key, signature, octets, "rsa", hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        bits = key.curve.key_size
        method = hashes.SHA256() if bits <= 256 else hashes.SHA384() if bits <= 384 else hashes.SHA512()
        check_signature(key, signature, octets, "ecdsa", method)
    else:
        check_signature(key, signature, octets, "ed25519", None)


def check_signature(key: object, signature: bytes, octets: bytes, scheme: str, method: hashes.HashAlgorithm | None) -> None:
    """Raises unless the key made the signature by this scheme: `rsa` (PKCS #1 v1.5), `pss`, `ecdsa` (DER) or `ed25519`."""
    wrong = "The signature does not hold: the octets or the signature are not the ones that this key signed."
    try:
        if scheme in ("rsa", "pss") and isinstance(key, rsa.RSAPublicKey) and method is not None:
            demand(key.key_size >= 2048, f"An RSA key of {key.key_size} bits proves nothing.")
            pss = padding.PSS(padding.MGF1(method), method.digest_size)
            key.verify(signature, octets, pss if scheme == "pss" else padding.PKCS1v15(), method)
        elif scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey) and method is not None:
            demand(key.curve.key_size >= 256, f"A curve of {key.curve.key_size} bits proves nothing.")
            key.verify(signature, octets, ec.ECDSA(method))
        elif scheme == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, octets)
        else:
            raise Refused("The signature is of another kind than the key of the certificate.")
    except InvalidSignature:
        raise Refused(wrong) from None
    except UnsupportedAlgorithm as unsupported:
        raise Refused(f"This algorithm is not known here: {unsupported}.") from None


# ------------------------------------------------------- 3a. Certificates: paths (RFC 5280) and revocation (RFC 5280, RFC 6960)

HANDLED_EXTENSIONS = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.CERTIFICATE_POLICIES,  # any policy is acceptable here
}
MODERN = {hashes.SHA256, hashes.SHA384, hashes.SHA512, hashes.SHA3_256, hashes.SHA3_384, hashes.SHA3_512}


def read_certificate(octets: bytes) -> x509.Certificate:
    serial = tbs_fields(Fields(one_der_value(octets), "the certificate").take(SEQUENCE))["serial"]
    demand(integer_of(serial) > 0, "The serial number of a certificate is not positive.")
    try:
        certificate = x509.load_der_x509_certificate(octets)
        # The parser reads these only when they are asked for.
        compared(certificate.subject), compared(certificate.issuer), certificate.public_key(), list(certificate.extensions)
        certificate.not_valid_before_utc, certificate.not_valid_after_utc  # noqa: B018
    except Exception as damaged:  # noqa: BLE001 -- the parser has many ways of saying so
        raise Refused(f"A certificate cannot be read: {damaged}.") from None
    return certificate


def der_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def name_of(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or f"(serial number {certificate.serial_number:x})"


def extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def valid_at(certificate: x509.Certificate, moment: Instant) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    demand(
        begins <= moment, f"The certificate of {name_of(certificate)} is valid from {said(begins)} only, not at {said(moment)}."
    )
    # An end without a fraction stands for its whole second.
    demand(
        moment < ends + dt.timedelta(seconds=1),
        f"The certificate of {name_of(certificate)} ended at {said(ends)}, before {said(moment)}.",
    )


def may_sign(certificate: x509.Certificate) -> None:
    usage = extension(certificate, x509.KeyUsage)
    demand(
        usage is None or usage.digital_signature or usage.content_commitment,
        f"The key of {name_of(certificate)} is not for signing.",
    )


def compared(name: x509.Name) -> tuple[frozenset[tuple[str, str | bytes]], ...]:
    """A name as it is compared: whatever the kinds of its texts, their case and their white space (RFC 5280, 7.1)."""
    return tuple(
        frozenset(
            (one.oid.dotted_string, " ".join(one.value.split()).casefold() if isinstance(one.value, str) else one.value)
            for one in rdn
        )
        for rdn in name.rdns
    )


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the names fit and the issuer's key signed the certificate."""
    if compared(certificate.issuer) != compared(issuer.subject):
        return False
    key, signature, signed = issuer.public_key(), certificate.signature, certificate.tbs_certificate_bytes
    try:
        method, how = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and method is not None and isinstance(how, padding.PKCS1v15 | padding.PSS):
            key.verify(signature, signed, how, method)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(signature, signed, how)
        elif isinstance(key, ed25519.Ed25519PublicKey) and method is None:
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


class Certificates:
    """Certificates found by their subject, so that a path costs no more than its length."""

    def __init__(self, found: Iterable[x509.Certificate]) -> None:
        self.by_subject: dict[object, list[x509.Certificate]] = {}
        self.all = list({der_of(one): one for one in found}.values())
        for one in self.all:
            self.by_subject.setdefault(compared(one.subject), []).append(one)
        uses = [(one, extension(one, x509.ExtendedKeyUsage)) for one in self.all]
        self.responders = [one for one, use in uses if use is not None and ExtendedKeyUsageOID.OCSP_SIGNING in use]
        self.stampers = [one for one, use in uses if use is not None and ExtendedKeyUsageOID.TIME_STAMPING in use]

    def named(self, name: x509.Name) -> list[x509.Certificate]:
        return self.by_subject.get(compared(name), [])

    def above(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        return [one for one in self.named(certificate.issuer) if issued_by(certificate, one)]


def path_to_anchor(
    certificate: x509.Certificate, known: Certificates, anchors: Certificates, moment: Instant
) -> list[x509.Certificate]:
    """The certificate and those above it, up to an anchor, all good at the moment; raises the reason why there is none."""
    trusted = {der_of(one) for one in anchors.all}
    demand(trusted, "The bundle names no anchor for it.")
    why = f"No path leads from {name_of(certificate)} to an anchor."
    trails, steps = [[certificate]], 0
    while trails and steps < 1000:
        steps += 1
        trail = trails.pop()
        here = {der_of(one) for one in trail}
        if der_of(trail[-1]) in trusted:
            try:
                check_path(trail, moment)
            except Refused as refused:
                why = str(refused)
            else:
                return trail
        if len(trail) < 8:
            trails += [[*trail, one] for one in (*known.above(trail[-1]), *anchors.above(trail[-1])) if der_of(one) not in here]
    raise Refused(why)


def check_path(path: Sequence[x509.Certificate], moment: Instant) -> None:
    """Raises unless a path (the end first, the anchor last), whose signatures hold, is good at the moment (RFC 5280, 6.1)."""
    for place, one in enumerate(path):
        valid_at(one, moment)
        demand(one.version is x509.Version.v3, f"The certificate of {name_of(one)} is not of version 3.")
        key = one.public_key()
        demand(not isinstance(key, rsa.RSAPublicKey) or key.key_size >= 2048, f"The RSA key of {name_of(one)} is too small.")
        demand(
            not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.key_size >= 256,
            f"The curve of {name_of(one)} is too small.",
        )
        for each in one.extensions:
            demand(
                not each.critical or each.oid in HANDLED_EXTENSIONS,
                f"{name_of(one)} has a critical extension {each.oid.dotted_string}.",
            )
        if place < len(path) - 1:
            demand(modern_certificate(one), f"The certificate of {name_of(one)} is signed with an algorithm that has fallen.")
        if place:
            check_issuer(one, path[:place])


def modern_certificate(certificate: x509.Certificate) -> bool:
    if certificate.signature_algorithm_oid in (SignatureAlgorithmOID.ED25519, SignatureAlgorithmOID.ED448):
        return True
    try:
        return type(certificate.signature_hash_algorithm) in MODERN
    except UnsupportedAlgorithm:
        return False


def check_issuer(issuer: x509.Certificate, below: Sequence[x509.Certificate]) -> None:
    constraints, usage = extension(issuer, x509.BasicConstraints), extension(issuer, x509.KeyUsage)
    demand(constraints is not None and constraints.ca, f"{name_of(issuer)} is no authority, and may issue no certificates.")
    demand(usage is None or usage.key_cert_sign, f"The key of {name_of(issuer)} is not for certificates.")
    if constraints is not None and constraints.path_length is not None:
        between = sum(1 for one in below[1:] if one.subject != one.issuer)
        demand(between <= constraints.path_length, f"There are more authorities under {name_of(issuer)} than it may have.")
    names = extension(issuer, x509.NameConstraints)
    for one in below if names is not None else ():
        if one is below[0] or one.subject != one.issuer:
            check_names(one, names, issuer)  # type: ignore[arg-type]


def check_names(certificate: x509.Certificate, constraints: x509.NameConstraints, issuer: x509.Certificate) -> None:
    alternative = extension(certificate, x509.SubjectAlternativeName)
    names: list[x509.GeneralName] = [*(alternative or ())]
    if certificate.subject.rdns:
        names.append(x509.DirectoryName(certificate.subject))
    why = f"{name_of(issuer)} may not issue for the names of {name_of(certificate)}."
    for name in names:
        permitted = [tree for tree in constraints.permitted_subtrees or () if type(tree) is type(name)]
        excluded = [tree for tree in constraints.excluded_subtrees or () if type(tree) is type(name)]
        demand(not permitted or any(within(name, tree) for tree in permitted), why)
        demand(not any(within(name, tree) for tree in excluded), why)


def within(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    if isinstance(name, x509.DirectoryName) and isinstance(tree, x509.DirectoryName):
        return list(name.value.rdns)[: len(tree.value.rdns)] == list(tree.value.rdns)
    if isinstance(name, x509.DNSName) and isinstance(tree, x509.DNSName):
        return f".{name.value.lower()}".endswith(f".{tree.value.lower().lstrip('.')}") or tree.value == ""
    if isinstance(name, x509.RFC822Name) and isinstance(tree, x509.RFC822Name):
        host, wanted = name.value.rpartition("@")[2].lower(), tree.value.lower()
        return name.value == tree.value if "@" in wanted else host.endswith(wanted) if wanted.startswith(".") else host == wanted
    if isinstance(name, x509.IPAddress) and isinstance(tree, x509.IPAddress):
        net = (
            tree.value
            if isinstance(tree.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
            else ipaddress.ip_network(tree.value)
        )
        return name.value in net if isinstance(name.value, ipaddress.IPv4Address | ipaddress.IPv6Address) else False
    raise Refused("A constraint on names is of a kind that is not known here.")


@dataclass(frozen=True)
class Standing:
    """What one CRL or OCSP response says of one certificate."""

    since: Instant | None  # revoked since, or None: not revoked
    reason: x509.ReasonFlags | None
    told_at: Instant
    told_until: Instant


class Revocation:
    """CRLs by their issuer, and OCSP responses by the serial numbers of whom they speak of."""

    def __init__(self, data: Iterable[bytes]) -> None:
        self.lists: dict[object, list[x509.CertificateRevocationList]] = {}
        self.responses: dict[int, list[tuple[ocsp.OCSPResponse, ocsp.OCSPSingleResponse]]] = {}
        self._told: dict[tuple[bytes, bytes], list[Standing]] = {}
        for datum in data:
            try:
                crl = x509.load_der_x509_crl(datum)
            except ValueError:
                self._add_response(datum)
            else:
                self.lists.setdefault(compared(crl.issuer), []).append(crl)

    def _add_response(self, datum: bytes) -> None:
        try:
            response = ocsp.load_der_ocsp_response(datum)
        except ValueError:
            raise Refused("A piece of revocation data is neither a CRL nor an OCSP response.") from None
        if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            for single in response.responses:
                self.responses.setdefault(single.serial_number, []).append((response, single))

    def standings(self, certificate: x509.Certificate, issuer: x509.Certificate, known: Certificates) -> list[Standing]:
        """What the data say of a certificate; raises where one speaks of it and its signature does not hold."""
        key = (der_of(certificate), der_of(issuer))
        if key not in self._told:
            told: list[Standing] = []
            for crl in self.lists.get(compared(certificate.issuer), []):
                told += standing_by_crl(crl, certificate, issuer, known, self)
            for response, single in self.responses.get(certificate.serial_number, []):
                told += standing_by_ocsp(response, single, issuer, known)
            self._told[key] = told
        return self._told[key]

    def lists_revoked(self, certificate: x509.Certificate) -> bool:
        """Whether any list of its issuer's name has the certificate, whoever signed the list."""
        return any(revoked_by(crl, certificate)[0] is not None for crl in self.lists.get(compared(certificate.issuer), []))


def standing_by_crl(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    known: Certificates,
    data: Revocation,
) -> Iterator[Standing]:
    named = [issuer, *known.named(crl.issuer)]
    signers = [one for one in named if crl.is_signature_valid(one.public_key())]  # type: ignore[arg-type]
    demand(signers, f"A revocation list of {name_of(issuer)} is not signed by it.")
    own = [one for one in signers if one_authority(one, issuer, known)]
    if not any(der_of(one) == der_of(issuer) or not data.lists_revoked(one) for one in own):
        return  # that of somebody else of the same name, or by a key that was revoked
    modern = crl.signature_algorithm_oid == SignatureAlgorithmOID.ED25519 or type(crl.signature_hash_algorithm) in MODERN
    demand(modern, f"A revocation list of {name_of(issuer)} is signed with an algorithm that has fallen.")
    usages = [extension(one, x509.KeyUsage) for one in signers]
    demand(any(usage is None or usage.crl_sign for usage in usages), f"The key of {name_of(issuer)} is not for revocation lists.")
    whole = True
    for each in crl.extensions:
        if isinstance(each.value, x509.IssuingDistributionPoint):
            if each.value.indirect_crl:
                return  # its rows may be those of other authorities
            whole = whole and covers(each.value, certificate)
        elif isinstance(each.value, x509.DeltaCRLIndicator):
            whole = False
        else:
            demand(not each.critical, f"A revocation list has a critical extension {each.oid.dotted_string}.")
    since, reason = revoked_by(crl, certificate)
    # A list of some certificates or reasons tells who is revoked, and of nobody that he is not.
    if whole or since is not None:
        yield Standing(since, reason, crl.last_update_utc, crl.next_update_utc or crl.last_update_utc)


def revoked_by(
    crl: x509.CertificateRevocationList, certificate: x509.Certificate
) -> tuple[Instant | None, x509.ReasonFlags | None]:
    row = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if row is None:
        return None, None
    reason = x509.ReasonFlags.unspecified
    for each in row.extensions:
        if isinstance(each.value, x509.CRLReason):
            reason = each.value.reason
        else:
            demand(not each.critical, "A row of a revocation list has a critical extension.")
    return (None, None) if reason is x509.ReasonFlags.remove_from_crl else (row.revocation_date_utc, reason)


def one_authority(signer: x509.Certificate, issuer: x509.Certificate, known: Certificates) -> bool:
    """Whether a certificate of the issuer's name is the issuer's: the same, or under it, above it, or beside it."""
    if der_of(signer) == der_of(issuer) or issued_by(signer, issuer) or issued_by(issuer, signer):
        return True
    return any(issued_by(issuer, above) for above in known.above(signer))


def covers(point: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    """Whether a list that is not for all would have this certificate (RFC 5280, 6.3.3 b)."""
    constraints = extension(certificate, x509.BasicConstraints)
    authority = constraints is not None and constraints.ca
    if point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    if point.only_contains_user_certs if authority else point.only_contains_ca_certs:
        return False
    own = extension(certificate, x509.CRLDistributionPoints) or ()
    if point.full_name is not None:
        return any(name in point.full_name for one in own for name in one.full_name or ())
    return point.relative_name is None or any(one.relative_name == point.relative_name for one in own)


def standing_by_ocsp(
    response: ocsp.OCSPResponse, single: ocsp.OCSPSingleResponse, issuer: x509.Certificate, known: Certificates
) -> Iterator[Standing]:
    name, key = name_and_key(issuer)
    method = single.hash_algorithm.name
    wanted = (hashlib.new(method, name).digest(), hashlib.new(method, key).digest())
    if (single.issuer_name_hash, single.issuer_key_hash) != wanted:
        return
    check_responder(response, issuer, [*known.responders, *response.certificates], single.this_update_utc)
    if single.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN:
        since = single.revocation_time_utc
        reason = single.revocation_reason or (x509.ReasonFlags.unspecified if since else None)
        yield Standing(since, reason, single.this_update_utc, single.next_update_utc or single.this_update_utc)


def check_responder(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, known: Iterable[x509.Certificate], moment: Instant
) -> None:
    """Raises unless the issuer signed the response, or a responder whom the issuer itself appointed (RFC 6960, 4.2.2.2)."""
    for one in [issuer, *known]:
        if der_of(one) != der_of(issuer):
            uses = extension(one, x509.ExtendedKeyUsage)
            if uses is None or ExtendedKeyUsageOID.OCSP_SIGNING not in uses or not issued_by(one, issuer):
                continue
            if not one.not_valid_before_utc <= moment <= one.not_valid_after_utc:
                continue
        key = one.public_key()
        scheme = (
            "rsa" if isinstance(key, rsa.RSAPublicKey) else "ecdsa" if isinstance(key, ec.EllipticCurvePublicKey) else "ed25519"
        )
        try:
            demand(scheme == "ed25519" or type(response.signature_hash_algorithm) in MODERN, "A weak algorithm.")
            check_signature(key, response.signature, response.tbs_response_bytes, scheme, response.signature_hash_algorithm)
        except Refused:
            continue
        return
    raise Refused(f"An OCSP response about a certificate of {name_of(issuer)} is not signed by it.")


def name_and_key(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """The subject and the key, as octets, that an OCSP response names an issuer by."""
    info = one_der_value(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return certificate_fields(certificate)["subject"].octets, info.parts()[1].body[1:]


FORGIVEN = {x509.ReasonFlags.affiliation_changed, x509.ReasonFlags.superseded, x509.ReasonFlags.cessation_of_operation}


def not_revoked(
    path: Sequence[x509.Certificate], data: Revocation, moment: Instant, known: Certificates, robbed_until: Instant | None = None
) -> None:
    """Raises if any of the data says that a certificate of the path was revoked at the moment, or robbed of its key later."""
    for one, issuer in pairwise(path):
        for standing in data.standings(one, issuer, known):
            if standing.since is not None:
                why = f"The certificate of {name_of(one)} was revoked at {said(standing.since)}."
                demand(standing.since > moment, why)
                demand(robbed_until is None or standing.since > robbed_until or standing.reason in FORGIVEN, why)


def shown_good(path: Sequence[x509.Certificate], data: Revocation, moment: Instant, known: Certificates) -> None:
    """Raises unless for the first certificate of the path the data say, for the moment, that it was good."""
    if len(path) < 2:
        return  # an anchor itself
    for told in data.standings(path[0], path[1], known):
        good = told.since is None or told.since > moment
        # A list that is younger than the certificate's end may have dropped it.
        fresh = told.told_at - APART <= moment <= max(told.told_until, told.told_at)
        if good and fresh and told.told_at <= path[0].not_valid_after_utc:
            return
    raise Refused(
        f"The entry says that {name_of(path[0])} was not revoked, and nothing in the bundle shows it for {said(moment)}."
    )


# --------------------------------------------------------------------------------------------------------- 4. Tokens

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
GENERALIZED_TIME, SEQUENCE, SET = 0x18, 0x30, 0x31


@dataclass(frozen=True)
class Der:
    """One value in DER: its tag, its content, and the octets of both with the length between."""

    tag: int
    body: bytes
    octets: bytes

    def parts(self) -> list["Der"]:
        demand(self.tag & 0x20, "A DER value that should hold others does not.")
        found, at = [], 0
        while at < len(self.body):
            value = next_der_value(self.body, at)
            found.append(value)
            at += len(value.octets)
        return found


def next_der_value(octets: bytes, at: int) -> Der:
    """The DER value that begins at a place: tags of one octet, and lengths that are definite and as short as can be."""
    demand(at + 2 <= len(octets), "A DER value is cut short.")
    tag, length, begin = octets[at], octets[at + 1], at + 2
    demand(tag & 0x1F != 0x1F, "A DER tag is longer than one octet.")
    demand(tag & 0xC0 or bool(tag & 0x20) == (tag & 0x1F in (0x10, 0x11)), "A DER tag is wrongly constructed or primitive.")
    if length >= 0x80:
        width = length & 0x7F
        demand(1 <= width <= 4, "A DER length is indefinite or too wide.")
        digits = octets[begin : begin + width]
        length, begin = int.from_bytes(digits, "big"), begin + width
        demand(len(digits) == width and digits[0] and length >= 0x80, "A DER length is not as short as can be.")
    demand(begin + length <= len(octets), "A DER value is cut short.")
    return Der(tag, octets[begin : begin + length], octets[at : begin + length])


def one_der_value(octets: bytes) -> Der:
    value = next_der_value(octets, 0)
    demand(len(value.octets) == len(octets), "Octets follow after a DER value.")
    return value


def demand_der(value: Der, deeper: int = 32) -> None:
    """Raises unless all that a value holds is DER as well, whoever reads it."""
    demand(deeper or not value.tag & 0x20, "DER is nested deeper than 32 values.")
    if value.tag == INTEGER:
        integer_of(value)
    if value.tag == OID:
        oid_of(value)
    demand(value.tag != BOOLEAN or value.body in (b"\x00", b"\xff"), "A DER truth is neither true nor false.")
    for one in value.parts() if value.tag & 0x20 else ():
        demand_der(one, deeper - 1)


class Fields:
    """The fields of a DER sequence, taken one after the other."""

    def __init__(self, value: Der, what: str, tag: int = SEQUENCE) -> None:
        demand(value.tag == tag, f"{what} is not where it should be.")
        self._left, self._what = value.parts(), what

    def take(self, tag: int) -> Der:
        demand(self._left and self._left[0].tag == tag, f"A field of {self._what} is missing or of another kind.")
        return self._left.pop(0)

    def maybe(self, tag: int) -> Der | None:
        return self._left.pop(0) if self._left and self._left[0].tag == tag else None

    def end(self) -> None:
        demand(not self._left, f"{self._what} has a field too many.")


def oid_of(value: Der) -> str:
    demand(value.tag == OID and value.body and value.body[-1] < 0x80, "An object identifier is damaged.")
    arcs, arc = [], 0
    for octet in value.body:
        demand(arc or octet != 0x80, "An object identifier is not as short as can be.")
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(one) for one in (first, arcs[0] - 40 * first, *arcs[1:]))


def integer_of(value: Der) -> int:
    body = value.body
    demand(value.tag == INTEGER and body, "A DER integer is damaged.")
    demand(
        len(body) == 1 or not ((body[0] == 0 and body[1] < 0x80) or (body[0] == 0xFF and body[1] >= 0x80)),
        "A DER integer is not as short as can be.",
    )
    return int.from_bytes(body, "big", signed=True)


def time_of(value: Der) -> Instant:
    """The time of a GeneralizedTime: UTC, with seconds, a fraction only where it is not zero (RFC 3161, 2.4.2)."""
    text = value.body.decode("ascii", "replace")
    found = re.fullmatch(r"(\d{14})(?:\.(\d*[1-9]))?Z", text, re.ASCII)
    if found is None:
        raise Refused(f"{text!r} is not a time of a token.")
    try:
        whole = Instant.strptime(found[1] + "+0000", "%Y%m%d%H%M%S%z")
    except ValueError:
        raise Refused(f"{text!r} is no time of the calendar.") from None
    return whole + dt.timedelta(microseconds=int((found[2] or "0").ljust(6, "0")[:6]))


def certificate_fields(certificate: x509.Certificate) -> dict[str, Der]:
    """The serial number, issuer and subject of a certificate as it has them, octet by octet."""
    return tbs_fields(one_der_value(certificate.tbs_certificate_bytes))


def tbs_fields(tbs: Der) -> dict[str, Der]:
    fields = Fields(tbs, "a certificate")
    fields.maybe(0xA0)
    serial, _, issuer, _, subject = (fields.take(tag) for tag in (INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE))
    return {"serial": serial, "issuer": issuer, "subject": subject}


DIGESTS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": ("sha256", hashes.SHA256()),
    "2.16.840.1.101.3.4.2.2": ("sha384", hashes.SHA384()),
    "2.16.840.1.101.3.4.2.3": ("sha512", hashes.SHA512()),
}
CMS_SIGNATURES: dict[str, tuple[str, hashes.HashAlgorithm | None]] = {
    "1.2.840.113549.1.1.11": ("rsa", hashes.SHA256()),
    "1.2.840.113549.1.1.12": ("rsa", hashes.SHA384()),
    "1.2.840.113549.1.1.13": ("rsa", hashes.SHA512()),
    "1.2.840.10045.4.3.2": ("ecdsa", hashes.SHA256()),
    "1.2.840.10045.4.3.3": ("ecdsa", hashes.SHA384()),
    "1.2.840.10045.4.3.4": ("ecdsa", hashes.SHA512()),
    "1.3.101.112": ("ed25519", None),
}
RSA_ENCRYPTION, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"


def algorithm_of(value: Der, what: str) -> tuple[str, Der | None]:
    fields = Fields(value, what)
    name = oid_of(fields.take(OID))
    parameters = fields.maybe(NULL) or fields.maybe(SEQUENCE)
    fields.end()
    return name, parameters


def digest_method(value: Der) -> tuple[str, hashes.HashAlgorithm]:
    name, parameters = algorithm_of(value, "an algorithm for digests")
    demand(parameters is None or parameters.octets == b"\x05\x00", "An algorithm for digests has parameters.")
    if name not in DIGESTS:
        raise Refused(f"The algorithm {name} for digests is unknown or has fallen.")
    return DIGESTS[name]


@dataclass(frozen=True)
class Token:
    """An RFC 3161 token whose signature holds: what it stamped, when, by whom."""

    imprint_method: str
    imprint: bytes
    time: Instant
    signer: x509.Certificate
    others: list[x509.Certificate]

    def beside(self, known: Certificates) -> Certificates:
        """The certificates in the token, and those known beside it."""
        return Certificates([*self.others, *known.all]) if self.others else known


def read_token(octets: bytes, candidates: Sequence[x509.Certificate]) -> Token:
    """The token (CMS SignedData, RFC 5652), once its own signature, signer and attributes are found good; paths come later."""
    demand_der(one_der_value(octets))
    content_info = Fields(one_der_value(octets), "the token")
    demand(oid_of(content_info.take(OID)) == SIGNED_DATA, "The token is not signed data.")
    explicit = content_info.take(0xA0).parts()
    content_info.end()
    demand(len(explicit) == 1, "The token holds more than one content.")
    signed = Fields(explicit[0], "the signed data")
    demand(integer_of(signed.take(INTEGER)) in (3, 4, 5), "The signed data are of another version.")
    methods = [digest_method(one)[0] for one in signed.take(SET).parts()]
    encapsulated = Fields(signed.take(SEQUENCE), "the content")
    demand(oid_of(encapsulated.take(OID)) == TST_INFO, "The token is not one of RFC 3161.")
    inner = encapsulated.take(0xA0).parts()
    encapsulated.end()
    demand(len(inner) == 1 and inner[0].tag == OCTET_STRING, "The content of the token is not one octet string.")
    stated = signed.maybe(0xA0)
    held = stated.parts() if stated is not None else []
    demand(len(held) <= 16, "The token holds more than 16 certificates.")
    inside = [read_certificate(one.octets) for one in held]
    signed.maybe(0xA1)  # revocation data inside of the token are not used: note K+1 names what counts
    signers = signed.take(SET).parts()
    signed.end()
    demand(len(signers) == 1, "The token is not signed by exactly one authority.")
    signer, method = verify_signer(signers[0], inner[0].body, [*inside, *candidates])
    demand(methods == [method], "The token announces another algorithm for digests than it uses.")
    imprint_method, imprint, time = read_tst_info(inner[0].body)
    return Token(imprint_method, imprint, time, signer, inside)


def verify_signer(value: Der, content: bytes, certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, str]:
    fields = Fields(value, "the signer's part of the token")
    version = integer_of(fields.take(INTEGER))
    signer = named_signer(fields, version, certificates)
    method, algorithm = digest_method(fields.take(SEQUENCE))
    attributes = fields.take(0xA0)
    scheme, using = cms_signature(fields.take(SEQUENCE), algorithm)
    signature = fields.take(OCTET_STRING).body
    fields.maybe(0xA1)
    fields.end()
    demand(using is None or using.name == method, "The signature of the token uses another digest than it says.")
    # What is signed is the SET of attributes, not the [0] in its place (RFC 5652, 5.4).
    check_signature(signer.public_key(), signature, b"\x31" + attributes.octets[1:], scheme, using)
    values = signed_attributes(attributes)
    demand(
        oid_of(values[CONTENT_TYPE]) == TST_INFO if CONTENT_TYPE in values else False,
        "The token does not sign the type of its content.",
    )
    stated = values.get(MESSAGE_DIGEST)
    demand(stated is not None and stated.tag == OCTET_STRING, "The token does not sign a digest of its content.")
    demand(stated is not None and stated.body == hashlib.new(method, content).digest(), "The content of the token was changed.")
    check_signing_certificate(values, signer)
    may_stamp(signer)
    return signer, method


def named_signer(fields: Fields, version: int, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    key_id = fields.maybe(0x80)
    if key_id is not None:
        demand(version == 3, "The signer's part of the token is of another version.")
        for one in certificates:
            stated = extension(one, x509.SubjectKeyIdentifier)
            if stated is not None and stated.digest == key_id.body:
                return one
    else:
        demand(version == 1, "The signer's part of the token is of another version.")
        issuer_and_serial = fields.take(SEQUENCE).parts()
        demand(len(issuer_and_serial) == 2, "The token does not name its signer rightly.")
        for one in certificates:
            own = certificate_fields(one)
            if [own["issuer"].octets, own["serial"].octets] == [part.octets for part in issuer_and_serial]:
                return one
    raise Refused("The certificate of the authority for time is neither in the token nor in the bundle.")


def cms_signature(value: Der, method: hashes.HashAlgorithm) -> tuple[str, hashes.HashAlgorithm | None]:
    name, parameters = algorithm_of(value, "an algorithm for signatures")
    if name == RSA_PSS:
        # RFC 4055: [0] digest, [1] mask generation with the same digest, [2] length of the salt.
        pss = Fields(parameters, "the parameters of RSA-PSS") if parameters is not None else None
        stated = pss.maybe(0xA0) if pss is not None else None
        mask = pss.maybe(0xA1) if pss is not None else None
        salt = pss.maybe(0xA2) if pss is not None else None
        if pss is None or stated is None or mask is None or salt is None:
            raise Refused("RSA-PSS without its parameters would be SHA-1, which has fallen.")
        pss.end()
        generator = Fields(mask.parts()[0], "the mask generation")
        demand(oid_of(generator.take(OID)) == "1.2.840.113549.1.1.8", "RSA-PSS has another mask generation than MGF1.")
        demand(
            digest_method(stated.parts()[0])[0] == digest_method(generator.take(SEQUENCE))[0] == method.name,
            "RSA-PSS mixes digests.",
        )
        demand(integer_of(salt.parts()[0]) == method.digest_size, "RSA-PSS has a salt of another length than its digest.")
        return "pss", method
    demand(parameters is None or parameters.octets == b"\x05\x00", "An algorithm for signatures has parameters.")
    if name == RSA_ENCRYPTION:
        return "rsa", method
    if name not in CMS_SIGNATURES:
        raise Refused(f"The algorithm {name} for signatures is unknown or has fallen.")
    return CMS_SIGNATURES[name]


def signed_attributes(value: Der) -> dict[str, Der]:
    parts = value.parts()
    demand(
        [one.octets for one in parts] == sorted(one.octets for one in parts), "The signed attributes are not in the order of DER."
    )
    found: dict[str, Der] = {}
    for one in parts:
        fields = Fields(one, "a signed attribute")
        name, values = oid_of(fields.take(OID)), fields.take(SET).parts()
        fields.end()
        demand(name not in found, "A signed attribute is there twice.")
        demand(len(values) == 1, "A signed attribute has not exactly one value.")
        found[name] = values[0]
    return found


def check_signing_certificate(attributes: Mapping[str, Der], signer: x509.Certificate) -> None:
    """Raises unless the token signs which certificate is its own: ESSCertID (RFC 2634) or ESSCertIDv2 (RFC 5035)."""
    demand(
        SIGNING_CERTIFICATE in attributes or SIGNING_CERTIFICATE_V2 in attributes,
        "The token does not sign which certificate is its own.",
    )
    for name in (SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2):
        if name not in attributes:
            continue
        identifiers = Fields(attributes[name], "the signing certificate").take(SEQUENCE).parts()
        demand(identifiers, "The token names no signing certificate.")
        fields = Fields(identifiers[0], "the signing certificate")
        stated = fields.maybe(SEQUENCE) if name == SIGNING_CERTIFICATE_V2 else None
        # The first form is SHA-1 by definition; it only tells which certificate is meant.
        method = digest_method(stated)[0] if stated is not None else "sha256" if name == SIGNING_CERTIFICATE_V2 else "sha1"
        demand(
            fields.take(OCTET_STRING).body == hashlib.new(method, der_of(signer)).digest(),
            "The token was made for another certificate.",
        )
        issuer_and_serial = fields.maybe(SEQUENCE)
        fields.end()
        if issuer_and_serial is not None:
            demand(issuer_and_serial_of(issuer_and_serial, signer), "The token was made for another certificate.")


def issuer_and_serial_of(value: Der, certificate: x509.Certificate) -> bool:
    """Whether an IssuerSerial (RFC 5035, 5) is that of the certificate."""
    own, parts = certificate_fields(certificate), value.parts()
    names = parts[0].parts() if len(parts) == 2 else []
    return (
        [one.tag for one in names] == [0xA4] and names[0].body == own["issuer"].octets and parts[1].octets == own["serial"].octets
    )


def may_stamp(certificate: x509.Certificate) -> None:
    """Raises unless the certificate is for time-stamping, critically and alone (RFC 3161, 2.3)."""
    why = f"The certificate of {name_of(certificate)} is not for time-stamping alone."
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise Refused(why) from None
    demand(uses.critical and list(uses.value) == [ExtendedKeyUsageOID.TIME_STAMPING], why)
    may_sign(certificate)


def read_tst_info(octets: bytes) -> tuple[str, bytes, Instant]:
    demand_der(one_der_value(octets))
    fields = Fields(one_der_value(octets), "the stamped info")
    demand(integer_of(fields.take(INTEGER)) == 1, "The stamped info is of another version.")
    oid_of(fields.take(OID))  # the policy of the authority
    imprint = Fields(fields.take(SEQUENCE), "the imprint")
    method, _ = digest_method(imprint.take(SEQUENCE))
    stamped = imprint.take(OCTET_STRING).body
    imprint.end()
    integer_of(fields.take(INTEGER))
    time = time_of(fields.take(GENERALIZED_TIME))
    fields.maybe(SEQUENCE)  # accuracy: told, and no part of any check
    ordering = fields.maybe(BOOLEAN)
    demand(ordering is None or ordering.body == b"\xff", "The ordering of the token is not written in DER.")
    nonce = fields.maybe(INTEGER)
    demand(nonce is None or integer_of(nonce) is not None, "The nonce is no number.")
    fields.maybe(0xA0)  # a name of the authority, which its certificate tells better
    extensions = fields.maybe(0xA1)
    fields.end()
    for one in extensions.parts() if extensions is not None else ():
        demand(all(part.tag != BOOLEAN for part in one.parts()), "The token has a critical extension that is not known here.")
    return method, stamped, time


def read_note(octets: bytes) -> Json:
    is_sorted: Form = lambda value: is_list_of(is_digest)(value) and list(value) == sorted(set(value))  # type: ignore[call-overload]  # noqa: E731
    forms: dict[str, Form] = {
        "v": is_one,
        "checkpoint": is_digest,
        "signature": is_digest,
        "tokens": is_sorted,
        "evidence": is_sorted,
    }
    return shaped(canonical_json(octets, LARGEST["note"]), "the note", forms)


# ----------------------------------------------------------------------------------------------------- 5. The bundle

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
COMMENT = b"mimetype=application/vnd.etsi.asic-e+zip sha256="
LOCAL, CENTRAL, END, END_64, LOCATOR_64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
#: How large a bundle may be: section 5.
MOST_FILES, MOST_OCTETS, LIGHT_OCTETS, MOST_TIMES = 100_000, 2**31, 2**28, 100
#: More than the files and their heads can take is not read.
MOST_READ = MOST_OCTETS + 2**28
NUMBER = "([1-9][0-9]{0,15})"
STAMP = "(0|[1-9][0-9]{0,2})"
NAMES = [
    "mimetype",
    "manifest[.]json",
    "report[.](?:en|zh-Hant)[.]html|report[.]pdf",
    f"log/{NUMBER}(?:[.]proof)?[.]json",
    f"checkpoints/{NUMBER}(?:(?:[.]proof)?[.]json|[.]sig|[.]stamp-{STAMP}[.](?:json|tst))",
    "objects/[0-9a-f]{64}",
    "META-INF/(?:signatures|manifest)[.]xml",
]
ALLOWED = re.compile("|".join(f"(?:{name})" for name in NAMES), re.ASCII)
REPORTS = ("report.en.html", "report.zh-Hant.html", "report.pdf")


def read_zip(octets: bytes) -> dict[str, bytes]:
    """The files of a ZIP in their order, where every octet of it belongs to exactly one file or to the list at its end.

    No two readers can see different files: the list and the heads in front of the files say the same, the files lie one
    after the other from the first octet to the list, and nothing stands before, between, or after them.
    """
    count, list_at, list_ends = end_of_zip(octets)
    demand(count <= MOST_FILES, f"There are {count} files in it, and a bundle has at most {MOST_FILES}.")
    files: dict[str, bytes] = {}
    at, expected, whole = list_at, 0, 0
    for _ in range(count):
        demand(octets[at : at + 4] == CENTRAL and at + 46 <= list_ends, "The list of the ZIP is damaged.")
        _, needed, flags, method, time, date, crc, packed, size, n, x, c, disk, _, _, place = struct.unpack_from(
            "<6H3L5H2L", octets, at + 4
        )
        rest = octets[at + 46 : at + 46 + n + x + c]
        demand(len(rest) == n + x + c and at + 46 + len(rest) <= list_ends, "The list of the ZIP is damaged.")
        at += 46 + len(rest)
        name, extra = rest[:n].decode("ascii", "replace"), rest[n : n + x]
        demand(c == 0 and disk == 0, f"{name!r} has a comment or lies on another disk.")
        demand(flags in (0, 0x800) and method in (0, 8), f"{name!r} is encrypted, or packed in a way that is not allowed.")
        demand(method == 0 or name != "mimetype", "The mimetype is packed.")
        demand(needed in (10, 20, 45), f"{name!r} needs another version of ZIP.")
        demand(max(size, packed) < 2**32 - 1, f"{name!r} is too large for one file.")
        place, needed = wide_place(extra, place, needed, name)
        demand(place == expected, f"{name!r} does not lie where the file before it ends.")
        head = struct.pack("<4s5H3L2H", LOCAL, needed, flags, method, time, date, crc, packed, size, n, 0)
        begin = place + 30 + n
        demand(
            octets[place : place + 30] == head and octets[place + 30 : begin] == rest[:n],
            f"The head of {name!r} differs from the list of the ZIP.",
        )
        demand(begin + packed <= list_at, f"{name!r} runs into the list of the ZIP.")
        whole += size
        demand(whole <= most_octets(octets), "Its files are larger than those of a bundle may be: it is made to fill the memory.")
        demand(name not in files, f"There are two files of the name {name!r}.")
        files[name] = content = unpacked(octets[begin : begin + packed], method, size, name)
        demand(zlib.crc32(content) == crc, f"The octets of {name!r} are damaged (CRC).")
        expected = begin + packed
    demand(files, "There is no file in it.")
    demand(at == list_ends and expected == list_at, "The ZIP has octets that belong to no file.")
    return files


def most_octets(zipped: bytes) -> int:
    """How many octets the files of a bundle may have together: a small bundle has few, whatever it says."""
    return min(MOST_OCTETS, max(LIGHT_OCTETS, MOST_TIMES * (len(zipped) - len(COMMENT) - 64)))


def end_of_zip(octets: bytes) -> tuple[int, int, int]:
    """How many files there are, where the list begins, and where it ends."""
    demand(len(octets) <= MOST_READ, "It is larger than a bundle may be.")
    at = len(octets) - 22 - len(COMMENT) - 64
    demand(
        at >= 0 and octets[at : at + 4] == END and octets[at + 22 : -64] == COMMENT,
        "It does not end as a bundle of evidence ends.",
    )
    demand(
        octets[-64:] == sha256(octets[:-64]).hex().encode(),
        "An octet of the file was changed: it does not have the sum that it ends with.",
    )
    disk, list_disk, here, count, length, begin, comment = struct.unpack_from("<4H2LH", octets, at + 4)
    ends = at
    if octets[max(at - 20, 0) : at][:4] == LOCATOR_64 and at >= 76:
        ends = at - 76
        mark, width, _made, needed, *disks, here_64, count_64, length_64, begin_64 = struct.unpack_from(
            "<4sQ2H2L4Q", octets, ends
        )
        locator = struct.pack("<4sLQL", LOCATOR_64, 0, ends, 1)
        demand(mark == END_64 and width == 44 and needed == 45 and disks == [0, 0], "The end of the ZIP is damaged.")
        demand(octets[at - 20 : at] == locator, "The end of the ZIP is damaged.")
        short = (min(here_64, 0xFFFF), min(count_64, 0xFFFF), min(length_64, 2**32 - 1), min(begin_64, 2**32 - 1))
        demand(short == (here, count, length, begin), "The two ends of the ZIP differ.")
        here, count, length, begin = here_64, count_64, length_64, begin_64
    demand((disk, list_disk, comment) == (0, 0, len(COMMENT) + 64) and here == count, "The end of the ZIP is damaged.")
    demand(begin + length == ends, "The list of the ZIP is not where its end says.")
    return count, begin, ends


def wide_place(extra: bytes, place: int, needed: int, name: str) -> tuple[int, int]:
    """Where the file begins, and the version its head names: ZIP64 for places beyond 4 GB, and no other extra field."""
    if place < 2**32 - 1:
        demand(extra == b"", f"{name!r} has an extra field.")
        return place, needed
    demand(extra[:4] == struct.pack("<2H", 1, 8) and len(extra) == 12 and needed == 45, f"{name!r} has an extra field.")
    return int.from_bytes(extra[4:], "little"), 20


def unpacked(packed: bytes, method: int, size: int, name: str) -> bytes:
    if method == 0:
        demand(len(packed) == size, f"{name!r} has not the size that the ZIP says.")
        return packed
    damaged = f"The packed octets of {name!r} are damaged."
    reader = zlib.decompressobj(-15)
    try:
        content = reader.decompress(packed, size + 1)
    except zlib.error:
        raise Refused(damaged) from None
    demand(len(content) == size and reader.eof and not reader.unused_data, damaged)
    return content


def read_manifest(octets: bytes) -> Json:
    """The manifest, if it is of the form of section 5.1."""
    file_forms: dict[str, Form] = {"sha256": is_digest, "size": lambda value: is_number(value) and value >= 0}  # type: ignore[operator]
    exchange: dict[str, Form] = {
        "message_id": is_name, "partner": is_name, "direction": is_one_of("in", "out"),
        "entries": lambda value: is_list_of(is_count)(value) and bool(value) and list(value) == sorted(set(value)),  # type: ignore[call-overload]
    }  # fmt: skip
    anchors: dict[str, Form] = {
        "node": is_list_of(is_digest),
        "partners": is_object_of(is_list_of(is_digest)),
        "time": is_list_of(is_digest),
    }
    manifest = shaped(
        canonical_json(octets),
        "the manifest",
        {
            "format": is_one_of("n2n-evidence/1"),
            "made_at": is_instant,
            "made_by": is_name,
            "log": is_log_name,
            "scope": is_scope,
            "redacted": lambda value: isinstance(value, bool),
            "exchanges": is_list_of(lambda value: bool(shaped(value, "an exchange", exchange))),
            "signers": lambda value: bool(
                shaped(
                    value,
                    "signers",
                    {"checkpoints": is_list_of(is_digest), "anchors": lambda inner: bool(shaped(inner, "anchors", anchors))},
                )
            ),
            "files": is_object_of(lambda value: bool(shaped(value, "a file", file_forms))),
            "absent": is_list_of(is_absent),
        },
    )
    for exchange_, count in Counter(
        (one["message_id"], one["partner"], one["direction"]) for one in manifest["exchanges"]
    ).items():
        demand(count == 1, f"The message {exchange_[0]!r} has two exchanges.")
    for digest, count in Counter(one["sha256"] for one in manifest["absent"]).items():
        demand(count == 1, f"{digest} is said to be absent twice.")
    wanted = manifest["scope"].get("messages")
    if wanted is not None:
        held = {one["message_id"] for one in manifest["exchanges"]}
        demand(held == set(wanted), "The messages of the scope are not those of the exchanges.")
    return manifest


def is_scope(value: object) -> bool:
    if isinstance(value, dict) and "messages" in value:
        return bool(shaped(value, "the scope", {"messages": is_list_of(is_text)}))
    return bool(shaped(value, "the scope", {"partner": is_text, "from": is_instant, "to": is_instant}))


def is_absent(value: object) -> bool:
    forms: dict[str, Form] = {"sha256": is_digest, "why": is_one_of("redacted", "purged")}
    if isinstance(value, dict) and value.get("why") == "purged":
        forms |= {"rule": is_text, "at": is_instant}
    return bool(shaped(value, "an absence", forms))


# ------------------------------------------------------------------------------------ 6a. XML and its canonical octets

SOAP = ("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
EB = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
EBBP = "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
X509_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0"
MESSAGE_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
MESSAGE_SECURITY_11 = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ATTACHMENT_CONTENT = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"


@dataclass(frozen=True)
class Most:
    """How large a document in XML may be: section 6.1."""

    octets: int = 2**20
    depth: int = 64
    elements: int = 20_000
    attributes: int = 64  # of one element
    namespaces: int = 32  # in scope at one element
    text: int = 2**18  # from the sign that begins a tag to the next
    names: int = 2**16  # all different names of elements and attributes together
    comments: bool = False
    instructions: bool = False


ENVELOPE = Most()
SEAL = Most(octets=200_000_000, elements=800_100, text=2**23)
PAYLOAD = Most(2**24, 200, 500_000, 1_000, 256, 2**24, comments=True, instructions=True)
ABSOLUTE = re.compile("[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~\\[\\]]*")


@dataclass(eq=False)
class Element:
    """An element as it stands in its document: with its prefixes, and the namespaces declared on it."""

    prefix: str
    local: str
    namespace: str
    attributes: list[tuple[str, str, str, str]]  # namespace, local name, prefix, value
    declared: dict[str, str]  # prefix (empty: the default) to namespace
    parent: "Element | None"
    children: list["Element | Instruction | str"] = field(default_factory=list)

    def in_scope(self, prefix: str) -> str:
        here: Element | None = self
        while here is not None:
            if prefix in here.declared:
                return here.declared[prefix]
            here = here.parent
        return XML if prefix == "xml" else ""

    def has(self, namespace: str, local: str) -> bool:
        return self.namespace == namespace and self.local == local

    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    def all(self, namespace: str, local: str) -> list["Element"]:
        return [child for child in self.elements() if child.has(namespace, local)]

    def one(self, namespace: str, local: str) -> "Element":
        found = self.all(namespace, local)
        demand(len(found) == 1, f"{self.local} has {len(found)} elements {local}, where there must be one.")
        return found[0]

    def get(self, local: str, namespace: str = "") -> str | None:
        return next((value for uri, name, _, value in self.attributes if (uri, name) == (namespace, local)), None)

    def text(self) -> str:
        demand(not self.elements(), f"{self.local} holds elements, where there must be text.")
        return "".join(child for child in self.children if isinstance(child, str))

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.elements():
            yield from child.walk()


@dataclass(frozen=True)
class Instruction:
    """A processing instruction, which a payload may have."""

    target: str
    said: str

    def written(self) -> str:
        said = self.said.replace("\r", "&#xD;")
        return f"<?{self.target} {said}?>" if said else f"<?{self.target}?>"


class _Builder:
    """Makes the tree of a document. DTDs and entities are refused, comments and processing instructions unless they are let be."""

    def __init__(self, most: Most) -> None:
        self.most = most
        self.root: Element | None = None
        self.before: list[Instruction] = []  # the document element
        self.after: list[Instruction] = []
        self.here: Element | None = None
        self.depth = self.elements = self.tag_at = 0
        self.names: set[str] = set()
        self.names_size = 0
        self.scope: Counter[str] = Counter()  # how often each prefix is declared, from the document element to here
        self.encoding: str | None = None
        parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.refuse
        parser.EntityDeclHandler = self.refuse
        parser.SkippedEntityHandler = self.refuse
        parser.ProcessingInstructionHandler = self.instruction if most.instructions else self.refuse
        if not most.comments:
            parser.CommentHandler = self.refuse
        self.parser = parser

    def refuse(self, *_: object) -> None:
        raise Refused("The XML has a DTD, an entity, a comment or a processing instruction, which are not allowed.")

    def instruction(self, target: str, said: str) -> None:
        beside = self.before if self.root is None else self.after
        (beside if self.here is None else self.here.children).append(Instruction(target, said))

    def declaration(self, version: str, encoding: str | None, _: int) -> None:
        demand(version == "1.0", f"It is XML {version}, not 1.0.")
        self.encoding = encoding

    def begins(self) -> None:
        """A tag begins here."""
        at = self.parser.CurrentByteIndex
        demand(at - self.tag_at <= self.most.text, f"A tag and its text have more than {self.most.text} octets.")
        self.tag_at = at

    def name(self, name: str) -> None:
        if name not in self.names:
            self.names.add(name)
            self.names_size += len(name.encode())
            demand(self.names_size <= self.most.names, f"The names in the XML have more than {self.most.names} octets.")

    def start(self, name: str, flat: list[str]) -> None:
        self.begins()
        self.depth += 1
        self.elements += 1
        demand(self.depth <= self.most.depth, f"The XML is nested deeper than {self.most.depth} elements.")
        demand(self.elements <= self.most.elements, f"The XML has more than {self.most.elements} elements.")
        for one in (name, *flat[::2]):
            self.name(one)
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        declared = {key[6:]: value for key, value in pairs if key == "xmlns" or key.startswith("xmlns:")}
        for key, value in pairs:
            if key == "xmlns" or key.startswith("xmlns:"):
                self.check_declaration(key, value)
        self.scope.update(list(declared))
        demand(
            len(self.scope) <= self.most.namespaces and len(pairs) - len(declared) <= self.most.attributes,
            f"{name} has more than {self.most.attributes} attributes, or {self.most.namespaces} namespaces.",
        )
        prefix, local = self.split(name)
        element = Element(prefix, local, "", [], declared, self.here)
        element.namespace = self.resolve(element, prefix)
        for key, value in pairs:
            if key != "xmlns" and not key.startswith("xmlns:"):
                prefix, local = self.split(key)
                element.attributes.append((self.resolve(element, prefix) if prefix else "", local, prefix, value))
        names = {(uri, local) for uri, local, _, _ in element.attributes}
        demand(len(names) == len(element.attributes), f"{element.local} has an attribute twice.")
        if self.here is None:
            self.root = element
        else:
            self.here.children.append(element)
        self.here = element

    @staticmethod
    def check_declaration(key: str, value: str) -> None:
        prefix = key[6:]
        demand(key != "xmlns:" and ":" not in prefix and (value or not prefix), "A namespace is wrongly declared.")
        demand(not value or ABSOLUTE.fullmatch(value), f"{value!r} is not the absolute name of a namespace.")
        demand((prefix == "xml") == (value == XML) and prefix != "xmlns" and value != XMLNS, "A reserved namespace is declared.")

    @staticmethod
    def split(name: str) -> tuple[str, str]:
        prefix, colon, local = name.rpartition(":")
        demand(":" not in prefix and local and (prefix or not colon), f"{name!r} is not a name with namespaces.")
        return prefix, local

    @staticmethod
    def resolve(element: Element, prefix: str) -> str:
        namespace = element.in_scope(prefix)
        demand(namespace or not prefix, f"The prefix {prefix!r} is not declared.")
        return namespace

    def end(self, _: str) -> None:
        assert self.here is not None
        self.begins()
        self.scope -= Counter(list(self.here.declared))
        self.here, self.depth = self.here.parent, self.depth - 1

    def data(self, text: str) -> None:
        if self.here is not None:
            self.here.children.append(text)


def read_xml(octets: bytes, most: Most = ENVELOPE) -> Element:
    return _built(_Builder(most), octets)


def canonical_document(octets: bytes) -> bytes:
    """A whole document in Exclusive XML Canonicalization 1.0, with what stands before and after its element."""
    builder = _Builder(PAYLOAD)
    inner = canonical(_built(builder, octets)).decode("utf-8")
    before = [f"{one.written()}\n" for one in builder.before]
    return "".join([*before, inner, *(f"\n{one.written()}" for one in builder.after)]).encode("utf-8")


def _built(builder: _Builder, octets: bytes) -> Element:
    demand(len(octets) <= builder.most.octets, f"The XML has more than {builder.most.octets} octets.")
    wide = octets[:2] in (b"\xff\xfe", b"\xfe\xff")
    demand(wide or b"\0" not in octets, "The XML has a zero in it, or is in UTF-16 without its mark.")
    try:
        octets.decode("utf-16" if wide else "utf-8")
        builder.parser.Parse(octets, True)
    except UnicodeError:
        raise Refused("The XML is neither in UTF-8, nor in UTF-16 with its mark.") from None
    except expat.ExpatError as error:
        raise Refused(f"It is not well-formed XML: {error}.") from None
    said = (builder.encoding or "").lower()
    demand(said in ("", "utf-16" if wide else "utf-8"), f"The XML says that it is in {said!r}, and is not.")
    assert builder.root is not None
    return builder.root


def canonical(apex: Element, inclusive: Sequence[str] = (), method: str = EXCLUSIVE) -> bytes:
    """The octets of an element in Exclusive XML Canonicalization 1.0, or Canonical XML 1.0 (`INCLUSIVE`), without comments.

    Prefixes of the list `inclusive` (the empty one is the default namespace) are treated as in the inclusive method.
    """
    listed: frozenset[str] | None = frozenset(inclusive)
    inherited: Iterable[str] = inclusive
    if method == INCLUSIVE:
        above = list(ancestors(apex))
        demand(
            not any(uri == XML for one in above for uri, *_ in one.attributes), "An attribute xml: stands above what is signed."
        )
        listed, inherited = None, [prefix for one in (apex, *above) for prefix in one.declared]
    else:
        demand(method == EXCLUSIVE, f"The method {method} of making XML canonical is not allowed here.")
    out: list[str] = []
    _write(apex, listed, inherited, {}, out)
    return "".join(out).encode("utf-8")


def ancestors(element: Element) -> Iterator[Element]:
    here = element.parent
    while here is not None:
        yield here
        here = here.parent


def _write(
    element: Element, listed: frozenset[str] | None, inherited: Iterable[str], shown: dict[str, str], out: list[str]
) -> None:
    """Writes the element; `shown` is what the ancestors written so far have declared, and is as before at the end."""
    used = {element.prefix, *(prefix for _, _, prefix, _ in element.attributes if prefix)}
    used.update(prefix for prefix in inherited if listed is None or prefix in listed)
    used.discard("xml")
    fresh = {}
    for prefix in used:
        namespace = element.in_scope(prefix)
        if shown.get(prefix, "") != namespace:
            fresh[prefix] = namespace
    before = {prefix: shown.get(prefix) for prefix in fresh}
    shown.update(fresh)
    name = f"{element.prefix}:{element.local}" if element.prefix else element.local
    out.append(f"<{name}")
    out.extend(f' xmlns{":" if prefix else ""}{prefix}="{_in_attribute(fresh[prefix])}"' for prefix in sorted(fresh))
    out.extend(
        f' {prefix}{":" if prefix else ""}{local}="{_in_attribute(value)}"'
        for _, local, prefix, value in sorted(element.attributes)
    )
    out.append(">")
    for child in element.children:
        if isinstance(child, str):
            out.append(child.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;"))
        elif isinstance(child, Instruction):
            out.append(child.written())
        else:
            _write(child, listed, child.declared, shown, out)
    out.append(f"</{name}>")
    for prefix, namespace_before in before.items():
        if namespace_before is None:
            del shown[prefix]
        else:
            shown[prefix] = namespace_before


def _in_attribute(value: str) -> str:
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\t", "&#x9;"), ("\n", "&#xA;"), ("\r", "&#xD;")):
        value = value.replace(sign, written)
    return value


# --------------------------------------------------------------------------------------------------- 6b. XML signatures

XML_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
XML_SIGNATURES: dict[str, tuple[str, hashes.HashAlgorithm | None]] = {
    f"http://www.w3.org/{place}{bits}{end}": (scheme, method)
    for place, end, scheme in (
        ("2001/04/xmldsig-more#rsa-sha", "", "rsa"),
        ("2007/05/xmldsig-more#sha", "-rsa-MGF1", "pss"),
        ("2001/04/xmldsig-more#ecdsa-sha", "", "ecdsa"),
    )
    for bits, method in ((256, hashes.SHA256()), (384, hashes.SHA384()), (512, hashes.SHA512()))
} | {"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519": ("ed25519", None)}


@dataclass(frozen=True)
class Reference:
    """One thing that a signature covers."""

    uri: str
    method: str  # the URI of the algorithm
    digest: bytes
    transforms: list[tuple[str, list[str]]]  # algorithm, and its list of inclusive prefixes
    kind: str | None

    @property
    def stated(self) -> tuple[str, str, bytes]:
        return self.uri, self.method, self.digest

    def demand_digest_of(self, octets: bytes) -> None:
        if self.method not in XML_DIGESTS:
            raise Refused(f"The algorithm {self.method} for digests is unknown or has fallen.")
        demand(
            hashlib.new(XML_DIGESTS[self.method], octets).digest() == self.digest,
            f"What {self.uri!r} refers to is not what was signed.",
        )

    def demand_transforms(self, *algorithms: str) -> None:
        stated = tuple(name for name, _ in self.transforms)
        demand(
            stated == algorithms,
            f"The reference {self.uri!r} is transformed by {stated or 'nothing'}, which is not allowed here.",
        )


def read_reference(element: Element) -> Reference:
    uri = element.get("URI")
    if uri is None:
        raise Refused("A reference of a signature says not what it refers to.")
    transforms = []
    for holder in element.all(DS, "Transforms"):
        for transform in holder.elements():
            demand(transform.has(DS, "Transform"), "A reference has something else among its transforms.")
            transforms.append((transform.get("Algorithm") or "", inclusive_prefixes(transform)))
    return Reference(
        uri,
        element.one(DS, "DigestMethod").get("Algorithm") or "",
        base64_octets(element.one(DS, "DigestValue").text(), wrapped=True),
        transforms,
        element.get("Type"),
    )


def inclusive_prefixes(transform: Element) -> list[str]:
    listed: list[str] = []
    for child in transform.elements():
        demand(child.has(EXCLUSIVE, "InclusiveNamespaces"), "A transform has a parameter that is not known here.")
        listed += ["" if prefix == "#default" else prefix for prefix in (child.get("PrefixList") or "").split()]
    return listed


@dataclass(frozen=True)
class Signature:
    """A ds:Signature as read: what it covers, and what is needed to verify its value."""

    element: Element
    algorithm: str
    references: list[Reference]
    signed_octets: bytes
    value: bytes

    def verify(self, certificate: x509.Certificate) -> None:
        if self.algorithm not in XML_SIGNATURES:
            raise Refused(f"The algorithm {self.algorithm} for signatures is unknown or has fallen.")
        scheme, method = XML_SIGNATURES[self.algorithm]
        key, value = certificate.public_key(), self.value
        if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            # XML has r and s side by side, each as wide as the order of the curve (RFC 4051, 2.3.6).
            width = (key.curve.key_size + 7) // 8
            demand(len(value) == 2 * width, "The value of the signature has not the length of its curve.")
            value = encode_dss_signature(int.from_bytes(value[:width], "big"), int.from_bytes(value[width:], "big"))
        check_signature(key, value, self.signed_octets, scheme, method)
        may_sign(certificate)


def read_signature(element: Element, methods: Sequence[str] = (EXCLUSIVE,)) -> Signature:
    info = element.one(DS, "SignedInfo")
    names = [child.local for child in info.elements() if child.namespace == DS]
    wanted = ["CanonicalizationMethod", "SignatureMethod", *["Reference"] * (len(info.elements()) - 2)]
    demand(names == wanted and len(names) > 2, "The signed part of a signature has not its form.")
    method, algorithm, *references = info.elements()
    stated = method.get("Algorithm") or ""
    demand(stated in methods, f"The method {stated} of making XML canonical is not allowed here.")
    demand(not algorithm.elements(), "The algorithm of a signature has parameters that are not known here.")
    return Signature(
        element,
        algorithm.get("Algorithm") or "",
        [read_reference(one) for one in references],
        canonical(info, inclusive_prefixes(method), stated),
        base64_octets(element.one(DS, "SignatureValue").text(), wrapped=True),
    )


def identified(root: Element) -> dict[str, list[Element]]:
    """The elements by their identifiers, in whichever of the usual attributes they have them."""
    found: dict[str, list[Element]] = {}
    for element in root.walk():
        values = {
            value for uri, local, _, value in element.attributes if (uri, local.lower()) in ((WSU, "id"), (XML, "id"), ("", "id"))
        }
        for value in values:
            found.setdefault(value, []).append(element)
    return found


# ------------------------------------------------------------------------------------------- 6c. Messages and receipts


@dataclass(frozen=True)
class Soap:
    """An envelope of ebMS 3.0 with its one signature of WS-Security."""

    root: Element
    body: Element
    messaging: Element
    security: Element
    signature: Signature
    ids: dict[str, list[Element]]

    def verify_parts(self) -> list[Reference]:
        """Verifies the references into the envelope, and gives back those to its attachments."""
        uris = [reference.uri for reference in self.signature.references]
        demand(len(set(uris)) == len(uris), "A signature refers to one thing twice.")
        outside, covered = [], []
        for reference in self.signature.references:
            if reference.uri.startswith("cid:"):
                outside.append(reference)
                continue
            demand(reference.uri.startswith("#"), f"The signature refers to {reference.uri!r}, which is not in the message.")
            targets = self.ids.get(reference.uri[1:], [])
            demand(
                len(targets) == 1,
                f"There are {len(targets)} elements of the identifier {reference.uri!r}, where there must be one.",
            )
            reference.demand_transforms(EXCLUSIVE)
            reference.demand_digest_of(canonical(targets[0], reference.transforms[0][1]))
            covered.append(targets[0])
        demand(self.messaging in covered, "The signature does not cover eb:Messaging.")
        demand(
            self.body in covered or not (self.body.elements() or self.body.text().strip()),
            "The signature does not cover the Body, which is not empty.",
        )
        return outside

    def signer(self, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
        """The certificate that the signature names, in one of the ways of the X.509 token profile."""
        token = self.signature.element.one(DS, "KeyInfo").one(WSSE, "SecurityTokenReference")
        demand(len(token.elements()) == 1, "The signature names its certificate in more than one way.")
        way = token.elements()[0]
        if way.has(WSSE, "Reference"):
            targets = self.ids.get((way.get("URI") or "")[1:], [])
            demand(
                len(targets) == 1 and targets[0].has(WSSE, "BinarySecurityToken"), "The signature names no token of the message."
            )
            return token_certificate(targets[0])
        for one in candidates:
            if named_by(way, one):
                return one
        raise Refused("The signature names a certificate that the entry does not have.")


def token_certificate(token: Element) -> x509.Certificate:
    demand(token.get("EncodingType") in (None, f"{MESSAGE_SECURITY}#Base64Binary"), "The token is encoded in an unknown way.")
    octets, kind = base64_octets(token.text(), wrapped=True), token.get("ValueType")
    if kind == f"{X509_PROFILE}#X509PKIPathv1":
        return read_certificate(one_der_value(octets).parts()[-1].octets)
    demand(kind == f"{X509_PROFILE}#X509v3", f"The token is of the kind {kind}, which is not known here.")
    return read_certificate(octets)


def named_by(way: Element, certificate: x509.Certificate) -> bool:
    if way.has(DS, "X509Data"):
        serial = way.one(DS, "X509IssuerSerial")
        same_number = serial.one(DS, "X509SerialNumber").text().strip() == str(certificate.serial_number)
        try:
            issuer = x509.Name.from_rfc4514_string(serial.one(DS, "X509IssuerName").text().strip())
        except ValueError:
            return same_number  # a name written in another way: the signature itself decides
        return same_number and Counter(map(_loose, issuer)) == Counter(map(_loose, certificate.issuer))
    demand(way.has(WSSE, "KeyIdentifier"), f"The signature names its certificate by {way.local}, which is not known here.")
    stated, kind = base64_octets(way.text(), wrapped=True), way.get("ValueType")
    if kind == f"{X509_PROFILE}#X509SubjectKeyIdentifier":
        own = extension(certificate, x509.SubjectKeyIdentifier)
        return own is not None and own.digest == stated
    if kind == f"{X509_PROFILE}#X509v3":
        return der_of(certificate) == stated
    demand(
        kind == f"{MESSAGE_SECURITY_11}#ThumbprintSHA1",
        f"The signature names its certificate by {kind}, which is not known here.",
    )
    return hashlib.sha1(der_of(certificate)).digest() == stated  # noqa: S324 -- a name, not a proof


def _loose(attribute: x509.NameAttribute[Any]) -> tuple[str, str | bytes]:
    return attribute.oid.dotted_string, attribute.value


def read_soap(octets: bytes) -> Soap:
    root = read_xml(octets)
    demand(root.local == "Envelope" and root.namespace in SOAP, "It is not a SOAP envelope.")
    header, body = root.one(root.namespace, "Header"), root.one(root.namespace, "Body")
    demand(len(root.elements()) == 2, "The envelope has more than a header and a body.")
    signed = [(security, one) for security in header.all(WSSE, "Security") for one in security.all(DS, "Signature")]
    demand(signed, "It is not signed.")
    demand(len(signed) == 1, "It has more than one signature.")
    return Soap(root, body, header.one(EB, "Messaging"), signed[0][0], read_signature(signed[0][1]), identified(root))


@dataclass(frozen=True)
class Payload:
    """A payload as the entry names it: its octets, or its digest alone where they are absent."""

    digest: str
    octets: bytes | None


def message_id_of(soap: Soap) -> str:
    return soap.messaging.one(EB, "UserMessage").one(EB, "MessageInfo").one(EB, "MessageId").text().strip()


def verify_payloads(soap: Soap, references: Sequence[Reference], payloads: Sequence[Payload]) -> list[str]:
    """Raises unless the attachments that eb:PayloadInfo names are the ones signed, and payload N is the N-th of them.

    Gives back which are absent, and were signed so that nobody can tell.
    """
    named = [part for info in soap.messaging.one(EB, "UserMessage").all(EB, "PayloadInfo") for part in info.all(EB, "PartInfo")]
    attached = [part for part in named if (part.get("href") or "").startswith("cid:")]
    signed = {urllib.parse.unquote(reference.uri): reference for reference in references}
    hrefs = [urllib.parse.unquote(part.get("href") or "") for part in attached]
    demand(len(set(hrefs)) == len(hrefs), "The message names one payload twice.")
    demand(set(hrefs) == set(signed), "The payloads that the message names are not those that it signs.")
    demand(len(hrefs) == len(payloads), f"The message has {len(hrefs)} payloads, and the entry names {len(payloads)}.")
    untold: list[str] = []
    for number, (href, part, payload) in enumerate(zip(hrefs, attached, payloads, strict=True), 1):
        signed[href].demand_transforms(ATTACHMENT_CONTENT)
        try:
            if not verify_payload(signed[href], media_of(part), payload):
                untold.append(f"payload-{number}")
        except Refused as refused:
            raise Refused(f"Payload {number}: {refused}") from None
    return untold


def verify_payload(reference: Reference, media: str, payload: Payload) -> bool:
    """Raises unless a payload is what was signed; false where it is absent and nobody can tell."""
    if payload.octets is None:
        # Absent: what was signed is the digest, and the entry names the same octets where it uses the same method.
        demand(reference.method in XML_DIGESTS, f"The algorithm {reference.method} for digests is unknown or has fallen.")
        same = reference.digest.hex() == payload.digest
        unknown = XML_DIGESTS[reference.method] != "sha256" or media
        demand(same or unknown, "The digest that was signed is not that of the payload which the entry names.")
        return same
    octets = payload.octets
    if hashlib.new(XML_DIGESTS.get(reference.method, "sha256"), octets).digest() != reference.digest:
        # What travels without compression is signed in the form of SwA Profile 1.1, 5.4: XML canonical, text with CR LF.
        if media == "text":
            octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        elif media == "xml":
            octets = canonical_document(octets)
    reference.demand_digest_of(octets)
    return True


def media_of(part: Element) -> str:
    """`xml`, `text` or nothing: how the media type of a part lets its content be signed in another form."""
    properties = [one for holder in part.all(EB, "PartProperties") for one in holder.all(EB, "Property")]
    told = {one.get("name"): one.text().strip().lower() for one in properties}
    media = told.get("MimeType", "").partition(";")[0].strip()
    if "CompressionType" in told:
        return ""
    if media in ("text/xml", "application/xml") or media.endswith("+xml"):
        return "xml"
    return "text" if media.startswith("text/") else ""


def receipt_signal(soap: Soap) -> Element:
    signals = [one for one in soap.messaging.all(EB, "SignalMessage") if one.all(EB, "Receipt")]
    demand(len(signals) == 1, f"It has {len(signals)} receipts, where there must be one.")
    return signals[0]


def receipted(signal: Element) -> list[Reference]:
    """What a receipt lists, one reference for each part (non-repudiation information of ebBP signals)."""
    information = signal.one(EB, "Receipt").one(EBBP, "NonRepudiationInformation")
    parts = information.all(EBBP, "MessagePartNRInformation")
    return [read_reference(part.one(DS, "Reference")) for part in parts]


# --------------------------------------------------------------------------------------------- 6d. The checks, in order


# An anchor that is known by another way than the bundle, and whose it is: one of `side_of`, or an empty text for any.
Given = tuple[str, x509.Certificate]


def side_of(of: str, partner: str = "") -> str:
    return {"node": "the node", "time": "an authority for time"}.get(of, f"the partner {partner}")


def sides_of(anchor: x509.Certificate, given: Sequence[Given]) -> set[str]:
    return {side for side, one in given if der_of(one) == der_of(anchor)}


class Bundle:
    """The files of a bundle, what they are read as, and the report that each check writes to."""

    def __init__(
        self, octets: bytes, at: Instant, report: Report, fallen: Mapping[str, Instant], given: Sequence[Given] = ()
    ) -> None:
        self.at, self.report, self.fallen = at, report, fallen
        self.given = given
        self.files: dict[str, bytes] = {}
        self.manifest: Json = {}
        self.entries: dict[int, Json] = {}
        self.stamped: dict[int, Instant] = {}  # checkpoints by their size, with the time of the first token, where the row holds
        self.own: set[bytes] = set()  # certificates with which the node signed
        with report.judging("container", ""):
            self.files = read_zip(octets)
        if not self.files:
            return
        self.absent: dict[str, str] = {}
        with report.judging("container", "manifest.json"):
            self.manifest = read_manifest(self.file("manifest.json"))
            self.absent = {one["sha256"]: one["why"] for one in self.manifest["absent"]}
            report.claim = claimed(self.manifest)
        self.known = Certificates([])
        with report.judging("container", "objects"):
            self.known = Certificates(one for one in map(self._certificate, self.files) if one is not None)
        self.revocation = Revocation([])

    def file(self, name: str) -> bytes:
        if name not in self.files:
            raise Refused(f"There is no {name}.")
        return self.files[name]

    def numbered(self, pattern: str) -> list[int]:
        found = (re.fullmatch(pattern, name, re.ASCII) for name in self.files)
        return sorted(int(one[1]) for one in found if one is not None)

    def octets_of(self, digest: str) -> bytes | None:
        """The octets of this digest, or None if they are said to be absent."""
        octets = self.files.get(f"objects/{digest}")
        if octets is None:
            demand(digest in self.absent, f"The octets {digest} are neither here nor said to be absent.")
            return None
        demand(sha256(octets).hex() == digest, f"objects/{digest} holds other octets than its name says.")
        return octets

    def object_of(self, entry: Json, name: str) -> bytes:
        demand(name in entry["objects"], f"The entry names no {name}.")
        octets = self.octets_of(entry["objects"][name])
        if octets is None:
            raise Refused(f"The {name} is absent, and without it this cannot be shown.")
        return octets

    def certificate_of(self, digest: str) -> x509.Certificate:
        octets = self.octets_of(digest)
        if octets is None:
            raise Refused(f"The certificate {digest} is absent, and without it this cannot be shown.")
        return read_certificate(octets)

    def _certificate(self, name: str) -> x509.Certificate | None:
        if not name.startswith("objects/"):
            return None
        return maybe_certificate(self.files[name])

    def anchors(self, of: str, partner: str = "") -> Certificates:
        """The anchors that the manifest names for `node`, `time`, or a partner; where some were handed in, those of them alone."""
        stated = self.manifest["signers"]["anchors"]
        digests = stated["partners"].get(partner, []) if of == "partners" else stated[of]
        named = [self.certificate_of(digest) for digest in digests]
        side = side_of(of, partner)
        counting = [one for one in named if not self.given or {"", side} & sides_of(one, self.given)]
        shown = ", ".join(f"{name_of(one)} (SHA-256 {sha256(der_of(one)).hex()})" for one in named)
        demand(counting or not named, f"It rests on {shown}, which was not handed in as an anchor of {side}.")
        return Certificates(counting)

    def path(
        self,
        certificate: x509.Certificate,
        known: Certificates,
        of: str,
        moment: Instant,
        partner: str = "",
        robbed_until: Instant | None = None,
    ) -> list[x509.Certificate]:
        """The path of a certificate to an anchor of somebody, of which nothing in the bundle says that it was revoked."""
        path = path_to_anchor(certificate, known, self.anchors(of, partner), moment)
        not_revoked(path, self.revocation, moment, self.known, robbed_until)
        whose = side_of(of, partner)
        self.report.anchors.setdefault(der_of(path[-1]), set()).add(whose)
        return path

    def read_revocation(self) -> None:
        """Reads the revocation data that entries name, once they are read."""
        named = {
            digest
            for entry in self.entries.values()
            for name, digest in entry["objects"].items()
            if name.startswith("revocation-")
        }
        self.revocation = Revocation(octets for octets in map(self.octets_of, sorted(named)) if octets is not None)

    def series(self, entry: Json, prefix: str) -> list[str]:
        """The digests of the objects `prefix`-1, `prefix`-2 and so on."""
        numbers = sorted(int(name.rpartition("-")[2]) for name in entry["objects"] if re.fullmatch(rf"{prefix}-[0-9]+", name))
        return [entry["objects"][f"{prefix}-{number}"] for number in numbers]

    def signer_path(self, entry: Json) -> Certificates:
        """The certificates that an entry names above its signer, each the issuer of the one before."""
        above = [self.certificate_of(digest) for digest in self.series(entry, "signer-path")]
        for issued, issuer in pairwise([self.certificate_of(entry["objects"]["signer"]), *above] if above else []):
            demand(issued_by(issued, issuer), f"{name_of(issuer)} is named above {name_of(issued)}, and did not issue it.")
        return Certificates(above)


def claimed(manifest: Json) -> str:
    """What a manifest says that its bundle is, in one line."""
    scope, many = manifest["scope"], len(manifest["exchanges"])
    of = (
        f", all that were exchanged with {scope['partner']} from {scope['from']} up to {scope['to']}"
        if "partner" in scope
        else ""
    )
    left_out = ", without payloads" if manifest["redacted"] else ""
    told = f"made at {said(instant(manifest['made_at']))} by {manifest['made_by']}, out of the log {manifest['log']}"
    line = f"The bundle says that it was {told}: {many} message{'s' * (many != 1)}{of}{left_out}."
    return "".join(one if one.isprintable() else " " for one in line)


def verify_bundle(octets: bytes, at: Instant, fallen: Mapping[str, Instant] | None = None, given: Sequence[Given] = ()) -> Report:
    """Every check of section 6 over a bundle, at a moment of verification.

    `fallen` are algorithms, and since when they are not safe; `given` are anchors that are known by another way, each with the side whose it is: then no other counts.
    """
    report = Report()
    bundle = Bundle(octets, at, report, fallen or {}, given)
    if bundle.files:
        check_container(bundle)
    if bundle.manifest:
        for check, judge in JUDGES.items():
            with report.judging(check, ""):
                judge(bundle)
        remark_unproven(bundle)
    return report


class Earliest:
    """Times by the sizes of checkpoints, so that the earliest over an entry is found at once."""

    def __init__(self, times: Mapping[int, Instant]) -> None:
        self.sizes, self.times = sorted(times), [times[size] for size in sorted(times)]
        for place in range(len(self.times) - 2, -1, -1):
            self.times[place] = min(self.times[place], self.times[place + 1])

    def over(self, number: int) -> Instant | None:
        place = bisect.bisect_left(self.sizes, number)
        return self.times[place] if place < len(self.times) else None


def remark_unproven(bundle: Bundle) -> None:
    """What nothing in the bundle proves, of the bundle as a whole and of times that cannot be (section 8)."""
    report, points = bundle.report, {}
    for size in bundle.numbered(f"checkpoints/{NUMBER}[.]json"):
        try:
            points[size] = instant(read_checkpoint(bundle.files[f"checkpoints/{size}.json"])["at"])
        except Refused:
            continue  # which was said before
    report.remark(
        "entries",
        "",
        "Only the node says when entries were written, over which connections messages went, what was agreed and what was"
        " delivered; and nothing shows that it kept no other log of this name.",
    )
    if len(bundle.entries) < max(points, default=0):
        report.remark("entries", "", "The log has entries that are not here: one about these messages may have been left out.")
    orders = [Earliest(points), Earliest(bundle.stamped)]
    for number, entry in sorted(bundle.entries.items()):
        over = [at for at in (one.over(number) for one in orders) if at is not None]
        if over and instant(entry["at"]) > min(over) + APART:
            report.remark("entries", f"log/{number}.json", f"Its time is unproven: it was there by {said(min(over))}.")
    if any(name in bundle.files for name in REPORTS):
        report.remark("seal", "", "No check reads the reports: where they and the files differ, the files count.")


def check_container(bundle: Bundle) -> None:
    report = bundle.report
    with report.judging("container", "mimetype"):
        demand(next(iter(bundle.files)) == "mimetype", "The first file is not mimetype.")
        demand(bundle.files["mimetype"] == MIMETYPE, f"It does not say {MIMETYPE.decode()}.")
    for name in bundle.files:
        with report.judging("container", name):
            demand(ALLOWED.fullmatch(name), "A bundle has no file of this name.")
            belongs = re.sub(r"(\.proof|\.stamp-[0-9]+)?\.(json|sig|tst)\Z", ".json", name)
            demand(
                belongs in bundle.files or not name.startswith(("log/", "checkpoints/")),
                f"There is no {belongs} to which it belongs.",
            )
    with report.judging("container", ""):
        bundle.file("META-INF/signatures.xml")


def check_files(bundle: Bundle) -> None:
    report, listed = bundle.report, bundle.manifest["files"]
    held = {
        name for name in bundle.files if not name.startswith("META-INF/") and name not in ("mimetype", "manifest.json", *REPORTS)
    }
    for name in sorted(held | set(listed)):
        with report.judging("files", name):
            demand(name in held, "The manifest names it, and it is not here.")
            demand(name in listed, "It is here, and the manifest does not name it.")
            octets = bundle.files[name]
            demand(
                len(octets) == listed[name]["size"], f"It has {len(octets)} octets, and the manifest says {listed[name]['size']}."
            )
            demand(sha256(octets).hex() == listed[name]["sha256"], "Its octets are not those that the manifest names.")


def check_entries(bundle: Bundle) -> None:
    report, manifest = bundle.report, bundle.manifest
    for number in bundle.numbered(f"log/{NUMBER}[.]json"):
        place = f"log/{number}.json"
        with report.judging("entries", place):
            demand(number >= 1, "Entries have numbers from 1.")
            entry = bundle.entries[number] = read_entry(bundle.files[place])
            for name, digest in entry["objects"].items():
                if bundle.octets_of(digest) is None and entry["kind"] != "evidence.purged":
                    left_out = name.startswith("payload-") or name in LEAVES[bundle.absent[digest]]
                    demand(left_out, f"The {name} is {bundle.absent[digest]}, which it may not be.")
            check_status(bundle, entry)
    for name in bundle.files:
        if name.startswith("objects/"):
            with report.judging("entries", name):
                bundle.octets_of(name.removeprefix("objects/"))
                demand(name.removeprefix("objects/") not in bundle.absent, "It is here, and is said to be absent.")
    with report.judging("entries", "revocation data"):
        bundle.read_revocation()
    check_absences(bundle)
    covered: set[int] = set()
    by_message: dict[str | None, list[int]] = {}
    for number, entry in bundle.entries.items():
        by_message.setdefault(entry["about"].get("message_id"), []).append(number)
    for exchange in manifest["exchanges"]:
        with report.judging("entries", f"manifest.json, exchange {exchange['message_id']}"):
            check_exchange_entries(bundle, exchange, by_message.get(exchange["message_id"], []))
        covered |= set(exchange["entries"])
    for number in bundle.entries:
        with report.judging("entries", f"log/{number}.json"):
            demand(number in covered, "It belongs to no exchange.")


#: What may be absent, beside payloads, and for which reason.
LEAVES: dict[str, Sequence[str]] = {"redacted": ("wire", "answer"), "purged": GONE}


def check_status(bundle: Bundle, entry: Json) -> None:
    """Raises unless the status that the entry tells is that of the answer's first line."""
    told, digest = entry["facts"].get("http_status"), entry["objects"].get("http")
    head = bundle.octets_of(digest) if digest is not None else None
    if told is not None and head is not None:
        line = re.match(rb"HTTP/[0-9.]+ ([0-9]{3})(?![0-9])", head)
        demand(line is not None and is_number(told) and int(line[1]) == told, f"The answer has not the status {told!r}.")


def check_absences(bundle: Bundle) -> None:
    """What is absent and what is here are both accounted for by entries."""
    report, manifest, entries = bundle.report, bundle.manifest, bundle.entries
    purges = {number: entry for number, entry in entries.items() if entry["kind"] == "evidence.purged"}
    named = {digest for entry in entries.values() for digest in entry["objects"].values()}
    told = {(digest, entry["facts"].get("why"), entry["at"]) for entry in purges.values() for digest in entry["objects"].values()}
    for one in manifest["absent"]:
        with report.judging("entries", f"manifest.json, absent {one['sha256']}"):
            demand(one["sha256"] in named, "No entry names these octets.")
            if one["why"] == "redacted":
                demand(manifest["redacted"], "It is said to be redacted in a bundle that is not.")
            else:
                why = "No entry tells that this rule removed it at this time."
                demand((one["sha256"], one["rule"], one["at"]) in told, why)
    for number, entry in purges.items():
        with report.judging("entries", f"log/{number}.json"):
            for name, digest in entry["objects"].items():
                what, _, of = name.rpartition(".")
                other = entries.get(int(of))
                same = other is None or other["objects"].get(what) == digest
                demand(same, f"It tells of {name}, and the entry of that number names other octets so.")
    signers = manifest["signers"]
    anchors = [signers["anchors"]["node"], signers["anchors"]["time"], *signers["anchors"]["partners"].values()]
    named |= {digest for row in (signers["checkpoints"], *anchors) for digest in row}
    for name in bundle.files:
        if re.fullmatch(f"checkpoints/{NUMBER}[.]stamp-{NUMBER}[.]json", name, re.ASCII):
            with report.judging("tokens", name):
                named |= set(read_note(bundle.files[name])["evidence"])
    for name, octets in bundle.files.items():
        digest = name.removeprefix("objects/")
        if digest != name and digest not in named:
            with report.judging("entries", name):
                demand(maybe_certificate(octets) is not None, "Nothing names these octets.")


def check_begun(bundle: Bundle, exchange: Json) -> None:
    """Raises unless an exchange began in the time of the scope, where that is a time."""
    scope = bundle.manifest["scope"]
    if "from" in scope:
        since, until = instant(scope["from"]), instant(scope["to"])
        begun = [bundle.entries[number] for number in exchange["entries"] if number in bundle.entries]
        kinds = ("message.received", "message.packaged")
        within = any(one["kind"] in kinds and since <= instant(one["at"]) < until for one in begun)
        demand(within, "It was neither received nor packaged in the time of the scope.")


def check_exchange_entries(bundle: Bundle, exchange: Json, about_it: Sequence[int]) -> None:
    """Raises unless the entries of an exchange are here, are about it, and are all that are."""
    wanted = {name: exchange[name] for name in ("message_id", "partner", "direction")}
    for number in exchange["entries"]:
        demand(f"log/{number}.json" in bundle.files, f"It has an entry {number}, which is not here.")
        about = bundle.entries[number]["about"] if number in bundle.entries else wanted
        demand(told_of(about, wanted), f"The entry {number} is about something else.")
    others = set(filter(lambda number: told_of(bundle.entries[number]["about"], wanted), about_it))
    demand(others <= set(exchange["entries"]), "Not all entries about it are listed.")
    scope = bundle.manifest["scope"]
    demand(scope.get("partner", exchange["partner"]) == exchange["partner"], "It is with another partner than the scope says.")
    check_begun(bundle, exchange)


def told_of(about: Json, wanted: Json) -> bool:
    """Whether an entry is about this message, as far as it tells."""
    return "message_id" in about and all(about.get(name, value) == value for name, value in wanted.items())


def read_path(value: Json) -> list[bytes]:
    return [bytes.fromhex(digest) for digest in value["path"]]


def check_inclusion(bundle: Bundle) -> None:
    forms: dict[str, Form] = {"v": is_one, "number": is_count, "size": is_count, "path": is_list_of(is_digest)}
    for number in bundle.numbered(f"log/{NUMBER}[.]json"):
        place = f"log/{number}.proof.json"
        with bundle.report.judging("inclusion", place):
            proof = shaped(canonical_json(bundle.file(place), LARGEST["proof"]), "the proof", forms)
            demand(proof["number"] == number, "The proof is that of another entry.")
            checkpoint = read_checkpoint(bundle.file(f"checkpoints/{proof['size']}.json"))
            root = root_from_inclusion(leaf_hash(bundle.files[f"log/{number}.json"]), number - 1, proof["size"], read_path(proof))
            demand(
                root.hex() == checkpoint["root"],
                f"The entry is not the one that stood in the log at this place when checkpoint {proof['size']} was made.",
            )


def check_consistency(bundle: Bundle) -> None:
    report, before = bundle.report, 0
    forms: dict[str, Form] = {"v": is_one, "before": is_count, "size": is_count, "path": is_list_of(is_digest)}
    for size in bundle.numbered(f"checkpoints/{NUMBER}[.]json"):
        place = f"checkpoints/{size}.proof.json"
        with report.judging("consistency", place):
            new = read_checkpoint(bundle.files[f"checkpoints/{size}.json"])
            if before == 0:
                demand(place not in bundle.files, "The smallest checkpoint has a proof that it continues another.")
            else:
                old = read_checkpoint(bundle.files[f"checkpoints/{before}.json"])
                proof = shaped(canonical_json(bundle.file(place), LARGEST["proof"]), "the proof", forms)
                demand((proof["before"], proof["size"]) == (before, size), "The proof is that of other checkpoints.")
                roots = roots_from_consistency(before, size, read_path(proof), bytes.fromhex(old["root"]))
                demand(roots[0].hex() == old["root"], f"Checkpoint {before} is not the beginning of this one.")
                demand(roots[1].hex() == new["root"], f"This checkpoint is not the continuation of checkpoint {before}.")
            check_chain(bundle, before, size)
        before = size


def check_chain(bundle: Bundle, before: int, size: int) -> None:
    """Where the bundle has every entry between two checkpoints, their chain values are computed as well."""
    entries = [bundle.files.get(f"log/{number}.json") for number in range(before + 1, min(size, before + len(bundle.files)) + 1)]
    if len(entries) < size - before or None in entries:
        return
    chain = bytes.fromhex(read_checkpoint(bundle.files[f"checkpoints/{before}.json"])["chain"]) if before else bytes(32)
    for octets in entries:
        chain = chain_hash(chain, leaf_hash(octets or b""))
    demand(
        chain.hex() == read_checkpoint(bundle.files[f"checkpoints/{size}.json"])["chain"],
        "The chain of the entries does not end where the checkpoint says.",
    )


def check_checkpoints(bundle: Bundle) -> None:
    digests = bundle.manifest["signers"]["checkpoints"]
    with bundle.report.judging("checkpoints", ""):
        demand(bundle.numbered(f"checkpoints/{NUMBER}[.]json"), "There is no checkpoint.")
    for size in bundle.numbered(f"checkpoints/{NUMBER}[.]json"):
        place = f"checkpoints/{size}.json"
        with bundle.report.judging("checkpoints", place):
            octets = bundle.files[place]
            checkpoint = read_checkpoint(octets)
            demand(checkpoint["size"] == size, "It is of another size than its name says.")
            demand(checkpoint["log"] == bundle.manifest["log"], "It is of another log.")
            demand(instant(checkpoint["at"]) <= bundle.at + APART, "It is of a time that has not come.")
            signers = [bundle.certificate_of(digest) for digest in digests]
            check_checkpoint_signer(bundle, signers, bundle.file(f"checkpoints/{size}.sig"), octets, instant(checkpoint["at"]))


def check_checkpoint_signer(
    bundle: Bundle, signers: Sequence[x509.Certificate], signature: bytes, octets: bytes, at: Instant
) -> None:
    """Raises unless one of the certificates made the signature, was valid then, and leads to an anchor of the node."""
    made = [signer for signer in signers if made_checkpoint(signer, signature, octets)]
    demand(made, "None of the certificates that the manifest names made this signature over these octets.")
    why = Refused("")
    for signer in made:
        try:
            may_sign(signer)
            bundle.path(signer, Certificates(signers), "node", at)
            bundle.own.add(der_of(signer))
        except Refused as refused:
            why = refused
        else:
            return
    raise why


def made_checkpoint(signer: x509.Certificate, signature: bytes, octets: bytes) -> bool:
    try:
        verify_checkpoint_signature(signer, signature, octets)
    except Refused:
        return False
    return True


def check_tokens(bundle: Bundle) -> None:
    for size in bundle.numbered(f"checkpoints/{NUMBER}[.]json"):
        notes = bundle.numbered(f"checkpoints/{size}[.]stamp-{STAMP}[.]json")
        tokens = bundle.numbered(f"checkpoints/{size}[.]stamp-{STAMP}[.]tst")
        with bundle.report.judging("tokens", f"checkpoints/{size}.json"):
            demand(notes == list(range(len(notes))) and tokens == list(range(len(tokens))), "A stamp is missing in the row.")
            demand(len(tokens) <= len(notes), "A token has no note.")
        if not tokens:
            bundle.report.remark(
                "tokens", f"checkpoints/{size}.json", "No authority for time has stamped it; only the node's own clock dates it."
            )
        check_row(bundle, size, len(notes), len(tokens))


def check_row(bundle: Bundle, size: int, notes: int, count: int) -> None:
    """The stamps of one checkpoint: each over its note, and each made before the one before it lost its force."""
    stem = f"checkpoints/{size}"
    tokens = [bundle.files.get(f"{stem}.stamp-{k}.tst", b"") for k in range(count)]
    times: list[Instant] = []
    ends: list[tuple[Instant, str]] = []
    for k in range(notes):
        with bundle.report.judging("tokens", f"{stem}.stamp-{k}.{'tst' if k < count else 'json'}"):
            note = read_note(bundle.file(f"{stem}.stamp-{k}.json"))
            demand(note["checkpoint"] == sha256(bundle.files[f"{stem}.json"]).hex(), "The note is about another checkpoint.")
            demand(note["signature"] == sha256(bundle.file(f"{stem}.sig")).hex(), "The note is about another signature.")
            demand(
                note["tokens"] == sorted({sha256(one).hex() for one in tokens[:k]}),
                "The note does not name exactly the tokens before it.",
            )
            demand(k or not note["evidence"], "The first note names evidence, and there is nothing before it.")
            demand(
                all(f"objects/{digest}" in bundle.files for digest in note["evidence"]),
                "The note names evidence that is not here.",
            )
            if k >= count:
                continue  # a note whose token has not come
            token, path = check_token(bundle, stem, k, count)
            demand(len(times) == k, "A token before it does not hold, and so it renews nothing.")
            if k:
                demand(times[-1] - APART <= token.time, "The token is older than the one before it.")
                demand(token.time <= ends[-1][0], f"It came too late for the token before it: {ends[-1][1]}.")
            times.append(token.time)
            ends.append(end_of(token, path, bundle.fallen))
    with bundle.report.judging("tokens", f"{stem}.json"):
        if count and len(times) == count:
            demand(times[-1] <= bundle.at + APART, f"The last token is of {said(times[-1])}, after the moment of verification.")
            demand(
                bundle.at <= ends[-1][0],
                f"It was not renewed in time: token {count - 1} is the last one, and {ends[-1][1]}. What the signatures say stands for itself.",
            )
            bundle.stamped[size] = times[0]
            existed = f"An authority for time says that it existed at {said(times[0])}; the proof lasts to {said(ends[-1][0])}."
            bundle.report.remark("tokens", f"{stem}.json", existed)


def end_of(token: Token, path: Sequence[x509.Certificate], fallen: Mapping[str, Instant]) -> tuple[Instant, str]:
    """Until when a token can be verified, and what ends then."""
    first = min(one.not_valid_after_utc for one in path)
    ends = [(first, f"its certificates ended at {said(first)}")]
    names = [token.imprint_method, *map(algorithm_name, path)]
    ends += [(fallen[one], f"the algorithm {one} fell at {said(fallen[one])}") for one in names if one in fallen]
    return min(ends)


def algorithm_name(certificate: x509.Certificate) -> str:
    """As section 4 calls the algorithm of a certificate's key."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return type(key).__name__.removesuffix("PublicKey").lower()


def fallen_of(told: str) -> tuple[str, Instant]:
    name, _, since = told.partition("=")
    if not since:
        raise ValueError(f"--fallen {told!r} names no instant: write it as rsa2048=2030-01-01T00:00:00Z")
    return name, moment_of(since)


def check_token(bundle: Bundle, stem: str, k: int, count: int) -> tuple[Token, list[x509.Certificate]]:
    """Token K and the path of its authority, verified with what note K+1 names, or, the last one, with whatever is here."""
    last = k + 1 == count
    named = [] if last else read_note(bundle.file(f"{stem}.stamp-{k + 1}.json"))["evidence"]
    evidence = [octets for octets in map(bundle.octets_of, named) if octets is not None]
    known = bundle.known if last else Certificates(one for one in map(maybe_certificate, evidence) if one is not None)
    token = read_token(bundle.file(f"{stem}.stamp-{k}.tst"), known.stampers)
    own = hashlib.new(token.imprint_method, bundle.files[f"{stem}.stamp-{k}.json"]).digest()
    demand(token.imprint == own, "The token was made over other octets than its note.")
    # A key that was stolen before the moment of verification may have made this token later than it says.
    path = bundle.path(token.signer, token.beside(known), "time", token.time, robbed_until=bundle.at)
    revocation = Revocation(octets for octets in evidence if maybe_certificate(octets) is None)
    not_revoked(path, revocation, token.time, known, robbed_until=bundle.at)
    return token, path


def maybe_certificate(octets: bytes) -> x509.Certificate | None:
    try:
        return read_certificate(octets)
    except Refused:
        return None


def entries_in(bundle: Bundle, exchange: Json) -> list[tuple[int, Json]]:
    """The entries of an exchange, as far as they could be read, each with its number."""
    return [(number, bundle.entries[number]) for number in exchange["entries"] if number in bundle.entries]


def check_signatures(bundle: Bundle) -> None:
    theirs: list[tuple[int, Json]] = []
    for exchange in bundle.manifest["exchanges"]:
        entries = entries_in(bundle, exchange)
        if not any(entry["kind"] in ("message.packaged", "message.received") for _, entry in entries):
            where = f"manifest.json, exchange {exchange['message_id']}"
            bundle.report.remark("signatures", where, "There is no signed message: that it was sent or received is unproven.")
        for number, entry in entries:
            kind, place = entry["kind"], f"log/{number}.json"
            if kind in ("message.packaged", "message.received"):
                with bundle.report.judging("signatures", place):
                    check_message(bundle, number)
            if kind == "message.acknowledged":
                with bundle.report.judging("signatures", f"{place}, receipt"):
                    check_receipt_signature(bundle, number)
            if kind in ("message.attempted", "message.failed"):
                with bundle.report.judging("signatures", f"{place}, answer"):
                    check_refusal(bundle, place, entry)
            if kind in ("message.received", "message.acknowledged"):
                theirs.append((number, entry))
    for number, entry in theirs:
        with bundle.report.judging("signatures", f"log/{number}.json, whose signature"):
            signer = bundle.files.get(f"objects/{entry['objects'].get('signer')}")
            demand(signer not in bundle.own, "What is said to be the partner's signature is one of the node itself.")
    remark_anchors(bundle)


def remark_anchors(bundle: Bundle) -> None:
    """Says which anchors are those of more than one side."""
    anchors = bundle.manifest["signers"]["anchors"]
    rows = [anchors["node"], *anchors["partners"].values(), anchors["time"]]
    for digest, count in Counter(digest for row in rows for digest in set(row)).items():
        if count > 1:
            bundle.report.remark(
                "signatures",
                f"objects/{digest}",
                "It is an anchor of more than one side: whose a certificate under it is, only its name says.",
            )


def check_refusal(bundle: Bundle, place: str, entry: Json) -> None:
    """That the partner refused a message is shown by its signed answer, or by nothing."""
    facts, code = entry["facts"], entry["facts"].get("error_code")
    if code is None and "verified" not in facts and facts.get("event") != "ERROR_RECEIVED":
        return
    octets = bundle.octets_of(entry["objects"]["answer"]) if "answer" in entry["objects"] else None
    try:
        answer = read_soap(octets or b"")
    except Refused:
        bundle.report.remark("signatures", place, f"That the partner refused it ({code}) is unproven: no signed answer is here.")
        return
    signals = answer.messaging.all(EB, "SignalMessage")
    errors = [error for signal in signals for error in signal.all(EB, "Error")]
    codes = [error.get("errorCode") for error in errors]
    demand(not errors or code is None or code in codes, f"The answer does not say {code}.")
    about = [error.get("refToMessageInError") for error in errors]
    refs = [ref for one in signals for ref in one.one(EB, "MessageInfo").all(EB, "RefToMessageId") if one.all(EB, "Error")]
    about += [ref.text().strip() for ref in refs]
    demand(all(not one or one == entry["about"]["message_id"] for one in about), "The answer is about another message.")
    if "verified" not in facts:
        bundle.report.remark(
            "signatures", place, f"That the partner refused it ({code}) is unproven: nobody verified the answer."
        )
        return
    signer = read_certificate(bundle.object_of(entry, "signer"))
    demand(der_of(answer.signer(bundle.known.all)) == der_of(signer), "The answer names another certificate than the entry.")
    answer.signature.verify(signer)
    demand(not answer.verify_parts(), "The answer has attachments.")
    check_told(entry, read_verified(facts["verified"]), answer)
    bundle.path(signer, bundle.signer_path(entry), "partners", instant(entry["at"]), entry["about"]["partner"])


def check_message(bundle: Bundle, number: int) -> None:
    """The signature of a message, over its envelope and its payloads, and the path of its signer at the time of the entry."""
    entry = bundle.entries[number]
    objects, about = entry["objects"], entry["about"]
    ours = entry["kind"] == "message.packaged"
    if objects.get("envelope") in bundle.absent:
        bundle.report.remark(
            "signatures",
            f"log/{number}.json",
            "The message was removed; its signature cannot be verified any more, and what it said is unproven.",
        )
        check_remains(bundle, entry)
        return
    soap = read_soap(bundle.object_of(entry, "envelope"))
    demand(message_id_of(soap) == about["message_id"], "The envelope is that of another message.")
    signer, above = read_certificate(bundle.object_of(entry, "signer")), bundle.signer_path(entry)
    demand(der_of(soap.signer([signer, *above.all])) == der_of(signer), "The signature names another certificate than the entry.")
    soap.signature.verify(signer)
    attached = soap.verify_parts()
    payloads = [Payload(digest, bundle.octets_of(digest)) for digest in bundle.series(entry, "payload")]
    for name in verify_payloads(soap, attached, payloads):
        unproven = (
            f"{name} is absent, and was signed in another form or with another digest than the entry names: it is unproven."
        )
        bundle.report.remark("signatures", f"log/{number}.json", unproven)
    wire = bundle.octets_of(objects["wire"]) if ours and "wire" in objects else None
    check_agreement(entry, bundle.octets_of(objects["agreement"]) if "agreement" in objects else None)
    demand(wire is None or bundle.object_of(entry, "envelope") in wire, "What went out does not hold the envelope.")
    moment = instant(entry["at"])
    path = bundle.path(signer, above, "node" if ours else "partners", moment, about["partner"])
    if ours:
        bundle.own.add(der_of(signer))
    else:
        check_quoted(entry, soap)
    bundle.report.remark(
        "signatures", f"log/{number}.json", f"Its header says that it is {parties(soap)}, written at {written_at(soap)}."
    )
    remark_ahead(bundle, number, soap)
    if not ours:
        check_told(entry, read_verified(entry["facts"].get("verified")), soap)
        check_revocation(bundle, entry, path)
    elif "signed" in entry["facts"]:
        check_told(entry, read_signed(entry["facts"]["signed"]), soap)
    if not ours and "receipt" in objects:
        check_own_receipt(bundle, entry, signed_in(soap)[1])


def check_remains(bundle: Bundle, entry: Json) -> None:
    """What is left of a message whose envelope was removed is what the entry says was signed, where it says so."""
    told = entry["facts"].get("signed") or entry["facts"].get("verified") or {"references": []}
    references = [Reference(*stated, [], None) for stated in stated_in(told["references"])]
    for name, digest in entry["objects"].items():
        octets = bundle.octets_of(digest) if name.startswith("payload-") else None
        if octets is not None and references:
            demand(any(is_signed(one, octets) for one in references), f"The octets of {name} are none of those that were signed.")
    if entry["kind"] == "message.received" and "receipt" in entry["objects"]:
        check_own_receipt(bundle, entry, [one.stated for one in references])


def is_signed(reference: Reference, octets: bytes) -> bool:
    """Whether octets are what a reference is to, in any of the forms of 6.1."""
    for media in ("", "text", "xml"):
        try:
            verify_payload(reference, media, Payload("", octets))
        except Refused:
            continue
        return True
    return False


def check_quoted(entry: Json, soap: Soap) -> None:
    """Raises unless what the entry says of a message that came is what its envelope says."""
    facts, message = entry["facts"], soap.messaging.one(EB, "UserMessage")
    about = message.one(EB, "CollaborationInfo")
    for name, element in (("service", "Service"), ("action", "Action"), ("conversation_id", "ConversationId")):
        said = about.one(EB, element).text()
        demand(name not in facts or facts[name] in (said, said.strip()), f"The envelope does not say the {name} of the entry.")
    if "time" in facts:
        check_time(facts["time"], message.one(EB, "MessageInfo").one(EB, "Timestamp").text(), instant(entry["at"]))


def check_agreement(entry: Json, octets: bytes | None) -> None:
    """Raises unless what was agreed is of this partner, and has the name that the entry says."""
    if octets is not None:
        agreed = canonical_json(octets)
        demand(is_object(agreed) and agreed.get("partner") == entry["about"]["partner"], "The agreement is with somebody else.")
        same = entry["facts"].get("pmode", agreed.get("id")) == agreed.get("id")
        demand(same, "The agreement is another than the entry says.")


def check_time(told: object, written: str, at: Instant) -> None:
    """Raises unless facts.time is what the eb:Timestamp makes of it."""
    forms: dict[str, Form] = {
        "timestamp": is_text,
        "age_ms": lambda value: value is None or is_number(value),
        "timeliness": is_one_of("timely", "stale", "ahead", "unreadable"),
    }
    time = shaped(told, "facts.time", forms)
    demand(time["timestamp"] in (written[:40], written.strip()[:40]), "The envelope does not say the timestamp of the entry.")
    try:
        said = Instant.fromisoformat(written.strip())
        age = at - (said if said.tzinfo else said.replace(tzinfo=dt.UTC))
    except (ValueError, OverflowError):
        demand(time["age_ms"] is None and time["timeliness"] == "unreadable", "The entry tells an age of what is no time.")
        return
    wrong = "The age in the entry is not that of the timestamp."
    demand(time["age_ms"] is not None and time["timeliness"] != "unreadable", wrong)
    demand(abs(age - dt.timedelta(milliseconds=time["age_ms"])) <= dt.timedelta(minutes=1), wrong)
    beyond = {"stale": time["age_ms"] > 0, "ahead": time["age_ms"] < 0}
    demand(beyond.get(time["timeliness"], True), "The entry calls a message stale or ahead that is not.")


def written_at(soap: Soap) -> str:
    """The eb:Timestamp of a message, or of its first signal."""
    units = [*soap.messaging.all(EB, "UserMessage"), *soap.messaging.all(EB, "SignalMessage")]
    return units[0].one(EB, "MessageInfo").one(EB, "Timestamp").text().strip() if units else ""


def remark_ahead(bundle: Bundle, number: int, soap: Soap) -> None:
    """Says so where what a partner signed was written, as it says, after the entry in which it came."""
    entry, written = bundle.entries[number], written_at(soap)
    try:
        said_at = Instant.fromisoformat(written)
    except ValueError:
        return
    if entry["kind"] != "message.packaged":
        at = said_at if said_at.tzinfo else said_at.replace(tzinfo=dt.UTC)
        if at > instant(entry["at"]) + APART:
            why = f"Its time is unproven: what the partner signed was written at {written}, as it says itself."
            bundle.report.remark("signatures", f"log/{number}.json", why)


def parties(soap: Soap) -> str:
    """From whom to whom a message is, as its header says."""
    info = soap.messaging.one(EB, "UserMessage").one(EB, "PartyInfo")
    sides = [", ".join(one.text().strip() for one in info.one(EB, side).all(EB, "PartyId")) for side in ("From", "To")]
    return f"from {sides[0]} to {sides[1]}"


def check_told(entry: Json, told: Json, soap: Soap) -> None:
    """Raises unless what the entry says of a signature is what the signature says of itself."""
    demand(told["signer"] == entry["objects"].get("signer"), "The facts name another certificate than the entry.")
    demand(told["signature_algorithm"] == soap.signature.algorithm, "The facts name another algorithm than the signature.")
    if entry["facts"].get("shortened") is True and not told["references"]:
        return  # the entry would have been too large
    listed = Counter(stated_in(told["references"]))
    demand(
        listed == Counter(one.stated for one in soap.signature.references), "The facts list other references than were signed."
    )


def check_revocation(bundle: Bundle, entry: Json, path: Sequence[x509.Certificate]) -> None:
    if entry["facts"]["verified"]["revocation"] == "good":
        data = [octets for octets in map(bundle.octets_of, bundle.series(entry, "revocation")) if octets is not None]
        shown_good(path, Revocation(data), instant(entry["at"]), bundle.known)


def stated_in(references: Sequence[Json]) -> list[tuple[str, str, bytes]]:
    """The references that an entry tells of."""
    return [(one["uri"], one["method"], base64_octets(one["digest"])) for one in references]


def check_own_receipt(bundle: Bundle, entry: Json, signed: Sequence[tuple[str, str, bytes]]) -> None:
    """The receipt that the node gave for a message: signed by the node, for exactly this message; `signed` is empty where nobody knows."""
    receipt = read_soap(bundle.object_of(entry, "receipt"))
    signer = receipt.signer(bundle.known.all)
    receipt.signature.verify(signer)
    demand(not receipt.verify_parts(), "Our receipt has attachments.")
    demand(ref_to(receipt_signal(receipt)) == entry["about"]["message_id"], "Our receipt is for another message.")
    if signed:
        compare_references(receipted(receipt_signal(receipt)), signed)
    bundle.path(signer, bundle.known, "node", instant(entry["at"]))
    bundle.own.add(der_of(signer))


def check_receipt_signature(bundle: Bundle, number: int) -> None:
    entry = bundle.entries[number]
    receipt = read_soap(bundle.object_of(entry, "receipt"))
    signer = read_certificate(bundle.object_of(entry, "signer"))
    receipt.signature.verify(signer)
    demand(not receipt.verify_parts(), "The receipt has attachments.")
    check_told(entry, read_verified(entry["facts"].get("verified")), receipt)
    remark_ahead(bundle, number, receipt)


# ------------------------------------------------------------------------------------------------------- 7. A receipt


def ref_to(signal: Element) -> str:
    return signal.one(EB, "MessageInfo").one(EB, "RefToMessageId").text().strip()


Stated = tuple[str, str, bytes]


def compare_references(listed: Sequence[Reference], signed: Iterable[Stated]) -> None:
    told, wanted = Counter(one.stated for one in listed), Counter(signed)
    missing, beside = wanted - told, told - wanted
    demand(not missing, f"The receipt does not acknowledge {', '.join(sorted(uri for uri, _, _ in missing))} as it was signed.")
    demand(not beside, f"The receipt acknowledges {', '.join(sorted(uri for uri, _, _ in beside))}, which was not signed.")


def signed_in(message: Soap) -> tuple[str, list[Stated]]:
    """The identifier of a message and what it signs, by its envelope."""
    return message_id_of(message), [one.stated for one in message.signature.references]


def recorded(bundle: Bundle, number: int) -> tuple[str, list[Stated]] | None:
    """The same by the entry, where a rule removed the envelope and an entry of the exchange tells of it; else None."""
    entry = bundle.entries[number]
    digest, message_id = entry["objects"].get("envelope"), entry["about"]["message_id"]
    if bundle.absent.get(digest) != "purged":
        return None
    theirs = [one for exchange in bundle.manifest["exchanges"] if number in exchange["entries"] for one in exchange["entries"]]
    purges = [bundle.entries[one] for one in theirs if one in bundle.entries and bundle.entries[one]["kind"] == "evidence.purged"]
    if not any(digest in one["objects"].values() for one in purges) or "signed" not in entry["facts"]:
        return None
    told = read_signed(entry["facts"]["signed"])["references"]
    if not told:
        return None
    bundle.report.remark(
        "receipts", f"log/{number}.json", "The message was removed; its receipt is compared with what its entry says of it."
    )
    return message_id, stated_in(told)


def check_receipts(bundle: Bundle) -> None:
    stamped = Earliest(bundle.stamped)
    for exchange in bundle.manifest["exchanges"]:
        packaged: int | None = None
        for number, entry in entries_in(bundle, exchange):
            if entry["kind"] == "message.packaged":
                packaged = number
            if entry["kind"] == "message.acknowledged":
                check_receipt(bundle, number, packaged, stamped)


def check_receipt(bundle: Bundle, number: int, packaged: int | None, stamps: Earliest) -> None:
    """The six checks of a receipt, each with a result of its own."""
    judging, place, entry = bundle.report.judging, f"log/{number}.json", bundle.entries[number]
    moment, partner = instant(entry["at"]), entry["about"]["partner"]
    receipts: list[Soap] = []
    message: tuple[str, list[Stated]] = ("", [])
    named: list[x509.Certificate] = []
    with judging("receipts", place):
        if packaged is None:
            raise Refused("It acknowledges a message that no entry before it packaged.")
        receipt = read_soap(bundle.object_of(entry, "receipt"))
        message = recorded(bundle, packaged) or signed_in(read_soap(bundle.object_of(bundle.entries[packaged], "envelope")))
        receipts.append(receipt)
    if not receipts:
        return
    (receipt,) = receipts
    message_id, signed = message
    with judging("receipts", f"{place}, 1: it refers to this message"):
        demand(ref_to(receipt_signal(receipt)) == message_id, "The receipt is for another message.")
    with judging("receipts", f"{place}, 2: its signature is valid"):
        named.append(receipt.signer(bundle.known.all))
        receipt.signature.verify(named[0])
        demand(not receipt.verify_parts(), "The receipt has attachments.")
        check_told(entry, read_verified(entry["facts"].get("verified")), receipt)
    with judging("receipts", f"{place}, 3: its signer is the agreed partner"):
        agreed = read_certificate(bundle.object_of(entry, "signer"))
        demand(named, "The receipt names no certificate.")
        demand([der_of(one) for one in named] == [der_of(agreed)], "The receipt is signed by somebody else.")
        demand(der_of(agreed) not in bundle.own, "The receipt is signed by the node itself.")
    with judging("receipts", f"{place}, 4: that certificate was valid"):
        signer = read_certificate(bundle.object_of(entry, "signer"))
        path = bundle.path(signer, bundle.signer_path(entry), "partners", moment, partner)
        check_revocation(bundle, entry, path)
    with judging("receipts", f"{place}, 5: the digests are equal"):
        compare_references(receipted(receipt_signal(receipt)), signed)
    with judging("receipts", f"{place}, 6: it came in time"):
        due = entry["facts"].get("due_at")
        demand(due is None or moment <= instant(due), f"It came after {due}, when it was due.")
        stamped = stamps.over(number)
        if due is None:
            bundle.report.remark("receipts", place, "The entry states no time by which the receipt was due.")
        elif stamped is None or stamped > instant(due):
            unproven = "That it came in time is unproven: by the clock of the node alone it did."
            bundle.report.remark("receipts", place, unproven)


# ---------------------------------------------------------------------------------- 6, last: the seal (XAdES in ASiC-E)


def check_seal(bundle: Bundle) -> None:
    """The XAdES signature, and the path of its signer at the time of its time-stamp, or else at the time that it says."""
    root = read_xml(bundle.file("META-INF/signatures.xml"), SEAL)
    demand(root.has(ASIC, "XAdESSignatures") and len(root.elements()) == 1, "It is not a file with one XAdES signature.")
    demand_seal_form(root)
    seal = root.one(DS, "Signature")
    qualifying = seal.one(DS, "Object").one(XADES, "QualifyingProperties")
    demand(qualifying.get("Target") == f"#{seal.get('Id')}", "The properties of the seal are those of another signature.")
    properties = qualifying.one(XADES, "SignedProperties")
    signature = read_signature(seal, (EXCLUSIVE, INCLUSIVE))
    named = seal.one(DS, "KeyInfo").one(DS, "X509Data").all(DS, "X509Certificate")
    demand(named, "The seal names no certificate.")
    signer, *above = (read_certificate(base64_octets(one.text(), wrapped=True)) for one in named)
    signature.verify(signer)
    moment = check_signed_properties(properties, signer)
    check_sealed(bundle, signature, properties)
    demand(moment <= bundle.at + APART, "The seal says that it was made at a time that has not come.")
    for stamp in stamps_of(qualifying):
        moment = check_seal_stamp(bundle, seal, stamp)
    bundle.path(signer, Certificates([*above, *bundle.known.all]), "node", moment)
    bundle.own.add(der_of(signer))


#: What each element of the seal has: its attributes, and its children in their order. Text is where there are no children.
SEAL_FORM = {
    "asic:XAdESSignatures": ("", "ds:Signature"),
    "ds:Signature": ("Id", "ds:SignedInfo ds:SignatureValue ds:KeyInfo ds:Object"),
    "ds:SignedInfo": ("Id", "ds:CanonicalizationMethod ds:SignatureMethod( ds:Reference)+"),
    "ds:CanonicalizationMethod": ("Algorithm", ""),
    "ds:SignatureMethod": ("Algorithm", ""),
    "ds:Reference": ("URI Id Type", "(ds:Transforms )?ds:DigestMethod ds:DigestValue"),
    "ds:Transforms": ("", "(ds:Transform)?"),
    "ds:Transform": ("Algorithm", ""),
    "ds:DigestMethod": ("Algorithm", ""),
    "ds:DigestValue": ("", ""),
    "ds:SignatureValue": ("Id", ""),
    "ds:KeyInfo": ("Id", "ds:X509Data( ds:X509Data)*"),
    "ds:X509Data": ("", "(ds:X509Certificate( ds:X509Certificate)*)?"),
    "ds:X509Certificate": ("", ""),
    "ds:Object": ("", "xades:QualifyingProperties"),
    "xades:QualifyingProperties": ("Target Id", "xades:SignedProperties( xades:UnsignedProperties)?"),
    "xades:SignedProperties": ("Id", "xades:SignedSignatureProperties xades:SignedDataObjectProperties"),
    "xades:SignedSignatureProperties": ("Id", "xades:SigningTime xades:SigningCertificate(V2)?"),
    "xades:SigningTime": ("", ""),
    "xades:SigningCertificate": ("", "xades:Cert"),
    "xades:SigningCertificateV2": ("", "xades:Cert"),
    "xades:Cert": ("", "xades:CertDigest( xades:IssuerSerialV2)?"),
    "xades:CertDigest": ("", "ds:DigestMethod ds:DigestValue"),
    "xades:IssuerSerialV2": ("", ""),
    "xades:SignedDataObjectProperties": ("Id", "xades:DataObjectFormat( xades:DataObjectFormat)*"),
    "xades:DataObjectFormat": ("ObjectReference", "(xades:Description )?xades:MimeType"),
    "xades:Description": ("", ""),
    "xades:MimeType": ("", ""),
    "xades:UnsignedProperties": ("Id", "xades:UnsignedSignatureProperties"),
    "xades:UnsignedSignatureProperties": ("Id", "xades:SignatureTimeStamp"),
    "xades:SignatureTimeStamp": ("Id", "(ds:CanonicalizationMethod )?xades:EncapsulatedTimeStamp"),
    "xades:EncapsulatedTimeStamp": ("Id Encoding", ""),
}
SEAL_SPACES = {ASIC: "asic", DS: "ds", XADES: "xades"}


def seal_name(element: Element) -> str:
    return f"{SEAL_SPACES.get(element.namespace, '?')}:{element.local}"


def demand_seal_form(root: Element) -> None:
    """Raises unless every element of the seal is one that the page knows, and has nothing beside what it says there."""
    for element in root.walk():
        name = seal_name(element)
        demand(name in SEAL_FORM, f"The seal has an element {name}.")
        attributes, inside = SEAL_FORM[name]
        held = " ".join(map(seal_name, element.elements()))
        demand(re.fullmatch(inside, held), f"{name} holds other elements than a seal has there: {held[:200]}.")
        told = all(not uri and local in attributes.split() for uri, local, _, _ in element.attributes)
        demand(told, f"{name} has an attribute that a seal does not have there.")
        beside = "".join(child for child in element.children if isinstance(child, str))
        demand(not inside or not beside.strip(" \t\r\n"), f"{name} holds text beside its elements.")


def stamps_of(qualifying: Element) -> list[Element]:
    """The time-stamp over the value of the seal, where there is one; nothing else may stand unsigned beside it."""
    unsigned = [one for outer in qualifying.all(XADES, "UnsignedProperties") for one in outer.elements()]
    stamps = [stamp for one in unsigned if one.has(XADES, "UnsignedSignatureProperties") for stamp in one.elements()]
    known = all(one.has(XADES, "UnsignedSignatureProperties") for one in unsigned) and all(
        one.has(XADES, "SignatureTimeStamp") for one in stamps
    )
    demand(known and len(stamps) <= 1, "The seal has unsigned properties beside one time-stamp.")
    return stamps


def check_seal_stamp(bundle: Bundle, seal: Element, stamp: Element) -> Instant:
    """The time of a time-stamp over ds:SignatureValue (EN 319 132-1, 5.3), by an authority for time."""
    stated = [one.get("Algorithm") or "" for one in stamp.all(DS, "CanonicalizationMethod")]
    octets = canonical(seal.one(DS, "SignatureValue"), method=stated[0] if stated else INCLUSIVE)
    token = read_token(base64_octets(stamp.one(XADES, "EncapsulatedTimeStamp").text(), wrapped=True), bundle.known.stampers)
    demand(
        token.imprint == hashlib.new(token.imprint_method, octets).digest(), "The time-stamp of the seal is over something else."
    )
    bundle.path(token.signer, token.beside(bundle.known), "time", token.time)
    return token.time


def check_signed_properties(properties: Element, signer: x509.Certificate) -> Instant:
    """The time of signing, if the properties name the signer's certificate (XAdES, EN 319 132-1, 5.2.1 and 5.2.2)."""
    signed = properties.one(XADES, "SignedSignatureProperties")
    named = [*signed.all(XADES, "SigningCertificateV2"), *signed.all(XADES, "SigningCertificate")]
    demand(len(named) == 1, "The seal does not sign which certificate is its own.")
    stated = named[0].elements()
    demand(stated and stated[0].has(XADES, "Cert"), "The seal does not sign which certificate is its own.")
    digest = stated[0].one(XADES, "CertDigest")
    method = digest.one(DS, "DigestMethod").get("Algorithm") or ""
    demand(method in XML_DIGESTS, f"The algorithm {method} for digests is unknown or has fallen.")
    own = hashlib.new(XML_DIGESTS[method], der_of(signer)).digest()
    demand(
        base64_octets(digest.one(DS, "DigestValue").text(), wrapped=True) == own, "The seal was made with another certificate."
    )
    for issuer in stated[0].all(XADES, "IssuerSerialV2"):
        demand(
            issuer_and_serial_of(one_der_value(base64_octets(issuer.text(), wrapped=True)), signer),
            "The seal was made with another certificate.",
        )
    try:
        time = Instant.fromisoformat(signed.one(XADES, "SigningTime").text().strip())
    except ValueError:
        raise Refused("The time of the seal is no time.") from None
    demand(time.tzinfo is not None, "The time of the seal has no zone.")
    return time


def check_sealed(bundle: Bundle, signature: Signature, properties: Element) -> None:
    """Raises unless the seal covers its own properties and every file that it has to."""
    sealed = set()
    own = 0
    for reference in signature.references:
        if reference.kind == "http://uri.etsi.org/01903#SignedProperties":
            demand(reference.uri == f"#{properties.get('Id')}", "The seal covers the properties of something else.")
            demand(len(reference.transforms) == 1, "The properties of the seal are transformed in an unknown way.")
            method, prefixes = reference.transforms[0]
            reference.demand_digest_of(canonical(properties, prefixes, method))
            own += 1
            continue
        demand(not reference.kind, "A file in the seal has a type.")
        name = urllib.parse.unquote(reference.uri)
        demand(name in bundle.files, f"The seal covers {name!r}, which is not here.")
        demand(name not in sealed, f"The seal covers {name!r} twice.")
        reference.demand_transforms()
        reference.demand_digest_of(bundle.files[name])
        sealed.add(name)
    demand(own == 1, "The seal does not cover its own properties.")
    open_ones = sorted(set(bundle.files) - sealed - {"mimetype", "META-INF/signatures.xml", "META-INF/manifest.xml"})
    demand(not open_ones, f"The seal does not cover {', '.join(open_ones)}.")


JUDGES: dict[str, Callable[[Bundle], None]] = {
    "files": check_files,
    "entries": check_entries,
    "inclusion": check_inclusion,
    "consistency": check_consistency,
    "checkpoints": check_checkpoints,
    "tokens": check_tokens,
    # Whose the seal is, is known before it is asked whose the messages are.
    "seal": check_seal,
    "signatures": check_signatures,
    "receipts": check_receipts,
}

# -------------------------------------------------------------------------------------------------- The command line


def anchors_told(bundle_anchors: Mapping[bytes, set[str]], given: Sequence[Given]) -> list[Json]:
    """Each anchor that a path ended at: of whom the bundle says it is, and whether it is known as theirs by another way than the bundle.

    `given` are certificates with the side whose they are known to be, or an empty text for any.
    """
    told = []
    for der, whose in sorted(bundle_anchors.items(), key=lambda item: sorted(item[1])):
        anchor = read_certificate(der)
        sides = sides_of(anchor, given)
        known = all("" in sides or one in sides for one in whose)
        told.append({"subject": name_of(anchor), "sha256": sha256(der).hex(), "of": sorted(whose), "handed_in": known})
    return told


def harmless(text: str) -> str:
    """A text as a terminal shows it and nothing else: what would move the cursor, end the line or turn the writing stands there by its number."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def print_report(report: Report, anchors: Sequence[Json], at: Instant) -> None:
    print(f"Verified as of {said(at)}.")
    print(f"{report.claim}\n" if report.claim else "")
    for check, sentence in CHECKS.items():
        failures = [failure for failure in report.failures if failure[0] == check]
        looked_at = report.counts[check]
        state = "FAILS" if failures else "holds" if looked_at else "-----"
        print(f"{state}  {check:<12} {sentence}" + ("" if looked_at else " (not reached)"))
        for _, place, why in failures:
            print(harmless(f"         {place or 'the bundle'}: {why}"))
        for _, place, why in (remark for remark in report.remarks if remark[0] == check):
            print(harmless(f"         ({place}: {why})"))
    if anchors:
        print("\nEverything that holds above rests on these anchors:")
    for anchor in anchors:
        known = "handed in by you" if anchor["handed_in"] else "KNOWN FROM THE BUNDLE ALONE, which proves nothing"
        print(harmless(f"  of {' and '.join(anchor['of'])}: {anchor['subject']}"))
        print(f"    SHA-256 {anchor['sha256']}: {known}")
    if not all(anchor["handed_in"] for anchor in anchors):
        print("Get each anchor from its owner by another way, compare its SHA-256, and hand it in with --anchor.")
    print(f"\n{'The bundle holds.' if report.holds else 'The bundle does NOT hold.'}")


def as_json(report: Report, anchors: Sequence[Json], at: Instant) -> str:
    def rows(found: Iterable[tuple[str, str, str]], check: str) -> list[Json]:
        return [{"place": place, "why": why} for name, place, why in found if name == check]

    checks = [
        {
            "name": check,
            "holds": not rows(report.failures, check) if report.counts[check] else None,
            "failures": rows(report.failures, check),
            "remarks": rows(report.remarks, check),
        }
        for check in CHECKS
    ]
    return json.dumps({"holds": report.holds, "at": said(at), "checks": checks, "anchors": list(anchors)}, indent=2)


def moment_of(text: str) -> Instant:
    try:
        moment = Instant.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no instant with a zone: write it as 2036-11-28T09:00:00Z") from None


def anchors_of(told: str) -> list[Given]:
    """The certificates of [WHOSE=]FILE, each with the side whose they are."""
    whose, equals, file = told.partition("=")
    if not equals or Path(told).exists():
        whose, file = "", told
    return [(side_of(whose, whose) if whose else "", one) for one in certificates_in(file)]


def certificates_in(file: str) -> list[x509.Certificate]:
    octets = Path(file).read_bytes()
    try:
        return x509.load_pem_x509_certificates(octets) if b"-----BEGIN" in octets else [x509.load_der_x509_certificate(octets)]
    except ValueError:
        raise ValueError(f"{file} is no certificate in PEM or DER") from None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Verify a bundle of evidence. Ends with 0: holds, 1: does not, 2: called wrongly."
    )
    parser.add_argument("bundle", metavar="BUNDLE", type=Path)
    parser.add_argument(
        "--anchor",
        metavar="[WHOSE=]CERTIFICATE",
        action="append",
        default=[],
        help="a trust anchor you know by another way, PEM or DER; then no other counts; WHOSE is node, time or the name of a partner, "
        "of whom alone it then is one; may be repeated",
    )
    parser.add_argument("--at", metavar="INSTANT", help="the moment of verification, like 2036-11-28T09:00:00Z; otherwise now")
    parser.add_argument(
        "--fallen",
        metavar="NAME=INSTANT",
        action="append",
        default=[],
        help="an algorithm of time-stamps that is not safe any more, and since when, like rsa2048=2030-01-01T00:00:00Z",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    try:
        at = moment_of(options.at) if options.at else Instant.now(dt.UTC)
        given = [one for name in options.anchor for one in anchors_of(name)]
        fallen = dict(map(fallen_of, options.fallen))
        with options.bundle.open("rb") as bundle:
            octets = bundle.read(MOST_READ + 1)
    except OSError as wrong:
        parser.error(f"{wrong.filename}: {wrong.strerror}")
    except ValueError as wrong:
        parser.error(str(wrong))
    report = verify_bundle(octets, at, fallen, given)
    anchors = anchors_told(report.anchors, given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name in the letters of one country is told on the terminal of another.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if options.json:
            print(as_json(report, anchors, at))
        else:
            print_report(report, anchors, at)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads through a pipe has seen enough; the verdict is in the status all the same.
        sys.stdout = None
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
