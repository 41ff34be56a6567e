"""Records of gates as a file that can be checked without this node: each with its digest, all under the signature of the side that made them."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

from node.security import algorithms as a
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.sheets import shapes
from node.sheets.canonical import SheetRefused, canonical, digest, read_json
from node.sheets.sheet import certificate_of
from node.sheets.signing import algorithm_of

#: So that the signature can be taken for nothing else.
FORMAT: Final = "n2n-gate-records/1"

_RECORD: Final = shapes.record({"digest": lambda *_: None, "of": lambda *_: None})
_FILE: Final = shapes.record(
    {
        "format": shapes.one_of(FORMAT),
        "records": shapes.listed(_RECORD, 1_000),
        "time": shapes.instant,
        "algorithm": shapes.one_of(*a.SIGNATURES),
        "certificates": shapes.listed(shapes.certificate, 10, 1),
        "value": shapes.octets(4_000),
    }
)


@dataclass(frozen=True, slots=True)
class CheckedRecords:
    """What a file of records says, all of it verified."""

    signer: Certificate
    time: datetime
    #: Each with gate, partner, version, agreed, at, who, passed, facts.
    records: Sequence[Mapping[str, Any]]


def write_records(records: Sequence[tuple[str, Mapping[str, Any]]], key: SigningKey, at: datetime) -> bytes:
    """The file of records, each with its digest, signed. Raises KeyUseFailed, SheetRefused."""
    algorithm, time = algorithm_of(key.certificate), shapes.write_instant(at.replace(microsecond=0))
    above = [one for one in reversed(key.chain) if one != key.certificate]
    signed = _signed([name for name, _ in records], time, algorithm, key.certificate)
    value = {
        "format": FORMAT,
        "records": [{"digest": name, "of": dict(of)} for name, of in records],
        "time": time,
        "algorithm": algorithm,
        "certificates": [base64.b64encode(one.der).decode() for one in (key.certificate, *above)],
        "value": base64.b64encode(key.sign(algorithm, signed)).decode(),
    }
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def check_records(octets: bytes) -> CheckedRecords:
    """The records of a file. Raises SheetRefused with everything that does not fit.

    Who the signer is, is known by the fingerprint of its certificate alone.
    """
    value, found = read_json(octets), list[tuple[str, str]]()
    _FILE(value, "", found)
    if found:
        raise SheetRefused(found[:50])
    for place, one in enumerate(value["records"]):
        if digest(one["of"]) != one["digest"]:
            found.append((f"records[{place}]", "was changed: its digest is another"))
    certificate, time = certificate_of(value["certificates"][0]), shapes.read_instant(value["time"])
    assert time is not None
    if not certificate.is_valid_at(time):
        found.append(("time", "the certificate of the signer was not valid then"))
    signed = _signed([one["digest"] for one in value["records"]], value["time"], value["algorithm"], certificate)
    try:
        a.SIGNATURES[value["algorithm"]].verify(certificate.public_key, shapes.read_octets(value["value"]) or b"", signed)
    except (InvalidSignature, TypeError, ValueError):
        found.append(("value", "the signature does not fit: the file was changed, or another key signed it"))
    if found:
        raise SheetRefused(found)
    return CheckedRecords(certificate, time, [one["of"] for one in value["records"]])


def _signed(digests: Sequence[str], time: str, algorithm: str, certificate: Certificate) -> bytes:
    whole = {
        "format": FORMAT,
        "algorithm": algorithm,
        "certificate": certificate.sha256,
        "records": list(digests),
        "time": time,
    }
    return canonical(whole)
