"""Two fresh nodes become partners by signed files, and say what is wrong where it is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from node.sheets.fingerprint import grouped
from tests.bars.nodes import Process
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


@pytest.fixture
def two(tmp_path: Path, n2n: Any) -> Two:
    return Two(tmp_path, n2n)


@pytest.fixture
def serving(two: Two) -> Iterator[Any]:
    started: list[Process] = []

    def start() -> None:
        started.extend(Process(side.folder) for side in (two.tw, two.kr))

    yield start
    for one in started:
        one.stop()


def test_two_fresh_nodes_are_partners_after_two_commands_and_one_and_exchange_a_message(two: Two, n2n: Any, serving: Any) -> None:
    two.agree()
    serving()
    for side, other in ((two.tw, "kr"), (two.kr, "tw")):
        pinged = two.run(side, "ping", other)
        assert (pinged.code, pinged.document["answered"]) == (0, True), pinged.err
    document = two.file("certificate.xml")
    document.write_text("<certificate/>")
    sent = n2n("--home", two.tw.folder, "submit", "--partner", "kr", "--action", ACTION, document, "--wait", "30", "--json")
    assert sent.code == 0, sent.err


def test_nothing_is_signed_without_the_fingerprint_of_the_other_side(two: Two) -> None:
    offer = two.file("offer.json")
    assert two.run(two.tw, "offer", "--out", offer, *OFFER).code == 0
    for said in ("", two.print_of(two.kr), two.print_of(two.tw)[:9]):
        ended = two.run(two.kr, "accept", offer, "--as", "tw", "--fingerprint", said)
        assert ended.code == 8
        (error,) = json.loads(ended.err)["errors"]
        assert two.print_of(two.tw) in error["problem"]
    assert not (two.kr.folder / "accepted.json").exists()
