"""TLS material, made once."""

import pytest

from tests.tls_material import TlsAuthority


@pytest.fixture(scope="session")
def authority() -> TlsAuthority:
    """The authority that both sides trust."""
    return TlsAuthority()


@pytest.fixture(scope="session")
def stranger() -> TlsAuthority:
    """An authority that nobody trusts."""
    return TlsAuthority("Unknown TLS CA")
