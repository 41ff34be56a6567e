"""The example of the reference page: a file, the digests of its versions, and the octets that were signed, checked here by other means than the node's."""

import base64
import hashlib
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from node.sheets.signing import read_signed, signed_octets, verify, write_signed

VECTOR = json.loads(Path(__file__).with_name("vector.json").read_text("utf-8"))


def test_the_digests_are_those_of_the_vector():
    signed = read_signed(json.dumps(VECTOR["file"]).encode())
    assert signed.sheet.digest == VECTOR["digest"]
    assert signed.sheet.offer().digest == VECTOR["offer_digest"]
    # The canonical form of a body of texts and numbers is Python's, sorted and without spaces.
    plain = json.dumps(VECTOR["file"]["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(plain).hexdigest() == VECTOR["digest"]


def test_both_signatures_hold():
    signed = read_signed(json.dumps(VECTOR["file"]).encode())
    assert set(verify(signed)) == {"a", "b"}
    assert [one.covers for one in signed.signatures] == ["offer", "sheet"]
    assert [hashlib.sha256(signed_octets(signed.sheet, one)).hexdigest() for one in signed.signatures] == VECTOR[
        "signed_octets_sha256"
    ]
    for one, written in zip(signed.signatures, VECTOR["file"]["signatures"], strict=True):
        value = base64.b64decode(written["value"])
        r, s = (int.from_bytes(half, "big") for half in (value[: len(value) // 2], value[len(value) // 2 :]))
        key = x509.load_der_x509_certificate(base64.b64decode(written["certificates"][0])).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(utils.encode_dss_signature(r, s), signed_octets(signed.sheet, one), ec.ECDSA(hashes.SHA256()))


def test_the_file_is_written_as_it_was_read():
    octets = write_signed(read_signed(json.dumps(VECTOR["file"]).encode()))
    assert json.loads(octets) == VECTOR["file"]
