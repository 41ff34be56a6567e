"""Test messages as they are made and changed, and what their answers say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.msh.ports import HttpAnswer, SubmissionError, TransportError
from node.probing import Probing, damaged_gzip, dense, error_code, text, time_of, uncompressed, unencrypted, unsigned
from tests.homes import make_pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(make_pair(tmp_path)[0].folder)
    yield opened
    opened.close()


@pytest.fixture
def probing(node: Node) -> Probing:
    return Probing("kr", node.ports)


def nobody(_: Any) -> HttpAnswer:
    raise TransportError("nobody there")


def test_a_probe_is_of_the_test_service_and_nothing_of_it_is_kept(node: Node, probing: Probing) -> None:
    probe = probing.probe([text()])
    collaboration = probe.exchange.user_message.collaboration_info
    assert collaboration.service.value.endswith("/200704/service")
    assert b"SignatureValue" in probe.octets
    assert b"EncryptedData" in probe.octets
    assert node.messages.exchange(probe.outgoing.message_id) is None


def test_a_change_is_on_the_wire_and_the_agreement_stays(probing: Probing) -> None:
    assert b"SignatureValue" not in probing.probe(change=unsigned).octets
    plain = probing.probe([dense(50)], change=lambda pmode: uncompressed(unencrypted(pmode))).octets
    assert bytes(dense(50).octets.chunks().__iter__().__next__()) in plain
    assert b"SignatureValue" in probing.probe().octets


def test_a_label_that_lies_stands_in_the_header_alone(probing: Probing) -> None:
    probe = probing.mislabelled(damaged_gzip(), "application/zip")
    (part,) = probe.exchange.user_message.payload_info
    assert part.part_property("CompressionType") == "application/zip"
    assert probe.exchange.payloads[0].part_info.href == part.href


def test_who_does_not_answer_has_no_status(probing: Probing) -> None:
    said, answer = probing.ask(probing.probe(), nobody)
    assert (said.receipt, said.code, said.status, said.detail, answer) == (False, None, None, "nobody there", None)
    assert len(said.sent) == 64
    assert said.octets > 1000


def test_what_we_think_of_an_answer_is_no_word_of_the_partner(probing: Probing) -> None:
    said, _ = probing.ask(probing.probe(), lambda _: HttpAnswer(200, "application/soap+xml", b"<x/>"))
    assert (said.receipt, said.code, said.status) == (False, None, 200)


def test_an_answer_that_is_no_ebms_has_neither_code_nor_time() -> None:
    assert error_code(HttpAnswer(200, None, b"")) is None
    assert time_of(HttpAnswer(502, "text/html", b"<html>bad gateway</html>")) is None
    assert time_of(None) is None


def test_answers_by_callback_are_seen_in_the_agreement(node: Node, probing: Probing) -> None:
    assert not probing.by_callback
    security = probing.pmode.leg.security
    later = replace(security, send_receipt=replace(security.send_receipt, reply_pattern="Callback"))
    probing.pmode = replace(probing.pmode, leg=replace(probing.pmode.leg, security=later))
    assert probing.by_callback


def test_without_a_test_service_there_is_no_probe(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    file = tw.folder / "partners" / "kr" / "agreement.toml"
    file.write_text("test_service = false\n" + file.read_text())
    node = Node.open(tw.folder)
    with pytest.raises(SubmissionError):
        Probing("kr", node.ports)
    node.close()
