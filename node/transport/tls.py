"""TLS contexts of a node: who we are, whom we trust, and which exact certificates a partner pinned."""

import os
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.security.keys import OwnKey, SoftwareKey
from node.security.trust import Untrusted

# spec: ED 3.2.6
MINIMUM_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
#: TLS 1.2 suites with forward secrecy and authenticated encryption; TLS 1.3 has no others.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Our own certificate chain, our certificate first, and its unencrypted private key, one PEM after the other."""

    pem: bytes = field(repr=False)

    @staticmethod
    def of(key: OwnKey) -> "TlsIdentity":
        """The identity of a key that lies in our own memory. Raises TypeError for one that lies elsewhere."""
        if not isinstance(key, SoftwareKey):
            raise TypeError("OpenSSL needs the key itself")
        private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = [certificate.x509.public_bytes(Encoding.PEM) for certificate in reversed(key.chain)]
        return TlsIdentity(b"".join([*path, private]))


@dataclass(frozen=True, slots=True)
class TlsRules:
    """Which TLS is spoken: minimum version (`1.2` or `1.3`) and the OpenSSL list of TLS 1.2 suites."""

    minimum_version: str = "1.2"
    ciphers: str = CIPHERS


class Judge(Protocol):
    """Whoever says whether a server that OpenSSL let through may be believed: `node.keyring.servers.ServerJudge`."""

    def __call__(self, shown: Sequence[bytes]) -> None:
        """Judge the certificates that the server shows, as DER, its own first. Raises Untrusted."""
        ...

    def stands(self) -> bool:
        """Whether connections that were let through may still be used."""
        ...

    @property
    def is_behind(self) -> bool:
        """Whether something has landed since that was not read yet; asked on the event loop."""
        ...

    def catch_up(self) -> None:
        """Read it, which may take long: called in a thread."""
        ...


class PartnerContext(ssl.SSLContext):
    """A client context that accepts exactly the certificates in `pins` (DER) where there are any, and only what `judge` believes."""

    pins: frozenset[bytes] | None = None
    judge: Judge | None = None


class _PartnerObject(ssl.SSLObject):
    def do_handshake(self) -> None:
        super().do_handshake()
        _check(self, self.context)


class _PartnerSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _check(self, self.context)


def _check(connection: ssl.SSLObject | ssl.SSLSocket, context: ssl.SSLContext) -> None:
    """The last word on a handshake, before anything of ours travels."""
    if not isinstance(context, PartnerContext):
        return
    # A pinned authority certificate would otherwise let through whatever it issued.
    if context.pins is not None and connection.getpeercert(binary_form=True) not in context.pins:
        raise _refusal("the server's certificate is not the one pinned in the agreement")
    if context.judge is not None:
        try:
            context.judge(shown_by(connection))
        except Untrusted as problem:
            raise _refusal(str(problem)) from None


def _refusal(why: str) -> ssl.SSLCertVerificationError:
    # With one argument alone its text would be that of a tuple.
    return ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, why)


def shown_by(connection: ssl.SSLObject | ssl.SSLSocket) -> list[bytes]:
    """The certificates that the server showed, as DER, its own first; OpenSSL has proven nothing of the others."""
    if sys.version_info >= (3, 13):
        return list(connection.get_unverified_chain())
    inner: Any = getattr(connection, "_sslobj", None)
    return [_der(one) for one in inner.get_unverified_chain() or ()]


def _der(certificate: Any) -> bytes:
    octets: bytes = certificate.public_bytes(_DER)
    return octets


#: DER as the inner objects of ssl number the forms; Python 3.13 made the chain public, in DER.
_DER = 2


def client_context(
    identity: TlsIdentity | None,
    anchors: Iterable[bytes],
    pins: Sequence[bytes] | None = None,
    rules: TlsRules = TlsRules(),
    judge: Judge | None = None,
) -> PartnerContext:
    """The context for calling one partner; `anchors` and `pins` are DER certificates.

    With pins, the server must show one of them (none of them, where none counts now) and its host name is not compared; otherwise its certificate must lead to an anchor and name the host.
    Whatever it shows must please `judge` too.
    """
    context = PartnerContext(ssl.PROTOCOL_TLS_CLIENT)
    context.judge = judge
    context.sslobject_class, context.sslsocket_class = _PartnerObject, _PartnerSocket
    if pins is not None:
        context.pins = frozenset(pins)
        context.check_hostname = False
        # The pinned certificate itself ends the path, whoever issued it; OpenSSL still checks its period and purpose.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load(context, identity, anchors if pins is None else pins, rules)
    return context


def server_context(
    identity: TlsIdentity, anchors: Iterable[bytes], *, client_certificates: str = "required", rules: TlsRules = TlsRules()
) -> ssl.SSLContext:
    """The context for being called; `client_certificates` is required, optional or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # spec: ED 3.2.6
    context.verify_mode = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}[
        client_certificates
    ]
    # An anchor may be a partner's own certificate or an intermediate authority, not only a root.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.options |= ssl.OP_NO_RENEGOTIATION
    _load(context, identity, anchors, rules)
    return context


def _load(context: ssl.SSLContext, identity: TlsIdentity | None, trusted: Iterable[bytes], rules: TlsRules) -> None:
    context.minimum_version = MINIMUM_VERSIONS[rules.minimum_version]
    context.set_ciphers(rules.ciphers)
    context.options |= ssl.OP_NO_COMPRESSION
    # OpenSSL's reading of many certificates at once takes them as concatenated DER.
    bundle = b"".join(trusted)
    if bundle:
        context.load_verify_locations(cadata=bundle)
    if identity:
        with _as_file(identity.pem) as path:
            context.load_cert_chain(path)


@contextmanager
def _as_file(octets: bytes) -> Iterator[str]:
    """A path for a library that reads keys from files only; nothing of it is ever on a disk where the system allows that."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("tls")
        try:
            os.write(descriptor, octets)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(octets)
            file.flush()
            yield file.name
