"""The file that goes from one side to the other: a sheet with the signatures of those who agree to it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from node.security import algorithms as a
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.sheets import shapes
from node.sheets.canonical import SheetRefused, canonical, read_json
from node.sheets.shapes import Found
from node.sheets.sheet import SIDES, Sheet, certificate_of, kept_sheet, read_sheet

#: What a signature says beside the sheet, so that it can be taken for nothing else.
FORMAT: Final = "n2n-agreement-signature/1"
#: `offer`: the sheet without party b. `sheet`: all of it.
COVERS: Final = ("offer", "sheet")

_SIGNATURE: Final = shapes.record(
    {
        "signer": shapes.one_of(*SIDES),
        "covers": shapes.one_of(*COVERS),
        "time": shapes.instant,
        "algorithm": shapes.one_of(*a.SIGNATURES),
        "certificates": shapes.listed(shapes.certificate, 10, 1),
        "value": shapes.octets(4_000),
    }
)
_FILE: Final = shapes.record({"body": lambda *_: None, "signatures": shapes.listed(_SIGNATURE, 4)})
_CURVE_ALGORITHMS: Final = {256: a.ECDSA_SHA256, 384: a.ECDSA_SHA384, 512: a.ECDSA_SHA512, 521: a.ECDSA_SHA512}


@dataclass(frozen=True, slots=True)
class Signature:
    """One side's word, not yet verified."""

    signer: str
    covers: str
    time: datetime
    algorithm: str
    #: The signer's, then those above it.
    certificates: tuple[Certificate, ...]
    value: bytes

    @property
    def certificate(self) -> Certificate:
        return self.certificates[0]


@dataclass(frozen=True, slots=True)
class SignedSheet:
    """A sheet with signatures."""

    sheet: Sheet
    signatures: tuple[Signature, ...] = ()

    def of(self, side: str) -> Signature | None:
        """The signature of a side that covers most."""
        found = {one.covers: one for one in self.signatures if one.signer == side}
        return found.get("sheet") or found.get("offer")

    @property
    def is_complete(self) -> bool:
        """Whether both sides have signed, party a at least its offer; their signatures are verified elsewhere."""
        return self.of("a") is not None and self.covers_all("b")

    def covers_all(self, side: str) -> bool:
        """Whether a side has signed all of the sheet, party b's part included."""
        found = self.of(side)
        return found is not None and found.covers == "sheet"

    def joined(self, other: "SignedSheet") -> "SignedSheet":
        """The same sheet with what another copy of it has signatures for besides. Raises ValueError for another sheet."""
        if self.sheet.digest != other.sheet.digest:
            raise ValueError("signatures of another sheet")
        held = {(one.signer, one.covers) for one in self.signatures}
        return SignedSheet(
            self.sheet, (*self.signatures, *(one for one in other.signatures if (one.signer, one.covers) not in held))
        )


def read_signed(octets: bytes) -> SignedSheet:
    """The file of a sheet; signatures are read and not verified. Raises SheetRefused with every problem."""
    value, found = read_json(octets), list[tuple[str, str]]()
    _FILE(value, "", found)
    if found:
        raise SheetRefused(found[:50])
    try:
        sheet = read_sheet(value["body"])
    except SheetRefused as error:
        raise SheetRefused([(f"body.{place}", problem) for place, problem in error.problems]) from error
    signatures = tuple(_signature(one) for one in value["signatures"])
    names = [(one.signer, one.covers) for one in signatures]
    if len(set(names)) != len(names):
        raise SheetRefused([("signatures", "one side signs the same twice")])
    return SignedSheet(sheet, signatures)


def read_kept(octets: bytes) -> SignedSheet:
    """The file that this node wrote itself after `read_signed`: no value is checked a second time, so that ten thousand of them are read at a start.

    Raises SheetRefused for a body that lacks what every sheet has, KeyError and ValueError for what is no such file.
    """
    value = json.loads(octets)
    return SignedSheet(kept_sheet(value["body"]), tuple(_signature(one) for one in value["signatures"]))


