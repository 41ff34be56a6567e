"""The demo's two homes, whole and healthy, and what a test does to them."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.app import Node
from node.cli.demo_homes import make_sides
from node.doctor.facts import Facts
from node.doctor.gathering import gather
from node.security.keys import SoftwareKey
from node.store.database import instant
from node.store.sqlite import Connection
from tests.pki import Pki, make_pki

NOW = datetime.now(UTC)
#: The demo of the elliptic profile: its keys are quick to make.
PROFILE = "edelivery-as4-2.0-ecdsa"


@dataclass(frozen=True)
class Home:
    """One home of a demo, as a copy that a test may break."""

    folder: Path

    @property
    def agreement(self) -> Path:
        return next((self.folder / "partners").glob("*/agreement.toml"))

    def edit(self, file: Path | str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def agree(self, old: str, new: str) -> None:
        self.edit(self.agreement, old, new)

    def set(self, old: str, new: str) -> None:
        self.edit("node.toml", old, new)

    def sql(self, statement: str, **values: Any) -> None:
        with closing(Connection(self.folder / "data" / "node.db")) as connection:
            connection.execute(statement, values)

    def send(self, **columns: Any) -> None:
        """A row of a message of ours; only what the doctor looks at is right."""
        row: dict[str, Any] = {
            **dict.fromkeys(("pmode_id", "service", "action", "conversation_id", "header"), ""),
            "message_id": "m@tw",
            "state": "READY",
            "partner": "kr",
            "attempts": 0,
            "submitted_at": instant(NOW),
            "changed_at": instant(NOW),
            "due_at": instant(NOW),
            **columns,
        }
        self.insert("exchange", row)

    def receive(self, **columns: Any) -> None:
        """A row of a message that came in; only what the doctor looks at is right."""
        row: dict[str, Any] = {
            **dict.fromkeys(("from_party", "pmode_id", "service", "action", "conversation_id", "fingerprint", "header"), ""),
            "message_id": "m@kr",
            "state": "ACCEPTED",
            "partner": "kr",
            "peer_address": "",
            "receipt_content_type": "",
            "received_at": instant(NOW),
            "changed_at": instant(NOW),
            "test_service": 0,
            "duplicates": 0,
            "envelope_id": 1,
            "receipt_id": 1,
            **columns,
        }
        self.insert("inbound", row)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        self.sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", **row)

    def put_own(self, name: str, key: SoftwareKey) -> None:
        private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self.folder / "certs" / "own" / f"{name}.pem"
        path.touch(0o600)
        path.write_bytes(private + key.certificate.x509.public_bytes(Encoding.PEM))

    def put_partner(self, name: str, key: SoftwareKey) -> None:
        self._put("partners", name, key)

    def put_trust(self, name: str, key: Any) -> None:
        self._put("trust", name, key)

    def _put(self, kind: str, name: str, key: Any) -> None:
        certificate = getattr(key, "certificate", key)
        (self.folder / "certs" / kind / f"{name}.pem").write_bytes(certificate.x509.public_bytes(Encoding.PEM))

    def facts(self, now: datetime | None = None, **more: Any) -> Facts:
        return gather(self.folder, now or datetime.now(UTC), **more)


@cache
def pki() -> Pki:
    return make_pki()


def key(use: str = "sign", days: float = 4000, *, begins: float = -10, stranger: bool = False) -> SoftwareKey:
    """A key of the test's authority whose certificate ends in so many days."""
    private = ec.generate_private_key(ec.SECP256R1())
    begin, end = NOW + timedelta(days=begins), NOW + timedelta(days=days)
    return pki().make(f"{use} {days}", private, use, stranger=stranger, not_before=begin, not_after=end)


def make_demo(root: Path) -> Home:
    """Both homes of a demo below `root`, each with its store; that of Taiwan."""
    sides = make_sides(root, PROFILE, NOW)
    for side in sides:
        Node.open(side.home).close()
    return Home(sides[0].home)


def copy(home: Home, to: Path) -> Home:
    """Both homes once more, for a test to break."""
    shutil.copytree(home.folder.parent, to, dirs_exist_ok=True)
    return Home(to / home.folder.name)
