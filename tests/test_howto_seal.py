"""The page on seals is true: each of its commands runs, in its order, and does what the page says."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.cli.root import run
from tests.conftest import ROOT
from tests.seals import World, serving

PAGE = (ROOT / "docs" / "howto" / "seal-a-document.md").read_text("utf-8")
COMMANDS = re.findall(r"^ +(n2n .+)$", PAGE, re.MULTILINE)
DOCUMENT = ROOT / "profiles" / "documents" / "n2n-co" / "samples" / "good" / "co-rcep-multi-item.xml"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """What the page takes for granted: a home, a key, a document, roots and lists; all in the working folder."""
    made = World()
    monkeypatch.chdir(tmp_path)
    assert run(["init", ".", "--party-id", "JP"], {}) == 0
    key = made.key()
    private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path("cci-seal.pem").write_bytes(private + key.certificate.pem())
    Path("cci-seal.pem").chmod(0o600)
    Path("jp-root.pem").write_bytes(made.root.certificate.pem())
    Path("time-root.pem").write_bytes(made.time_root.certificate.pem())
    Path("jp-root.crl").write_bytes(made.root.crl())
    Path("time-root.crl").write_bytes(made.time_root.crl())
    Path("certificate.pdf").write_bytes(b"%PDF-1.7")
    Path("annex.txt").write_text("annex")
    Path("certificate.xml").write_bytes(DOCUMENT.read_bytes())
    made.stamps_at = datetime.now(UTC)
    return made


def test_every_command_of_the_page_runs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    partners = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert partners
    fingerprint = world.key().certificate.sha256
    Path("partners.json").write_text(partners[1].replace("FINGERPRINT", fingerprint))
    said = {}
    with serving(world.tsa.stamp) as url:
        for command in COMMANDS:
            words = shlex.split(command.replace("http://tsa.example/", url))[1:]
            # A fresh home lacks its other keys.
            code = run(words, {})
            said[command] = capsys.readouterr().out
            expected = {"cert list": 3}.get(" ".join(words[:2]), 0)
            assert (command, code) == (command, expected)
    assert len(COMMANDS) == 9
    assert fingerprint in said["n2n cert list"]
    verified = [json.loads(text) for command, text in said.items() if " verify " in command]
    assert [(one["accepted"], one["seal"]["sha256"]) for one in verified] == [(True, fingerprint)] * 2
    assert [one["seal"]["level"] for one in verified] == ["LT", "B"]
    (checked,) = (json.loads(text) for command, text in said.items() if " check " in command)
    assert checked["findings"] == []
    sealed = Path("sealed.xml").read_bytes()
    assert re.sub(rb"(?s)<ds:Signature .*</ds:Signature>", b"", sealed) == Path("certificate.xml").read_bytes()
