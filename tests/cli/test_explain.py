"""`n2n explain` tells an operator what this node would do with a message, and why."""

from pathlib import Path
from typing import Any

import pytest

from bench.pair import body_of
from node.app import Node
from node.msh.inbound import receive
from node.msh.outbound import prepare
from node.msh.ports import Peer
from tests.homes import Side, make_pair
from tests.services import submission


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    made = make_pair(tmp_path)
    for side in made:
        Node.open(side.folder).close()
    return made


@pytest.fixture
def wire(pair: tuple[Side, Side], document: Path) -> tuple[str, bytes]:
    node = Node.open(pair[0].folder)
    exchange = node.messages.exchange(node.submit(submission(node, document)).message_id)
    assert exchange is not None
    outgoing = prepare(exchange, node.ports)
    node.close()
    return outgoing.content_type, body_of(outgoing)


def capture(path: Path, wire: tuple[str, bytes]) -> Path:
    path.write_bytes(b"POST /as4 HTTP/1.1\r\nContent-Type: " + wire[0].encode() + b"\r\n\r\n" + wire[1])
    return path


def test_a_good_message_is_told_step_by_step(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    file = capture(tmp_path / "request", wire)
    ended = n2n("--home", pair[1].folder, "explain", file)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[:2] == ["it would be accepted", "the answer would be the receipt (HTTP 200)"]
    told = n2n("--home", pair[1].folder, "explain", file, "--json").document
    assert {one["verdict"] for one in told["steps"]} == {"passed"}
    assert (told["partner"], told["accepted"], told["code"]) == ("tw", True, None)
    assert [(one["name"], one["agreed"], one["why_not"]) for one in told["signature"]["certificates"]] == [("tw-sign", True, "")]


def test_a_refusal_is_told_with_the_nearest_agreement_and_what_differs(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    file = capture(tmp_path / "request", (wire[0], wire[1].replace(b"co.certificate", b"co.certificatf")))
    ended = n2n("--home", pair[1].folder, "explain", file)
    assert ended.code == 1
    assert "  Action: agreed 'co.certificate', got 'co.certificatf'" in ended.out
    told = n2n("--home", pair[1].folder, "explain", file, "--json")
    assert told.code == 1
    assert told.document["nearest"]["differences"] == [
        {"parameter": "Action", "expected": "'co.certificate'", "got": "'co.certificatf'"}
    ]
    assert (told.document["code"], told.document["steps"][2]["verdict"]) == ("EBMS:0010", "refused")
    assert "EBMS:0010" in told.document["answer"]


def test_a_body_alone_needs_its_content_type_or_says_it(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(wire[1])
    assert n2n("--home", pair[1].folder, "explain", tmp_path / "body", "--content-type", wire[0]).code == 0
    assert n2n("--home", pair[1].folder, "explain", tmp_path / "body").code == 0
    (tmp_path / "body").write_bytes(b"nonsense")
    assert n2n("--home", pair[1].folder, "explain", tmp_path / "body").code == 2


def refused(side: Side, wire: tuple[str, bytes]) -> int:
    """The number of the refusal in the attempt log."""
    node = Node.open(side.folder)
    peer = Peer("192.0.2.1", node.setting.certificates.partners["tw-tls"].certificate.der)
    receive(wire[0], (wire[1],), peer, node.ports)
    number = node.messages.refusals()[0].id
    node.close()
    return number


def test_a_refused_message_is_explained_by_its_number(n2n: Any, pair: Any, wire: Any) -> None:
    number = refused(pair[1], (wire[0], wire[1].replace(b"co.certificate", b"co.certificatf")))
    told = n2n("--home", pair[1].folder, "explain", number, "--json")
    assert (told.code, told.document["code"]) == (1, "EBMS:0010")
    assert told.document["kept"].startswith(f"refusal {number}: it was refused on ")
    by_id = n2n("--home", pair[1].folder, "explain", told.document["message_id"], "--json")
    assert by_id.document == told.document


def test_payloads_that_nobody_kept_are_not_known(n2n: Any, pair: Any, wire: Any) -> None:
    # The last octets of the ciphertext are changed, so that nothing but the payload is wrong.
    at = wire[1].rindex(b"\r\n--") - 4
    number = refused(pair[1], (wire[0], wire[1][:at] + b"\x00\x00\x00" + wire[1][at + 3 :]))
    told = n2n("--home", pair[1].folder, "explain", number, "--json")
    verdicts = {one["step"]: one["verdict"] for one in told.document["steps"]}
    assert (told.code, verdicts["keys"], verdicts["payloads"]) == (0, "passed", "not known")
    assert "if nothing is wrong with the payloads" in told.document["answer"]


def test_a_message_that_was_accepted_says_so(n2n: Any, pair: Any, wire: Any) -> None:
    node = Node.open(pair[1].folder)
    peer = Peer("192.0.2.1", node.setting.certificates.partners["tw-tls"].certificate.der)
    assert receive(wire[0], (wire[1],), peer, node.ports).accepted
    (one,) = node.messages.deliverable(9)
    node.close()
    ended = n2n("--home", pair[1].folder, "explain", one.message_id)
    assert (ended.code, " and is ACCEPTED; if it came again" in ended.out.splitlines()[0]) == (0, True), ended.out


def test_what_is_neither_file_nor_message_is_not_found(n2n: Any, pair: Any) -> None:
    for given in ("7", "nothing@tw"):
        ended = n2n("--home", pair[1].folder, "explain", given)
        assert (ended.code, "--refused" in ended.err) == (7, True)


def test_a_connection_and_a_time_may_be_told(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    file, certs = capture(tmp_path / "request", wire), pair[1].folder / "certs" / "partners"
    home = ("--home", pair[1].folder, "explain", file)
    assert n2n(*home, "--tls-cert", certs / "tw-tls.pem").code == 0
    assert n2n(*home, "--tls-cert", certs / "tw-sign.pem").code == 1
    late = n2n(*home, "--at", "2099-01-01T00:00Z")
    assert (late.code, "not believed" in late.out) == (1, True)
    assert n2n(*home, "--tls-cert", file).code == 2


def test_a_home_without_a_store_says_that_documents_are_not_judged(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    for one in (pair[1].folder / "data").glob("node.db*"):
        one.unlink()
    ended = n2n("--home", pair[1].folder, "explain", capture(tmp_path / "request", wire))
    assert (ended.code, "documents are not judged" in ended.out) == (0, True)


def test_no_secret_is_shown(n2n: Any, pair: Any, wire: Any, tmp_path: Path) -> None:
    ended = n2n("--home", pair[1].folder, "explain", capture(tmp_path / "request", wire), "--json")
    assert "PRIVATE KEY" not in ended.out
    assert "產地證明書" not in ended.out
