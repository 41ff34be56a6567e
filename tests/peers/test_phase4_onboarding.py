"""phase4 becomes a partner through the P-Modes that it prints itself, and messages go both ways with receipts."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.ebms.message import Property
from node.ebms.states import OutboundState
from node.home import init_home, put_certificate, put_own_key
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from tests.cli.conftest import n2n as n2n_fixture
from tests.peers.counterparty import HERE, PRESETS, Receiver, Sender, free_port
from tests.peers.our_node import PARTY_TYPE, PROFILES, US, OurNode

pytestmark = pytest.mark.java
n2n = n2n_fixture
THEM, SERVICE, ACTION, AGREEMENT = "PHASE4-CUSTOMS", "urn:example:onboarded", "Submit", "urn:example:onboarding:1"
C1_AND_C4 = (Property("originalSender", "urn:example:c1"), Property("finalRecipient", "urn:example:c4"))
DOCUMENT = b"<Certificate>\n" + b"<Line>oranges</Line>\n" * 50 + b"</Certificate>"


def printed(kind: str, url: str, our_url: str) -> bytes:
    """The P-Modes as phase4 prints them."""
    words = ("--party", THEM, "--other", US, "--party-type", PARTY_TYPE, "--service", SERVICE, "--action", ACTION)
    more = ("--agreement", AGREEMENT, "--url", url, "--other-url", our_url, "--preset", PRESETS[kind])
    return subprocess.run([HERE / "peer", "pmodes", *words, *more], check=True, capture_output=True).stdout


def make_our_home(folder: Path, keys: Path, kind: str, port: int) -> Path:
    """A home with its keys and without partners."""
    init_home(folder, party_id=US, party_type=PARTY_TYPE, host="our.example", port=port, tls=False)
    put_certificate(folder, "trust", "peer-ca", (keys / "ca.pem").read_bytes())
    for use, short in (("sign", "sign"), ("encrypt", "enc")):
        put_own_key(folder, use, b"".join((keys / f"a-{kind}-{short}.{what}.pem").read_bytes() for what in ("key", "cert")))
    return folder


@pytest.fixture(params=PRESETS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running() -> Iterator[list[Any]]:
    found: list[Any] = []
    yield found
    for one in reversed(found):
        one.stop()


def test_phase4_is_onboarded_through_its_own_pmodes(
    n2n: Any, peer_keys: Path, tmp_path: Path, kind: str, running: list[Any]
) -> None:
    port, our_port = free_port(), free_port()
    home = make_our_home(tmp_path / "home", peer_keys, kind, our_port)
    (tmp_path / "phase4.json").write_bytes(printed(kind, f"http://127.0.0.1:{port}/as4", f"http://127.0.0.1:{our_port}/as4"))

    words = ("--home", home, "partner", "import", tmp_path / "phase4.json", "--as", "phase4", "--json")
    (chosen,) = n2n(*words).document["drafts"]
    assert PROFILES[kind] in (chosen["profile"], *chosen["as_near"])
    imported = n2n(*words, "--profile", PROFILES[kind], "--replace")
    assert imported.code == 0, imported.err
    (draft,) = imported.document["drafts"]
    assert draft["doubts"] == []
    # phase4 does not send again by itself, and says so.
    assert draft["overrides"] == {"leg.reception_awareness.retry": False}
    assert [one["fate"] for one in imported.document["account"] if one["reason"] == "is not known in this format"] == []

    # The next command, with the certificates that were compared by another way.
    command = draft["next"].replace("SIGN.pem", str(peer_keys / f"b-{kind}-sign.cert.pem"))
    command = command.replace("ENCRYPT.pem", str(peer_keys / f"b-{kind}-enc.cert.pem"))
    added = n2n("--home", home, *shlex.split(command)[1:])
    assert added.code == 0, added.err
    compared = n2n("--home", home, "partner", "compare", "phase4", tmp_path / "phase4.json")
    assert compared.code == 0, compared.out

    phase4 = Receiver(peer_keys, kind, tmp_path / "got", port)
    running.append(phase4)
    ours = OurNode(home)
    running.append(ours)
    payload = Payload(HeldOctets(DOCUMENT), "application/xml", "certificate.xml")
    message_id = ours.node.submit(
        Submission(partner="phase4", action=ACTION, payloads=(payload,), properties=C1_AND_C4)
    ).message_id
    exchange = ours.ended(message_id)
    assert exchange.state is OutboundState.ACKNOWLEDGED, [step.detail for step in ours.messages.history(message_id)]
    (facts,) = phase4.facts(message_id)
    assert (facts["signed"], facts["encrypted"]) == (True, True)
    assert facts["agreementRef"]["value"] == AGREEMENT
    assert phase4.payloads(message_id) == [DOCUMENT]

    sender = Sender(peer_keys, tmp_path)
    running.append(sender)
    (tmp_path / "document.xml").write_bytes(DOCUMENT)
    words = ("--from", THEM, "--from-type", PARTY_TYPE, "--to", US, "--to-type", PARTY_TYPE, "--agreement", AGREEMENT)
    told = sender.send(kind, ours.url, *words, "--service", SERVICE, "--action", ACTION, "--payload", tmp_path / "document.xml")
    assert told["exit"] == 0, told
    document, payloads = ours.delivered("phase4", told["messageId"])
    assert payloads == [DOCUMENT]
    assert document["message_id"] == told["messageId"]


def test_phase4_reads_what_we_export(n2n: Any, peer_keys: Path, tmp_path: Path) -> None:
    home = make_our_home(tmp_path / "home", peer_keys, "rsa", free_port())
    (tmp_path / "phase4.json").write_bytes(printed("rsa", "http://127.0.0.1:9/as4", "http://127.0.0.1:8/as4"))
    n2n("--home", home, "partner", "import", tmp_path / "phase4.json", "--as", "phase4", "--profile", PROFILES["rsa"])
    certificates = ("--sign-cert", peer_keys / "b-rsa-sign.cert.pem", "--encrypt-cert", peer_keys / "b-rsa-enc.cert.pem")
    draft = home / "partners" / ".drafts" / "phase4" / "agreement.toml"
    assert n2n("--home", home, "partner", "add", "phase4", "--file", draft, *certificates).code == 0
    words = ("--format", "phase4", "--our-url", "http://127.0.0.1:8/as4", "-o", tmp_path / "ours.json")
    assert n2n("--home", home, "partner", "export", "phase4", *words).code == 0
    read = subprocess.run([HERE / "peer", "pmodes", "--read", tmp_path / "ours.json"], check=True, capture_output=True)
    again, ours = json.loads(read.stdout), json.loads((tmp_path / "ours.json").read_bytes())
    for one in again:
        one.pop("creationldt", None)
    assert again == ours
