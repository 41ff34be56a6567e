"""A certs/ folder filled from the test PKI."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12

from node.security.keys import SoftwareKey


@pytest.fixture(scope="session")
def pki() -> Any:
    """`pki.key("a", "rsa2048")` and its like; see tests/pki.py."""
    spec = spec_from_file_location("n2n_tests_pki", Path(__file__).parents[1] / "pki.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_pki()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 8, tzinfo=UTC)


def pem_of(key: SoftwareKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return private + b"".join(certificate.pem() for certificate in key.chain)


def p12_of(key: SoftwareKey, password: bytes) -> bytes:
    above = [one.x509 for one in key.chain[:-1]]
    return pkcs12.serialize_key_and_certificates(
        b"k", key.private_key, key.certificate.x509, above, BestAvailableEncryption(password)
    )


@pytest.fixture
def certs(tmp_path: Path) -> Callable[..., Path]:
    """`certs(own={"sign.pem": octets}, partners={...}, trust={...})` writes a folder; own keys are for the owner alone."""

    def make(**folders: dict[str, bytes]) -> Path:
        root = tmp_path / "home" / "certs"
        for folder in ("own", "partners", "trust"):
            (root / folder).mkdir(parents=True, exist_ok=True)
            for name, octets in folders.get(folder, {}).items():
                (root / folder / name).touch(mode=0o600)
                (root / folder / name).write_bytes(octets)
        return root

    return make


@pytest.fixture
def pem() -> Callable[..., bytes]:
    return pem_of


@pytest.fixture
def p12() -> Callable[..., bytes]:
    return p12_of
