"""Two administrations whose authority publishes a revocation list at an address of this machine: whole nodes, a real list, a real server that may be down."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import Certificate, load_certificates
from node.service import Service
from node.transport.public import PublicFetch
from tests.homes import Side, agree, make_side
from tests.services import serving, submission


class Telling(DemoAuthority):
    """An authority whose certificates name where it tells what it took back."""

    def __init__(self, now: datetime, at: str, kind: str, days: int = 30) -> None:
        self._at, self.telling = at, kind
        super().__init__(now, days)

    def _build(self, subject: x509.Name, public_key: object, use: str, hosts: tuple[str, ...]) -> x509.Certificate:
        made = super()._build(subject, public_key, use, hosts)
        if use == "ca":
            return made
        builder = x509.CertificateBuilder().subject_name(made.subject).issuer_name(made.issuer).public_key(made.public_key())
        builder = builder.serial_number(made.serial_number)
        builder = builder.not_valid_before(made.not_valid_before_utc).not_valid_after(made.not_valid_after_utc)
        for one in made.extensions:
            builder = builder.add_extension(one.value, one.critical)
        for value in self._places():
            builder = builder.add_extension(value, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _places(self) -> Iterator[x509.ExtensionType]:
        if self.telling == "ocsp":
            where = x509.UniformResourceIdentifier(f"{self._at}/ocsp")
            yield x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])
            return
        yield x509.CRLDistributionPoints([_point(f"{self._at}/ca.crl")])
        if self.telling == "delta":
            yield x509.FreshestCRL([_point(f"{self._at}/delta.crl")])

    def list(
        self, revoked: Mapping[int, datetime], now: datetime, holds: timedelta, number: int, base: int | None = None
    ) -> bytes:
        """A complete list, or a delta to the one with the number `base`."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(now).next_update(now + holds)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        if base is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
        for serial, since in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    def answer(self, request: bytes, revoked: Mapping[int, datetime], now: datetime, holds: timedelta) -> bytes:
        """The OCSP answer to a request."""
        asked = ocsp.load_der_ocsp_request(request)
        since = revoked.get(asked.serial_number)
        status = ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            *(asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number, asked.hash_algorithm),
            *(status, now, now + holds, since, None),
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, self._certificate)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)


def _point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)


@dataclass
class Publisher:
    """The authority and its server."""

    authority: Telling
    url: str
    revoked: dict[int, datetime] = field(default_factory=dict)
    #: For how long each list holds that is served from now on.
    holds: timedelta = timedelta(days=30)
    down: bool = False

    def revoke(self, side: Side, use: str) -> None:
        (certificate,) = load_certificates(side.issued[use].certificate)
        self.revoked[certificate.serial] = datetime.now(UTC) - timedelta(minutes=1)

    def told(self, path: str, body: bytes) -> bytes:
        """What is served at a path now."""
        now = datetime.now(UTC)
        number = int(now.timestamp() * 1000)
        if path == "/ocsp":
            return self.authority.answer(body, self.revoked, now, self.holds)
        if path == "/delta.crl":
            return self.authority.list(self.revoked, now, self.holds, number, base=1)
        # Where there are delta lists, the complete one stays what it was.
        still = self.authority.telling == "delta"
        return self.authority.list({} if still else self.revoked, now, self.holds, 1 if still else number)


@contextmanager
def publishing(kind: str = "list") -> Iterator[Publisher]:
    """An authority whose `list`, `delta` list or answer (`ocsp`) is fresh each time it is asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            octets = b"" if publisher.down else publisher.told(self.path, body)
            self.send_response(503 if publisher.down else 200)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        do_POST = do_GET  # noqa: N815 - its base wants this name

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    at = f"http://127.0.0.1:{server.server_port}"
    publisher = Publisher(Telling(datetime.now(UTC), at, kind), f"{at}/ca.crl")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()


def make_pair(root: Path, publisher: Publisher, certificates: str) -> tuple[Side, Side]:
    """tw, whose agreement has these lines about certificates, and kr, who sends to it."""
    tw, kr = make_side(root, "tw", publisher.authority), make_side(root, "kr", publisher.authority)
    for us, them in ((tw, kr), (kr, tw)):
        agree(us, them)
        settings = us.folder / "node.toml"
        settings.write_text(settings.read_text() + "\n[revocation]\nallow_private = true\n")
    file = tw.folder / "partners" / "kr" / "agreement.toml"
    text = file.read_text()
    assert 'trust   = "path"' in text
    file.write_text(text.replace('trust   = "path"', f'trust   = "path"\n{certificates}', 1))
    return tw, kr


@dataclass
class Pair:
    """Both nodes, serving; kr sends to tw."""

    receiver: Service
    sender: Service
    #: The names of the threads in which something was fetched.
    fetched_in: set[str]

    def certificates(self) -> list[Certificate]:
        """Those of the sender that the receiver knows."""
        return [one.certificate for one in self.receiver.node.setting.certificates.partners.values()]

    async def send(self, path: Path) -> str:
        """What the receiver says to the first attempt: the code of its error; empty for a receipt."""
        node = self.sender.node
        message_id = node.submit(submission(node, path, "tw")).message_id
        self.sender.push.wake()
        async with asyncio.timeout(20):
            while True:
                for step in node.messages.history(message_id):
                    if step.error_code or step.to_state == "ACKNOWLEDGED":
                        return step.error_code or ""
                await asyncio.sleep(0.02)

    async def landed(self, state: str = "good", partner: str = "kr-sign") -> None:
        """Until what lies at the receiver says so of the sender's certificate."""
        setting = self.receiver.node.setting
        held = setting.certificates.partners[partner]
        async with asyncio.timeout(20):
            while True:
                statuses = setting.keyring.judging.statuses(held, datetime.now(UTC))
                if [one.state for one in statuses] == [state]:
                    return
                await asyncio.sleep(0.02)

    async def failed(self) -> str:
        """What is said of the address that brings nothing."""
        places = self.receiver.node.setting.revocations.index
        async with asyncio.timeout(20):
            while not any(one.problem for one in places().places.values()):  # noqa: ASYNC110 - a sweep finds it
                await asyncio.sleep(0.02)
        return next(one.problem for one in places().places.values() if one.problem)


@asynccontextmanager
async def serving_pair(tw: Side, kr: Side) -> AsyncIterator[Pair]:
    """Both serve, and look at their lists many times a second."""
    fetched_in: set[str] = set()
    fetch = PublicFetch.__call__

    def watched(fetcher: PublicFetch, *asked: Any) -> bytes:
        fetched_in.add(threading.current_thread().name)
        return fetch(fetcher, *asked)

    with (
        patch("node.duties.REFRESH_SECONDS", 0.1),
        patch("node.keyring.revocations.OFTEN", timedelta(seconds=0.1)),
        patch("node.keyring.revocations.SELDOM", timedelta(seconds=0.3)),
        patch.object(PublicFetch, "__call__", watched),
    ):
        async with serving(tw) as receiver, serving(kr) as sender:
            yield Pair(receiver, sender, fetched_in)
