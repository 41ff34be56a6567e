"""What the contexts allow: versions, suites, who is asked for a certificate."""

import ssl
from typing import Any

import pytest

from node.security.certificates import load_certificates
from node.transport.tls import TlsIdentity, TlsRules, client_context, server_context
from tests.pki import Pki


def _shake(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "localhost") -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one, other


def _server(authority: Any, **options: Any) -> ssl.SSLContext:
    material = authority.issue("server")
    return server_context(TlsIdentity(material.pem), [authority.der], **options)


def _client(authority: Any, *, shows: bool = True, rules: TlsRules = TlsRules()) -> ssl.SSLContext:
    material = authority.issue("client")
    return client_context(TlsIdentity(material.pem) if shows else None, [authority.der], rules=rules)


def test_both_sides_know_each_other(authority: Any) -> None:
    one, other = _shake(_client(authority), _server(authority))
    assert one.version() == other.version() == "TLSv1.3"
    assert other.getpeercert(True) is not None


@pytest.mark.parametrize("required", ["required", "optional", "none"])
def test_a_client_without_certificate_is_served_only_where_it_may(authority: Any, required: str) -> None:
    client, server = _client(authority, shows=False), _server(authority, client_certificates=required)
    if required == "required":
        with pytest.raises(ssl.SSLError, match=r"PEER_DID_NOT_RETURN_A_CERTIFICATE|did not return"):
            _shake(client, server)
    else:
        assert _shake(client, server)[1].getpeercert(True) is None


def test_tls_1_2_connects_with_forward_secrecy_only(authority: Any) -> None:
    client = _client(authority)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    suite = _shake(client, _server(authority))[0].cipher()
    assert suite
    assert suite[0].startswith("ECDHE")
    assert "GCM" in suite[0]
    weak = _client(authority, rules=TlsRules(ciphers="AES128-SHA"))
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        _shake(weak, _server(authority))


def test_the_minimum_version_can_be_raised(authority: Any) -> None:
    client = _client(authority)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        _shake(client, _server(authority, rules=TlsRules(minimum_version="1.3")))


def test_older_versions_are_never_spoken(authority: Any) -> None:
    for context in (_client(authority), _server(authority)):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_an_own_key_shows_its_certificate_and_the_path_above_it() -> None:
    key = Pki().key("a", "p256")
    shown = [certificate.der for certificate in load_certificates(TlsIdentity.of(key).pem)]
    assert shown == [certificate.der for certificate in reversed(key.chain)]
    assert shown[0] == key.certificate.der
    context = client_context(TlsIdentity.of(key), [])
    assert context.get_ca_certs() == []
