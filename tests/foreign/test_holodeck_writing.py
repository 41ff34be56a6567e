"""What Holodeck is given: one P-Mode a file, each with what the partner's part in it needs."""

from collections.abc import Callable

import pytest
from lxml import etree

from node.agreements.agreement import Agreement
from node.foreign.exchange import exchanges_of
from node.foreign.holodeck import NAMESPACE
from node.foreign.holodeck_writing import write
from tests.foreign.test_comparing import TEXT

N = {"p": NAMESPACE}


@pytest.fixture
def files(agreement: Callable[[str], Agreement]) -> dict[str, etree._Element]:
    exchanges = list(exchanges_of(agreement(TEXT), "https://us.example/as4"))
    return {name: etree.fromstring(octets) for name, octets in write(exchanges, for_partner=True).items()}


def test_each_exchange_has_its_file(files: dict[str, etree._Element]) -> None:
    assert list(files) == [
        "01-send.xml",
        "02-receive.xml",
        "03-send.xml",
        "04-receive.xml",
        "05-receive.xml",
        "06-send.xml",
        "07-receive.xml",
    ]
    assert {one.tag for one in files.values()} == {f"{{{NAMESPACE}}}PMode"}


def test_the_receiver_of_a_message_answers_and_its_sender_waits(files: dict[str, etree._Element]) -> None:
    # We send, so the partner's node receives.
    sent, received = files["01-send.xml"], files["02-receive.xml"]
    assert sent.findtext("p:Leg/p:Receipt/p:ReplyPattern", namespaces=N) == "RESPONSE"
    assert sent.findtext("p:Leg/p:ReceptionAwareness/p:UseDuplicateElimination", namespaces=N) == "true"
    assert received.find("p:Leg/p:Receipt/p:ReplyPattern", namespaces=N) is None
    assert received.findtext("p:Leg/p:ReceptionAwareness/p:MaxRetries", namespaces=N) == "4"
    assert received.findtext("p:Leg/p:Protocol/p:Address", namespaces=N) == "https://us.example/as4"


def test_both_sides_sign_and_the_receiver_is_encrypted_to(files: dict[str, etree._Element]) -> None:
    configuration = "p:SecurityConfiguration"
    sent = files["01-send.xml"]
    assert sent.find(f"p:Initiator/{configuration}/p:Signing", namespaces=N) is not None
    assert sent.find(f"p:Initiator/{configuration}/p:Encryption", namespaces=N) is None
    assert sent.find(f"p:Responder/{configuration}/p:Encryption", namespaces=N) is not None


def test_no_secret_is_written(files: dict[str, etree._Element]) -> None:
    assert not any("password" in etree.tostring(one).decode() for one in files.values())
