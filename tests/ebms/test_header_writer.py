"""Written headers are their own exclusive canonical form, say what they should, and are read back as they were."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.header_reader import read_messaging
from node.ebms.header_writer import write_messaging
from node.ebms.message import Messaging, PullRequest, Receipt, SignalMessage
from node.ebms.namespaces import DS, EB, EBBP, S11, S12, WSU
from node.ebms.schema import check_schema
from tests.ebms.headers import (
    ERROR,
    INFO,
    LARGEST,
    PULL_REQUEST,
    RECEIPT,
    REPLY,
    SMALLEST,
    exclusive,
    messaging_of,
    messagings,
    octets_of_user_message,
    reference,
    user_messages,
    values,
)

HEAD = f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="_msg-1" S12:mustUnderstand="true">'

WRITTEN = [
    # (what, the value, what stands between the tags of eb:Messaging)
    (
        "smallest user message",
        SMALLEST,
        (
            "<eb:UserMessage><eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:00.123Z</eb:Timestamp>"
            "<eb:MessageId>4f0c1b7e@node-a.example</eb:MessageId></eb:MessageInfo>"
            "<eb:PartyInfo><eb:From><eb:PartyId>urn:tw</eb:PartyId><eb:Role>urn:role:sender</eb:Role></eb:From>"
            "<eb:To><eb:PartyId>urn:xx</eb:PartyId><eb:Role>urn:role:receiver</eb:Role></eb:To></eb:PartyInfo>"
            "<eb:CollaborationInfo><eb:Service>urn:service</eb:Service><eb:Action>Submit</eb:Action>"
            "<eb:ConversationId></eb:ConversationId></eb:CollaborationInfo></eb:UserMessage>"
        ),
    ),
    (
        "largest user message",
        LARGEST,
        (
            '<eb:UserMessage mpc="urn:mpc:1"><eb:MessageInfo><eb:Timestamp>2026-01-05T17:30:00+08:00</eb:Timestamp>'
            "<eb:MessageId>1@a.example</eb:MessageId><eb:RefToMessageId>0@b.example</eb:RefToMessageId></eb:MessageInfo>"
            '<eb:PartyInfo><eb:From><eb:PartyId type="urn:country">TW</eb:PartyId><eb:PartyId type="urn:duns">87654321</eb:PartyId>'
            "<eb:Role>http://example.org/sender</eb:Role></eb:From>"
            '<eb:To><eb:PartyId type="urn:country">XX</eb:PartyId><eb:Role>http://example.org/receiver</eb:Role></eb:To></eb:PartyInfo>'
            '<eb:CollaborationInfo><eb:AgreementRef pmode="pmode-1" type="t">urn:agreement</eb:AgreementRef>'
            '<eb:Service type="urn:services">co</eb:Service><eb:Action>SubmitCertificate</eb:Action>'
            "<eb:ConversationId>conversation 7</eb:ConversationId></eb:CollaborationInfo>"
            '<eb:MessageProperties><eb:Property name="originalSender" type="string">C1</eb:Property>'
            '<eb:Property name="finalRecipient">C4</eb:Property></eb:MessageProperties>'
            '<eb:PayloadInfo><eb:PartInfo href="cid:p1@a.example">'
            '<eb:Schema location="urn:schema" namespace="urn:namespace" version="1.0"></eb:Schema>'
            '<eb:Description xml:lang="de">Ursprungszeugnis</eb:Description>'
            '<eb:PartProperties><eb:Property name="MimeType">application/xml</eb:Property>'
            '<eb:Property name="CompressionType" type="token">application/gzip</eb:Property></eb:PartProperties></eb:PartInfo>'
            '<eb:PartInfo href="cid:p2@a.example"></eb:PartInfo></eb:PayloadInfo></eb:UserMessage>'
        ),
    ),
    (
        "pull request",
        PULL_REQUEST,
        (
            "<eb:SignalMessage><eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:00.123Z</eb:Timestamp>"
            '<eb:MessageId>4f0c1b7e@node-a.example</eb:MessageId></eb:MessageInfo><eb:PullRequest mpc="urn:mpc:1"></eb:PullRequest></eb:SignalMessage>'
        ),
    ),
    (
        "pull request for the default channel",
        SignalMessage(INFO, pull_request=PullRequest()),
        (
            "<eb:SignalMessage><eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:00.123Z</eb:Timestamp>"
            "<eb:MessageId>4f0c1b7e@node-a.example</eb:MessageId></eb:MessageInfo><eb:PullRequest></eb:PullRequest></eb:SignalMessage>"
        ),
    ),
    (
        "errors",
        ERROR,
        (
            "<eb:SignalMessage><eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:01Z</eb:Timestamp><eb:MessageId>77aa@node-b.example</eb:MessageId>"
            "<eb:RefToMessageId>4f0c1b7e@node-a.example</eb:RefToMessageId></eb:MessageInfo>"
            '<eb:Error category="Content" errorCode="EBMS:0003" origin="ebMS" refToMessageInError="4f0c1b7e@node-a.example" severity="failure"'
            ' shortDescription="ValueInconsistent"><eb:Description xml:lang="en">two\nlines</eb:Description>'
            '<eb:ErrorDetail>detail</eb:ErrorDetail></eb:Error><eb:Error errorCode="EBMS:0004" severity="warning"></eb:Error></eb:SignalMessage>'
        ),
    ),
    (
        "receipt of a signed message",
        RECEIPT,
        "<eb:SignalMessage><eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:01Z</eb:Timestamp><eb:MessageId>77aa@node-b.example</eb:MessageId>"
        "<eb:RefToMessageId>4f0c1b7e@node-a.example</eb:RefToMessageId></eb:MessageInfo>"
        f'<eb:Receipt><ebbp:NonRepudiationInformation xmlns:ebbp="{EBBP}">'
        + "".join(
            f"<ebbp:MessagePartNRInformation>{one.octets.decode()}</ebbp:MessagePartNRInformation>"
            for one in RECEIPT.receipt.non_repudiation  # type: ignore[union-attr]
        )
        + "</ebbp:NonRepudiationInformation></eb:Receipt></eb:SignalMessage>",
    ),
]


@pytest.mark.parametrize(("value", "content"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN])
def test_a_message_unit_is_written_and_read(value: SignalMessage, content: str) -> None:
    messaging = messaging_of(value)
    written = write_messaging(messaging, "_msg-1")
    assert written.decode() == f"{HEAD}{content}</eb:Messaging>"
    assert exclusive(etree.fromstring(written)) == written
    assert read_messaging(written) == messaging
    check_schema(etree.fromstring(written))


def test_soap_1_1_has_its_own_must_understand() -> None:
    written = write_messaging(messaging_of(SMALLEST), "_msg-1", "1.1")
    assert written.startswith(
        f'<eb:Messaging xmlns:S11="{S11}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="_msg-1" S11:mustUnderstand="1">'.encode()
    )
    assert exclusive(etree.fromstring(written)) == written
    check_schema(etree.fromstring(written))


def test_signals_stand_before_the_user_message() -> None:
    messaging = Messaging(SMALLEST, (RECEIPT, ERROR))
    written = write_messaging(messaging, "_msg-1")
    assert [etree.QName(unit).localname for unit in etree.fromstring(written)] == [
        "SignalMessage",
        "SignalMessage",
        "UserMessage",
    ]
    assert read_messaging(written) == messaging


@given(messagings, values, st.sampled_from(["1.1", "1.2"]))
def test_what_is_written_is_canonical_and_read_back_the_same(messaging: Messaging, wsu_id: str, soap_version: str) -> None:
    written = write_messaging(messaging, wsu_id, soap_version)
    assert exclusive(etree.fromstring(written)) == written
    again = read_messaging(written)
    assert again == messaging
    # `==` does not compare octets.
    receipts = [signal.receipt for one in (messaging, again) for signal in one.signal_messages if signal.receipt]
    assert len({tuple(one.octets for one in receipt.non_repudiation or ()) for receipt in receipts}) <= 1


@settings(max_examples=30)
@given(messagings, st.sampled_from(["S12", "S", "eb"]))
def test_what_is_written_stays_canonical_inside_an_envelope(messaging: Messaging, prefix: str) -> None:
    written = write_messaging(messaging, "_msg-1")
    start = f'<{prefix}:Envelope xmlns:{prefix}="{S12}" xmlns:ds="{DS}" xmlns="urn:other"><{prefix}:Header>'
    envelope = f"{start}{written.decode()}</{prefix}:Header><{prefix}:Body/></{prefix}:Envelope>"
    assert exclusive(etree.fromstring(envelope.encode())[0][0]) == written


@settings(max_examples=40)
@given(user_messages, st.sampled_from(["eb", "eb3", None]))
def test_the_receipt_of_an_unsigned_message_repeats_the_user_message(message: object, prefix: str | None) -> None:
    repeated = octets_of_user_message(write_messaging(Messaging(message), "_msg-0"), prefix)  # type: ignore[arg-type]
    messaging = messaging_of(SignalMessage(REPLY, receipt=Receipt(None, repeated)))
    written = write_messaging(messaging, "_msg-1")
    assert exclusive(etree.fromstring(written)) == written
    assert read_messaging(written) == messaging


@pytest.mark.parametrize(("prefix", "uri"), {"S11": S11, "S12": S12, "eb": EB, "ebbp": EBBP, "wsu": WSU}.items())
@pytest.mark.parametrize("soap_version", ["1.1", "1.2"])
def test_a_reference_that_declares_a_namespace_again_leaves_the_receipt_canonical(
    prefix: str, uri: str, soap_version: str
) -> None:
    one = etree.fromstring(reference("#_msg-1").octets)
    odd = etree.Element(one.tag, {"URI": "#_msg-1", f"{{{uri}}}Id": "r"}, nsmap={"ds": DS, prefix: uri})
    odd.extend(list(one))
    signed = replace(reference("#_msg-1"), octets=exclusive(odd))
    messaging = messaging_of(SignalMessage(REPLY, receipt=Receipt((signed,))))
    written = write_messaging(messaging, "_msg-1", soap_version)
    assert exclusive(etree.fromstring(written)) == written
    again = read_messaging(written).signal_messages[0].receipt
    assert again is not None
    assert [found.octets for found in again.non_repudiation or ()] == [signed.octets]


@pytest.mark.parametrize("nothing", [Receipt(None), Receipt(()), Receipt(None, b"")])
def test_a_receipt_that_repeats_nothing_is_not_written(nothing: Receipt) -> None:
    with pytest.raises(ValueError, match="receipt"):
        write_messaging(messaging_of(SignalMessage(REPLY, receipt=nothing)), "_msg-1")


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_a_character_that_xml_cannot_carry_is_refused(character: str) -> None:
    info = replace(INFO, message_id=f"1{character}@a.example")
    with pytest.raises(ValueError):
        write_messaging(Messaging(replace(SMALLEST, message_info=info)), "_msg-1")


@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\x7f", "\x85", "\u2028", "\ufffd", "\U0001f6c3"])
def test_a_character_that_xml_can_carry_is_kept(character: str) -> None:
    info = replace(INFO, message_id=f"1{character}@a.example")
    messaging = Messaging(replace(SMALLEST, message_info=info))
    assert read_messaging(write_messaging(messaging, "_msg-1")) == messaging
