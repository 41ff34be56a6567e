"""What the contexts allow: versions, suites, who is asked for a certificate."""

import contextlib
import socket
import ssl
import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from node.security.certificates import load_certificates
from node.security.trust import Untrusted
from node.transport.tls import TlsIdentity, TlsRules, client_context, server_context, shown_by
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


class _Judge:
    """Says what it was told to say, and notes what it was shown."""

    def __init__(self, why: str = "") -> None:
        self.why, self.shown = why, list[bytes]()

    def __call__(self, shown: Any) -> None:
        self.shown = list(shown)
        if self.why:
            raise Untrusted(self.why)

    is_behind = False

    def catch_up(self) -> None:
        raise AssertionError("nothing is behind")

    def stands(self) -> bool:
        return True


@pytest.mark.parametrize("pinned", [False, True])
def test_what_a_server_shows_is_judged_when_openssl_has_let_it_through(authority: Any, stranger: Any, pinned: bool) -> None:
    material, judge = authority.issue("server"), _Judge()
    server = server_context(
        TlsIdentity(material.pem + authority.certificate.public_bytes(Encoding.PEM)), [authority.der], client_certificates="none"
    )
    pins = [material.der] if pinned else None
    one, _ = _shake(client_context(None, [authority.der], pins, judge=judge), server)
    assert judge.shown == [material.der, authority.der] == shown_by(one)
    refusing = _Judge("CN=server: revoked")
    with pytest.raises(ssl.SSLCertVerificationError, match="CN=server: revoked"):
        _shake(client_context(None, [authority.der], pins, judge=refusing), server)
    nobody = _Judge()
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake(client_context(None, [stranger.der], judge=nobody), server)
    assert nobody.shown == []


def test_the_older_way_to_a_shown_chain_says_the_same(authority: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = _server(authority, client_certificates="none")
    one, _ = _shake(client_context(None, [authority.der]), server)
    public = shown_by(one)
    monkeypatch.setattr("sys.version_info", (3, 11, 0))
    assert shown_by(one) == public != []


@pytest.mark.parametrize("pinned", [False, True])
def test_a_plain_socket_is_judged_as_well(authority: Any, pinned: bool) -> None:
    def serve() -> None:
        with listener.accept()[0] as raw, contextlib.suppress(OSError):
            server.wrap_socket(raw, server_side=True).close()

    server = _server(authority, client_certificates="none")
    context = client_context(
        None, [authority.der], [authority.der] if pinned else None, judge=_Judge("" if pinned else "revoked")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(listener.getsockname()) as raw,
            pytest.raises(ssl.SSLCertVerificationError) as refused,
        ):
            context.wrap_socket(raw, server_hostname="localhost")
        assert str(refused.value) == ("the server's certificate is not the one pinned in the agreement" if pinned else "revoked")
        thread.join()