def write_signed(signed: SignedSheet) -> bytes:
    """The file: for people one value a line, which changes nothing of what is signed."""
    value = {"body": signed.sheet.body, "signatures": [_written(one) for one in signed.signatures]}
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def sign(signed: SignedSheet, side: str, key: SigningKey, at: datetime) -> SignedSheet:
    """The same with the signature of a side, in place of one that it had. Raises KeyUseFailed, SheetRefused."""
    sheet = signed.sheet
    covers = "offer" if sheet.is_open else "sheet"
    if covers == "offer" and side != "a":
        raise SheetRefused([("parties.b", "is required before party b can sign")])
    algorithm = algorithm_of(key.certificate)
    above = tuple(reversed([one for one in key.chain if one != key.certificate]))
    made = Signature(side, covers, at.replace(microsecond=0), algorithm, (key.certificate, *above), b"")
    made = replace(made, value=key.sign(algorithm, signed_octets(sheet, made)))
    kept = [one for one in signed.signatures if (one.signer, one.covers) != (side, covers)]
    return SignedSheet(sheet, (*kept, made))


def verify(signed: SignedSheet, known: Mapping[str, Sequence[Certificate]] | None = None) -> Mapping[str, Signature]:
    """The signature of each side that signed, all of them verified.

    The signer's certificate is one of those that the sheet names for signing, or one of `known`: of the version before. Whether it is the administration that it
    says is known by its fingerprint alone. Raises SheetRefused.
    """
    found: Found = []
    for one in signed.signatures:
        place = f"signatures.{one.signer}"
        allowed = [*_signers(signed.sheet, one), *(known or {}).get(one.signer, ())]
        if one.certificate not in allowed:
            found.append((place, f"its certificate (SHA-256 {one.certificate.sha256}) is none of those agreed for signing"))
        elif not one.certificate.is_valid_at(one.time):
            found.append((place, "was made when its certificate was not valid"))
        elif not _holds(signed.sheet, one):
            found.append((place, "does not fit: the sheet was changed after it was signed, or another key signed it"))
    if found:
        raise SheetRefused(found)
    return {side: each for side in SIDES if (each := signed.of(side)) is not None}


def signed_octets(sheet: Sheet, signature: Signature) -> bytes:
    """What is signed: the canonical form of the sheet with who signs, when and how."""
    body = sheet.offer().body if signature.covers == "offer" else sheet.body
    return canonical(
        {
            "format": FORMAT,
            "algorithm": signature.algorithm,
            "body": body,
            "certificate": signature.certificate.sha256,
            "covers": signature.covers,
            "signer": signature.signer,
            "time": shapes.write_instant(signature.time),
        }
    )


def algorithm_of(certificate: Certificate) -> str:
    """The algorithm in which this key signs sheets. Raises SheetRefused for a key that cannot sign."""
    key = certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        return a.RSA_SHA256
    if isinstance(key, ed25519.Ed25519PublicKey):
        return a.EDDSA_ED25519
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size in _CURVE_ALGORITHMS:
        return _CURVE_ALGORITHMS[key.curve.key_size]
    raise SheetRefused([("signatures", f"the key of {certificate.subject} cannot sign a sheet")])


def _signers(sheet: Sheet, one: Signature) -> tuple[Certificate, ...]:
    if sheet.body["parties"][one.signer] is None:
        return ()
    return sheet.certificates(one.signer, "sign")


def _holds(sheet: Sheet, one: Signature) -> bool:
    try:
        a.SIGNATURES[one.algorithm].verify(one.certificate.public_key, one.value, signed_octets(sheet, one))
    except InvalidSignature:
        return False
    return True


def _signature(value: Mapping[str, Any]) -> Signature:
    time = shapes.read_instant(value["time"])
    assert time is not None
    certificates = tuple(certificate_of(one) for one in value["certificates"])
    octets = shapes.read_octets(value["value"])
    return Signature(value["signer"], value["covers"], time, value["algorithm"], certificates, octets or b"")


def _written(one: Signature) -> dict[str, Any]:
    return {
        "signer": one.signer,
        "covers": one.covers,
        "time": shapes.write_instant(one.time),
        "algorithm": one.algorithm,
        "certificates": [base64.b64encode(each.der).decode() for each in one.certificates],
        "value": base64.b64encode(one.value).decode(),
    }
