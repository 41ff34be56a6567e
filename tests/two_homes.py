"""Two homes that come to an agreement by the command line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from node.sheets.fingerprint import grouped
from tests.homes import ACTION, SERVICE, Side, make_side

PROFILE = "edelivery-as4-2.0-ecdsa"
OFFER = ("--profile", PROFILE, "--service", SERVICE, "--action", ACTION)


class Two:
    """Two homes that know nothing of each other, each with an authority of its own."""

    def __init__(self, root: Path, n2n: Any) -> None:
        self.root, self._n2n = root, n2n
        now = datetime.now(UTC)
        self.tw, self.kr = make_side(root, "tw", DemoAuthority(now)), make_side(root, "kr", DemoAuthority(now))

    def run(self, side: Side, *words: object) -> Any:
        return self._n2n("--home", side.folder, "partner", *words, "--json")

    def file(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, text: str) -> Path:
        self.file(name).write_text(text)
        return self.file(name)

    def print_of(self, side: Side) -> str:
        """What an administration reads out over the telephone."""
        (certificate,) = load_certificates(side.issued["sign"].certificate)
        return grouped(certificate.sha256)[:19]

    def agree(self) -> None:
        offer, accepted = self.file("offer.json"), self.file("accepted.json")
        for ended in (
            self.run(self.tw, "offer", "kr", "--out", offer, *OFFER),
            self.run(self.kr, "accept", offer, "--as", "tw", "--fingerprint", self.print_of(self.tw), "--out", accepted),
            self.run(self.tw, "activate", accepted, "--fingerprint", self.print_of(self.kr)),
        ):
            assert ended.code == 0, ended.err
