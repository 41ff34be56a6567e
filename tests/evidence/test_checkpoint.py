"""A checkpoint says what the log was, and OpenSSL alone can tell who signed it."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from node.evidence.checkpoint import MAX_OCTETS, Checkpoint, CheckpointRefused, check_signature, read_checkpoint, sign
from node.evidence.entry import Clock

AT = datetime(2026, 11, 28, 9, 14, 7, 42, tzinfo=UTC)
CHECKPOINT = Checkpoint("tw.example/2026-11-28T00:00:00Z", 7, b"r" * 32, b"c" * 32, AT, Clock(3, 1, "chrony", AT))
KINDS = ("rsa2048", "ed25519", "p256", "p384", "brainpool")


def test_what_was_written_is_read() -> None:
    for one in (CHECKPOINT, replace(CHECKPOINT, clock=None)):
        assert read_checkpoint(one.octets()) == one


@pytest.mark.parametrize("kind", KINDS)
def test_one_key_signs_and_no_other(pki, kind: str) -> None:
    key, other = pki.key("a", kind), pki.key("b", kind)
    signature = sign(CHECKPOINT, key)
    check_signature(CHECKPOINT, signature, key.certificate)
    for checkpoint, value, certificate in (
        (replace(CHECKPOINT, size=8), signature, key.certificate),
        (CHECKPOINT, signature[:-1] + bytes([signature[-1] ^ 1]), key.certificate),
        (CHECKPOINT, b"", key.certificate),
        (CHECKPOINT, signature, other.certificate),
    ):
        with pytest.raises(CheckpointRefused, match="does not fit"):
            check_signature(checkpoint, value, certificate)


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_says_the_same(pki, kind: str, tmp_path: Path) -> None:
    key = pki.key("a", kind)
    (tmp_path / "signed").write_bytes(CHECKPOINT.signed)
    (tmp_path / "sig").write_bytes(sign(CHECKPOINT, key))
    public = key.certificate.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(public)
    digest = "sha384" if kind == "p384" else "sha256"
    command = ["openssl", "dgst", f"-{digest}", "-verify", "key.pem", "-signature", "sig", "signed"]
    if kind == "ed25519":
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed", "-sigfile", "sig"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "signed").write_bytes(CHECKPOINT.signed + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode != 0


def test_a_key_that_only_agrees_signs_nothing(pki) -> None:
    with pytest.raises(CheckpointRefused, match="signs no checkpoint"):
        check_signature(CHECKPOINT, b"", pki.key("a", "x25519").certificate)


def edited(**changed) -> bytes:
    return rfc8785.dumps(json.loads(CHECKPOINT.octets()) | changed)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "is no checkpoint"),
        (b"{}", "is not of version 1"),
        (b" " * (MAX_OCTETS + 1), "at most"),
        (CHECKPOINT.octets() + b"\n", "canonical"),
        (edited(v=2), "version"),
        (edited(more=1), "version"),
        (edited(log="two words"), "no form"),
        (edited(root="R" * 64), "no form"),
        (edited(chain="c" * 64 + "\n"), "no form"),
        (edited(size=0), "no entries"),
        (edited(size=True), "no entries"),
        (edited(size="7"), "no entries"),
        (edited(at="yesterday"), "is no checkpoint"),
        (edited(clock={"offset_ms": 1}), "is no checkpoint"),
    ],
)
def test_other_octets_are_no_checkpoint(octets: bytes, why: str) -> None:
    with pytest.raises(CheckpointRefused, match=why):
        read_checkpoint(octets)
