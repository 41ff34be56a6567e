"""A receipt matches exactly when it repeats every reference we signed, each with its own digest."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.errors import EbmsError, InvalidReceipt
from node.ebms.header_reader import read_messaging
from node.ebms.header_writer import write_messaging
from node.ebms.message import (
    CollaborationInfo,
    MessageInfo,
    Messaging,
    PartInfo,
    Party,
    PartyId,
    Property,
    Receipt,
    Service,
    SignalMessage,
    SignedReference,
    UserMessage,
)
from node.ebms.namespaces import DS, EB
from node.ebms.receipts import acknowledge, match_copy, match_receipt
from tests.ebms.headers import REPLY, exclusive, messaging_of, reference

SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
BODY, MESSAGING = reference("#_body-1", b"b" * 32), reference("#_msg-1", b"m" * 32)
FIRST, SECOND = reference("cid:p1@a.example", b"1" * 32), reference("cid:p2@a.example", b"2" * 32)
SENT = (BODY, MESSAGING, FIRST, SECOND)

References = tuple[SignedReference, ...]

MATCHING: list[tuple[str, References]] = [
    ("the same", SENT),
    ("another order", SENT[::-1]),
    ("an escaped @ in the Content-ID", (*SENT[:2], replace(FIRST, uri="cid:p1%40a.example"), SECOND)),
    ("needless escapes in the Content-ID", (*SENT[:2], replace(FIRST, uri="cid:%70%31@a.example"), SECOND)),
    ("no transforms", tuple(replace(one, transforms=()) for one in SENT)),
    ("other octets of the element", tuple(replace(one, octets=b"") for one in SENT)),
]

DIFFERING: list[tuple[str, References, str]] = [
    # (what, what is acknowledged, what the detail names)
    ("nothing", (), "#_body-1 is missing"),
    ("one missing", SENT[1:], "#_body-1 is missing"),
    ("one more", (*SENT, reference("cid:p3@a.example")), "cid:p3@a.example is acknowledged and was never signed"),
    ("one twice", (*SENT, FIRST), "cid:p1@a.example is acknowledged twice"),
    ("one twice, escaped once", (*SENT, replace(FIRST, uri="cid:p1%40a.example")), "cid:p1@a.example is acknowledged twice"),
    ("one twice instead of another", (*SENT[:2], FIRST, FIRST), "cid:p1@a.example is acknowledged twice"),
    ("another digest", (*SENT[:3], replace(SECOND, digest=b"3" * 32)), "cid:p2@a.example: digest 3333"),
    ("a digest cut short", (*SENT[:3], replace(SECOND, digest=b"2" * 31)), "cid:p2@a.example: digest 3232"),
    ("another digest method", (*SENT[:3], replace(SECOND, digest_method=SHA512)), f"cid:p2@a.example: DigestMethod {SHA512}"),
    (
        "digests changed places",
        (*SENT[:2], replace(FIRST, digest=SECOND.digest), replace(SECOND, digest=FIRST.digest)),
        "cid:p1@a.example: digest 3232",
    ),
    ("another id", (BODY, replace(MESSAGING, uri="#_msg-2"), FIRST, SECOND), "#_msg-1 is missing"),
    ("an id of other case", (BODY, replace(MESSAGING, uri="#_MSG-1"), FIRST, SECOND), "#_msg-1 is missing"),
    ("an escaped id", (BODY, replace(MESSAGING, uri="#%5Fmsg-1"), FIRST, SECOND), "#_msg-1 is missing"),
    ("a Content-ID of other case", (*SENT[:2], replace(FIRST, uri="cid:P1@a.example"), SECOND), "cid:p1@a.example is missing"),
]


@pytest.mark.parametrize("acknowledged", [row[1] for row in MATCHING], ids=[row[0] for row in MATCHING])
def test_a_receipt_matches(acknowledged: References) -> None:
    match_receipt(Receipt(acknowledged), SENT)


@pytest.mark.parametrize(("acknowledged", "detail"), [row[1:] for row in DIFFERING], ids=[row[0] for row in DIFFERING])
def test_a_receipt_that_differs_is_invalid_and_the_detail_says_where(acknowledged: References, detail: str) -> None:
    with pytest.raises(EbmsError) as refused:
        match_receipt(Receipt(acknowledged), SENT)
    assert refused.value.definition is InvalidReceipt
    assert refused.value.detail.startswith(detail)


@pytest.mark.parametrize("receipt", [Receipt(None), Receipt(None, b"<eb:UserMessage/>")])
def test_a_receipt_without_references_proves_nothing_about_a_signed_message(receipt: Receipt) -> None:
    with pytest.raises(EbmsError) as refused:
        match_receipt(receipt, SENT)
    assert refused.value.definition is InvalidReceipt


def test_a_receipt_acknowledges_every_reference_in_its_order() -> None:
    assert acknowledge(SENT) == Receipt(SENT)


def test_nothing_signed_is_not_acknowledged_by_what_was_signed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        acknowledge(())


references = st.lists(
    st.builds(reference, st.from_regex(r"(#|cid:)[a-z0-9@.]{1,6}", fullmatch=True), st.binary(min_size=32, max_size=32)),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.uri,
).map(tuple)


@given(references)
def test_what_is_acknowledged_written_and_read_matches_what_was_signed(sent: References) -> None:
    written = write_messaging(messaging_of(SignalMessage(REPLY, receipt=acknowledge(sent))), "_r")
    receipt = read_messaging(written).signal_messages[0].receipt
    assert receipt is not None
    assert [one.octets for one in receipt.non_repudiation or ()] == [one.octets for one in sent]
    match_receipt(receipt, sent)


CHANGES: list[Callable[[SignedReference], SignedReference]] = [
    lambda one: replace(one, uri=one.uri + "x"),
    lambda one: replace(one, digest_method=SHA512),
    lambda one: replace(one, digest=bytes([one.digest[0] ^ 1]) + one.digest[1:]),
]


@given(references, st.data())
def test_no_change_of_any_reference_matches(sent: References, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sent) - 1))
    change = data.draw(st.sampled_from(CHANGES))
    with pytest.raises(EbmsError):
        match_receipt(Receipt((*sent[:at], change(sent[at]), *sent[at + 1 :])), sent)


# -- what others acknowledged ---------------------------------------------------------------------------------------------

CAPTURES = Path(__file__).parents[1] / "vectors" / "phase4-live"
ENVELOPE = re.compile(rb"<((?:[\w.-]+:)?)Envelope[\s>].*?</\1Envelope\s*>", re.DOTALL)


def envelope(file: Path) -> etree._Element:
    found = ENVELOPE.search(file.read_bytes())
    assert found
    return etree.fromstring(found[0])


def signed_in(request: Path) -> References:
    """The references of the SignedInfo in a captured request, read by lxml alone."""
    return tuple(
        reference(
            one.get("URI"), b64decode(one.findtext(f"{{{DS}}}DigestValue")), one.find(f"{{{DS}}}DigestMethod").get("Algorithm")
        )
        for one in envelope(request).iterfind(f".//{{{DS}}}SignedInfo/{{{DS}}}Reference")
    )


def receipts_in(response: Path) -> list[Receipt]:
    (messaging,) = envelope(response).iter(f"{{{EB}}}Messaging")
    return [one.receipt for one in read_messaging(exclusive(messaging)).signal_messages if one.receipt is not None]


def answered() -> list[Path]:
    """The captures of a signed request that a receipt answers."""
    pairs = [(one, one.with_name("response.body")) for one in sorted(CAPTURES.glob("*/request.body"))]
    return [
        request.parent
        for request, response in pairs
        if b"NonRepudiationInformation" in response.read_bytes() and b"SignedInfo" in request.read_bytes()
    ]


def test_there_are_captures_with_receipts() -> None:
    assert len(answered()) >= 15


@pytest.mark.parametrize("capture", answered(), ids=lambda capture: capture.name)
def test_a_captured_receipt_is_judged_by_what_was_sent(capture: Path) -> None:
    (receipt,) = receipts_in(capture / "response.body")
    sent = signed_in(capture / "request.body")
    if capture.name != "tampered-receipt-digest":
        match_receipt(receipt, sent)
        return
    with pytest.raises(EbmsError) as refused:
        match_receipt(receipt, sent)
    assert "digest" in refused.value.detail


# -- the copy of an unsigned message -----------------------------------------------------------------------------------


def copy_of(message: UserMessage) -> bytes:
    """The canonical eb:UserMessage as a receipt repeats it."""
    whole = etree.fromstring(write_messaging(Messaging(user_message=message), "_m"))
    return canonicalize(whole[0])


def test_the_copy_of_what_was_sent_matches() -> None:
    sent = user_message()
    match_copy(Receipt(None, copy_of(sent)), sent)


def test_other_prefixes_and_white_space_between_elements_match_too() -> None:
    sent = user_message()
    other = copy_of(sent).replace(b"eb:", b"x:").replace(b"xmlns:eb", b"xmlns:x")
    match_copy(Receipt(None, other), sent)


OTHERS = {
    "message_info": {"message_info": MessageInfo("2026-01-05T09:30:00Z", "other@h")},
    "from_party": {"from_party": Party((PartyId("urn:other"),), "r")},
    "message_properties": {"message_properties": ()},
    "payload_info": {"payload_info": ()},
    "mpc": {"mpc": "urn:other"},
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_copy_of_another_message_does_not(name: str) -> None:
    with pytest.raises(EbmsError, match=f"another {name}") as refused:
        match_copy(Receipt(None, copy_of(replace(user_message(), **OTHERS[name]))), user_message())  # type: ignore[arg-type]
    assert refused.value.definition is InvalidReceipt


@pytest.mark.parametrize("octets", [None, b"", b"<x/>", b"<x", copy_of.__name__.encode()])
def test_no_copy_is_no_proof(octets: bytes | None) -> None:
    with pytest.raises(EbmsError) as refused:
        match_copy(Receipt(None, octets), user_message())
    assert refused.value.definition is InvalidReceipt


def test_references_of_what_was_never_signed_are_no_proof() -> None:
    with pytest.raises(EbmsError, match="never signed"):
        match_copy(Receipt(SENT), user_message())


def user_message() -> UserMessage:
    return UserMessage(
        MessageInfo("2026-01-05T09:30:00Z", "m@h"),
        Party((PartyId("urn:a"),), "r"),
        Party((PartyId("urn:b"),), "s"),
        CollaborationInfo(Service("urn:s"), "Submit", "c@h"),
        (Property("originalSender", "C1"),),
        (PartInfo("cid:p@h", (Property("MimeType", "application/xml"),)),),
    )
