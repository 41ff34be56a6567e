"""Authorities for time: `openssl ts` as one that is not ours, and every way in which one may answer wrongly."""

import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.keyring.demo_stamps import DemoTimestampAuthority
from node.security.certificates import Certificate
from tests.seals import CA, MAKERS, STAMP, Authority, private_key, usage

Stamping = Callable[[bytes], bytes]
YEAR = timedelta(days=365)
_CONFIGURATION = (
    "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = key.pem\ncerts = above.pem\n"
    "signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384\nordering = no\ntsa_name = no\ness_cert_id_alg = sha256\n"
)


class OpensslAuthority:
    """`openssl ts` with a key."""

    def __init__(self, key: Any, certificate: Certificate, folder: Path, above: Certificate | None = None) -> None:
        self.folder, self.certificate = folder, certificate
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "tsa.pem").write_bytes(certificate.pem())
        (folder / "above.pem").write_bytes((above or certificate).pem())
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(_CONFIGURATION)

    def stamp(self, request: bytes) -> bytes:
        (self.folder / "q").write_bytes(request)
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r"]
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "r").read_bytes()


def time_root(name: str, since: datetime | None = None, until: datetime | None = None, kind: str = "p256") -> Authority:
    """Who vouches for authorities for time, for as long as is wanted."""
    made = Authority(name, key=MAKERS[kind]())
    now = datetime.now(UTC)
    made.certificate = made.issue(name, made.key, *CA, since=since or now - YEAR, until=until or now + 40 * YEAR)
    return made


def authority_under(
    root: Authority, name: str, number: int, clock: Callable[[], datetime], *extensions: Any, kind: str = "p256", **validity: Any
) -> DemoTimestampAuthority:
    """One in this process; for time-stamping alone unless other extensions are given."""
    key = private_key(kind, number)
    now = datetime.now(UTC)
    within = {"since": now - YEAR, "until": now + 10 * YEAR, **validity}
    given = extensions or ((usage(digital_signature=True), True), STAMP)
    return DemoTimestampAuthority(key, root.issue(name, key, *given, **within), clock, (root.certificate,))


def wrong(root: Authority, clock: Callable[[], datetime]) -> Mapping[str, tuple[Stamping, str]]:
    """Ways to answer wrongly, each with words of the alarm that tells of it; `root` vouches for these authorities as far as it can."""
    good = authority_under(root, "Time", 81, clock)
    stranger = authority_under(time_root("Stranger"), "Stranger time", 82, clock)
    signer = authority_under(root, "Signer", 83, clock, (usage(digital_signature=True), True))
    ended = authority_under(root, "Ended", 84, clock, since=clock() - 2 * YEAR, until=clock() - timedelta(days=1))
    ahead = authority_under(root, "Ahead", 85, lambda: clock() + timedelta(hours=2))
    behind = authority_under(root, "Behind", 86, lambda: clock() - timedelta(days=200))
    earlier: list[bytes] = []

    def replayed(request: bytes) -> bytes:
        # The nonce is at the end, before the three octets of the wish for certificates.
        assert request.endswith(b"\x01\x01\xff")
        other = bytearray(request)
        other[-4] ^= 1
        earlier.append(bytes(other))
        return good.stamp(bytes(other))

    def other_imprint(request: bytes) -> bytes:
        at = request.index(b"\x04\x20") + 10
        return good.stamp(request[:at] + bytes([request[at] ^ 1]) + request[at + 1 :])

    def signed_wrongly(request: bytes) -> bytes:
        response = bytearray(good.stamp(request))
        response[-5] ^= 1
        return bytes(response)

    return {
        "nonce": (replayed, "another nonce"),
        "imprint": (other_imprint, "something else than it was asked to"),
        "stranger": (stranger.stamp, "not among the anchors"),
        "purpose": (signer.stamp, "not critical and for time-stamping alone"),
        "ended": (ended.stamp, "expired"),
        "ahead": (ahead.stamp, "ahead of this machine's clock"),
        "behind": (behind.stamp, "behind this machine's clock"),
        "signature": (signed_wrongly, "signature"),
        "rejects": (lambda _request: b"\x30\x05\x30\x03\x02\x01\x02", "refused: status 2"),
        "garbage": (lambda _request: b"<html>Service temporarily available</html>", "is not believed"),
        "empty": (lambda _request: b"", "is not believed"),
    }


def hanging(request: bytes) -> bytes:
    """Longer than anybody waits."""
    time.sleep(4)
    return request
