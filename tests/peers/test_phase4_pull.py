"""phase4 and our node pull from each other, each as a whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.ebms.namespaces import INITIATOR, PULL, RESPONDER
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from tests.peers.counterparty import Receiver, free_port, side
from tests.peers.our_node import ACTION, PARTY_TYPE, SERVICE, US, OurNode, Partner, make_home, until

pytestmark = pytest.mark.java
KINDS = ("rsa", "ed", "ec")
MPC = "urn:example:mpc:customs"
OF_LEG = f'business_info.mpc = "{MPC}"\nx.pull.interval = "1s"\nx.retry.receipt = "2s"\n'
DOCUMENT = b"<certificate>to be pulled</certificate>"


def serve(folder: Path, keys: Path, kind: str, url: str) -> OurNode:
    """Our node under an agreement by which everything is pulled."""
    home = folder / "home"
    make_home(home, keys, free_port(), [Partner("puller", kind, url, OF_LEG)])
    agreement = home / "partners" / "puller" / "agreement.toml"
    text = agreement.read_text("utf-8")
    # What phase4 hands out always comes from the role `initiator`.
    text = text.replace("[partner]\n", f'[partner]\nrole = "{INITIATOR}"\n').replace("[us]\n", f'[us]\nrole = "{RESPONDER}"\n')
    agreement.write_text(f'mep_binding = "{PULL}"\n' + text, "utf-8")
    return OurNode(home)


@pytest.mark.parametrize("kind", KINDS)
def test_phase4_pulls_from_us(peer: Callable[[str], Path], peer_keys: Path, tmp_path: Path, kind: str) -> None:
    peer("phase4")
    ours = serve(tmp_path, peer_keys, kind, "http://127.0.0.1:9/as4")
    try:
        sent = [ours.node.submit(submission(one)).message_id for one in (DOCUMENT, DOCUMENT * 1000)]
        for number, message_id in enumerate(sent):
            told = pull(peer_keys, kind, ours.url, tmp_path / f"pulled{number}")
            assert told["exit"] == 0, told
            assert told["userMessage"]["messageId"] == message_id
            assert ours.ended(message_id).state is OutboundState.ACKNOWLEDGED
            (payload,) = (tmp_path / f"pulled{number}").glob("*.payload")
            assert payload.read_bytes() == (DOCUMENT, DOCUMENT * 1000)[number]
        nothing = pull(peer_keys, kind, ours.url, tmp_path / "nothing")
        assert [one["code"] for one in nothing["errors"]] == ["EBMS:0006"]
        refused = pull(peer_keys, kind, ours.url, tmp_path / "unsigned", "--unsigned-request")
        assert [one["code"] for one in refused["errors"]] == ["EBMS:0101"]
    finally:
        ours.stop()


def test_what_phase4_does_not_receipt_it_can_pull_again(peer: Callable[[str], Path], peer_keys: Path, tmp_path: Path) -> None:
    peer("phase4")
    ours = serve(tmp_path, peer_keys, "ec", "http://127.0.0.1:9/as4")
    try:
        message_id = ours.node.submit(submission(DOCUMENT)).message_id
        assert pull(peer_keys, "ec", ours.url, tmp_path / "first", "--no-receipt")["userMessage"]["messageId"] == message_id
        ours.ended(message_id, OutboundState.READY)
        assert pull(peer_keys, "ec", ours.url, tmp_path / "second")["exit"] == 0
        assert ours.ended(message_id).attempts == 2
    finally:
        ours.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_we_pull_from_phase4(peer: Callable[[str], Path], peer_keys: Path, tmp_path: Path, kind: str) -> None:
    peer("phase4")
    theirs = handing_out(peer_keys, kind, tmp_path, 3)
    try:
        ours = serve(tmp_path, peer_keys, kind, theirs.url)
        try:
            folders = until(lambda: ((found := ours.folders("puller")) and len(found) == 3 and found) or None)
            assert all(any(file.read_bytes() == DOCUMENT for file in one.iterdir()) for one in folders)

            def receipts() -> list[dict[str, Any]] | None:
                found = [one for one in theirs.events if one["event"] == "receipt"]
                return found if len(found) == 3 else None

            assert until(receipts)
        finally:
            ours.stop()
    finally:
        theirs.stop()


def handing_out(keys: Path, kind: str, folder: Path, many: int) -> Receiver:
    """A phase4 from which so many documents can be pulled."""
    waiting = folder / "waiting"
    waiting.mkdir()
    for number in range(many):
        (waiting / f"{number}.xml").write_bytes(DOCUMENT)
    header = ["--from", "PULLER", "--from-type", PARTY_TYPE, "--to", US, "--to-type", PARTY_TYPE]
    options = ["--pull", f"{MPC}={waiting}", *header, "--service", SERVICE, "--action", ACTION]
    return Receiver(keys, kind, folder / "got", free_port(), *options)


def submission(octets: bytes) -> Submission:
    return Submission("puller", ACTION, (Payload(HeldOctets(octets), "application/xml"),), service=SERVICE)


def pull(keys: Path, kind: str, url: str, folder: Path, *options: str) -> dict[str, Any]:
    """phase4's account of one pull; the exit status is its judgement."""
    import json
    import subprocess

    from tests.peers.counterparty import HERE

    command = [str(HERE / "peer"), "pull", *side(keys, kind), "--url", url, "--mpc", MPC, "--out", str(folder), *options]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)
    line = next((one for one in ended.stdout.splitlines() if one.startswith("{")), "{}")
    return {**json.loads(line), "exit": ended.returncode, "stderr": ended.stderr[-500:]}
