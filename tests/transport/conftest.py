"""TLS material, made once."""

import pytest

from tests.tls_material import TlsAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TlsAuthority:
    """The authority that both sides trust."""
    return TlsAuthority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> TlsAuthority:
    """An authority that nobody trusts."""
    return TlsAuthority(tmp_path_factory.mktemp("tls"), "Unknown TLS CA")
