"""What is read from eb:Messaging, what is refused and with which error, and that no octets whatever lead anywhere else."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.errors import (
    BundlingError,
    EbmsError,
    ErrorDefinition,
    FeatureNotSupported,
    InvalidHeader,
    InvalidReceipt,
    ValueInconsistent,
)
from node.ebms.header_reader import collapse, read_messaging
from node.ebms.header_writer import write_messaging
from node.ebms.message import Messaging, PartyId, Receipt, SignedTransform
from node.ebms.namespaces import DEFAULT_MPC, DS, EB, EBBP, EC, S12, WSU
from tests.ebms.headers import ERROR, LARGEST, PULL_REQUEST, RECEIPT, SHA256, SMALLEST, exclusive, messaging_of

MESSAGE_ID = "4f0c1b7e@node-a.example"
NAMESPACES = f'xmlns:eb="{EB}" xmlns:S12="{S12}" xmlns:wsu="{WSU}" xmlns:ebbp="{EBBP}" xmlns:ds="{DS}" xmlns:ec="{EC}"'
SMALL = write_messaging(messaging_of(SMALLEST), "_msg-1").decode()
LARGE = write_messaging(messaging_of(LARGEST), "_msg-1").decode()
RECEIVED = write_messaging(messaging_of(RECEIPT), "_msg-1").decode()
FAILED = write_messaging(messaging_of(ERROR), "_msg-1").decode()
BUNDLED = write_messaging(Messaging(SMALLEST, (ERROR,)), "_msg-1").decode()
PULLING = write_messaging(messaging_of(PULL_REQUEST), "_msg-1").decode()


def changed(base: str, before: str, after: str, count: int = 1) -> bytes:
    """The octets with one thing changed, which must be there to be changed."""
    assert before in base
    return base.replace(before, after, count).encode()


def signals(*content: str) -> bytes:
    """An eb:Messaging of signals, each with its MessageInfo."""
    info = "<eb:MessageInfo><eb:Timestamp>2026-01-05T09:30:00Z</eb:Timestamp><eb:MessageId>77@b.example</eb:MessageId></eb:MessageInfo>"
    units = "".join(f"<eb:SignalMessage>{info}{one}</eb:SignalMessage>" for one in content)
    return f"<eb:Messaging {NAMESPACES}>{units}</eb:Messaging>".encode()


def receipt(*parts: str) -> bytes:
    content = "".join(f"<ebbp:MessagePartNRInformation>{part}</ebbp:MessagePartNRInformation>" for part in parts)
    return signals(f"<eb:Receipt><ebbp:NonRepudiationInformation>{content}</ebbp:NonRepudiationInformation></eb:Receipt>")


def reference(transforms: str = "", value: str = "AAEC", uri: str = 'URI="#a"') -> str:
    method = f'<ds:DigestMethod Algorithm="{SHA256}"/>'
    return f"<ds:Reference {uri}>{transforms}{method}<ds:DigestValue>{value}</ds:DigestValue></ds:Reference>"


def read_receipt(octets: bytes) -> Receipt:
    found = read_messaging(octets).signal_messages[0].receipt
    assert found is not None
    return found


# -- values --------------------------------------------------------------------------------------------------------------


WHITE_SPACE = [
    # (where, what is written, what is read)
    ("<eb:PartyId>urn:tw<", "<eb:PartyId> urn:tw\n<", lambda m: m.from_party.party_ids[0].value, " urn:tw\n"),
    ("<eb:Role>urn:role:sender<", "<eb:Role>\turn:role:sender<", lambda m: m.from_party.role, "\turn:role:sender"),
    ("<eb:Service>urn:service<", "<eb:Service>urn:service <", lambda m: m.collaboration_info.service.value, "urn:service "),
    ("<eb:MessageId>4", "<eb:MessageId> 4", lambda m: m.message_info.message_id, f" {MESSAGE_ID}"),
    ("<eb:Action>Submit<", "<eb:Action>\n  Submit \t it <", lambda m: m.collaboration_info.action, "Submit it"),
    ("<eb:ConversationId><", "<eb:ConversationId> \n 7 <", lambda m: m.collaboration_info.conversation_id, "7"),
    ("<eb:ConversationId><", "<eb:ConversationId> <", lambda m: m.collaboration_info.conversation_id, ""),
    ("<eb:UserMessage>", '<eb:UserMessage mpc=" urn:m ">', lambda m: m.mpc, "urn:m"),
]


@pytest.mark.parametrize(("before", "after", "value", "read"), WHITE_SPACE)
def test_white_space_is_kept_in_strings_and_collapsed_in_tokens(before: str, after: str, value: object, read: str) -> None:
    message = read_messaging(changed(SMALL, before, after)).user_message
    assert value(message) == read  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("", ""),
        ("a", "a"),
        (" a ", "a"),
        ("a \t\r\n b", "a b"),
        # XML knows four spaces; these are others.
        ("\u00a0a\u2003b\u00a0", "\u00a0a\u2003b\u00a0"),
        ("\x85 a\u2028", "\x85 a\u2028"),
    ],
)
def test_only_the_white_space_of_xml_is_collapsed(text: str, token: str) -> None:
    assert collapse(text) == token


@pytest.mark.parametrize("written", ["", ' mpc=""', ' mpc=" "', f' mpc="{DEFAULT_MPC}"'])
def test_the_default_channel_is_meant_by_saying_nothing(written: str) -> None:
    message = read_messaging(changed(SMALL, "<eb:UserMessage>", f"<eb:UserMessage{written}>")).user_message
    assert message is not None
    assert message.mpc == DEFAULT_MPC


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-01-05T09:30:00",
        "2026-01-05T09:30:00Z",
        "2026-01-05T17:30:00+08:00",
        "2026-01-05T09:30:00.1234567Z",
        "2028-02-29T23:59:59-14:00",
        "2026-01-05T24:00:00Z",
        "0001-01-01T00:00:00Z",
        "2126-01-05T09:30:00Z",
    ],
)
def test_a_timestamp_is_kept_as_it_was_written(timestamp: str) -> None:
    message = read_messaging(changed(SMALL, "2026-01-05T09:30:00.123Z", f"\n{timestamp} ")).user_message
    assert message is not None
    assert message.message_info.timestamp == timestamp


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "yesterday",
        "2026-01-05",
        "2026-01-05 09:30:00Z",
        "2026-01-05T09:30Z",
        "2026-01-05T09:30:60Z",
        "2026-01-05T24:00:01Z",
        "2026-02-30T09:30:00Z",
        "2027-02-29T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-05T09:30:00.Z",
        "2026-01-05T09:30:00+14:01",
        "2026-01-05T09:30:00+0800",
        "2026-01-05T09:30:00z",
        "\uff12\uff10\uff12\uff16-01-05T09:30:00Z",
    ],
)
def test_a_timestamp_that_is_no_date_time_is_refused(timestamp: str) -> None:
    with pytest.raises(EbmsError) as refused:
        read_messaging(changed(SMALL, "2026-01-05T09:30:00.123Z", timestamp))
    assert refused.value.definition is InvalidHeader
    assert refused.value.ref_to_message_id == MESSAGE_ID


def test_a_value_is_whole_whatever_it_is_written_with() -> None:
    message = read_messaging(changed(SMALL, ">urn:tw<", ">a<![CDATA[<b>]]>&#x1F6C3;&amp;<")).user_message
    assert message is not None
    assert message.from_party.party_ids == (PartyId("a<b>\U0001f6c3&"),)


@pytest.mark.parametrize("inside", ["<!--x-->", "<?x?>", "<eb:x/>"])
@pytest.mark.parametrize("place", ["<eb:PartyId>urn:", "<eb:MessageId>4f", "<eb:Action>Sub", "<eb:ConversationId>"])
def test_a_value_is_never_cut_at_what_stands_inside_it(place: str, inside: str) -> None:
    with pytest.raises(EbmsError) as refused:
        read_messaging(changed(SMALL, place, place + inside))
    assert refused.value.definition is InvalidHeader


def test_other_prefixes_mean_the_same() -> None:
    assert read_messaging(
        SMALL.replace("eb:", "").replace("xmlns:eb", "xmlns").replace("xmlns:=", "xmlns=").encode()
    ) == read_messaging(SMALL.encode())


def test_extensions_of_other_namespaces_are_passed_over() -> None:
    assert read_messaging(changed(SMALL, "</eb:Messaging>", '<o:x xmlns:o="urn:o"/></eb:Messaging>')) == messaging_of(SMALLEST)


# -- refusals ------------------------------------------------------------------------------------------------------------


REFUSALS = [
    # (what, octets, error, MessageId that the error refers to)
    ("no XML", b"eb:Messaging", InvalidHeader, None),
    ("a DTD", b"<!DOCTYPE x><x/>", InvalidHeader, None),
    ("another element", changed(SMALL, "eb:Messaging", "eb:Message", 2), InvalidHeader, MESSAGE_ID),
    ("no message unit", signals(), InvalidHeader, None),
    ("an unknown unit", changed(SMALL, "eb:UserMessage", "eb:Unheard", 2), InvalidHeader, None),
    ("two user messages", changed(SMALL, "</eb:Messaging>", "<eb:UserMessage/></eb:Messaging>"), BundlingError, MESSAGE_ID),
    ("no MessageId", changed(SMALL, f"<eb:MessageId>{MESSAGE_ID}</eb:MessageId>", ""), InvalidHeader, None),
    ("an empty MessageId", changed(SMALL, f">{MESSAGE_ID}<", "><"), InvalidHeader, None),
    ("two MessageIds", changed(SMALL, "<eb:MessageId>", "<eb:MessageId>x</eb:MessageId><eb:MessageId>"), InvalidHeader, None),
    ("an empty RefToMessageId", changed(LARGE, ">0@b.example<", "><"), InvalidHeader, "1@a.example"),
    ("no PartyInfo", re.sub("<eb:PartyInfo>.*</eb:PartyInfo>", "", SMALL).encode(), InvalidHeader, MESSAGE_ID),
    ("no To", re.sub("<eb:To>.*</eb:To>", "", SMALL).encode(), InvalidHeader, MESSAGE_ID),
    ("two Froms", changed(SMALL, "<eb:From>", "<eb:From/><eb:From>"), InvalidHeader, MESSAGE_ID),
    ("no PartyId", changed(SMALL, "<eb:PartyId>urn:tw</eb:PartyId>", ""), InvalidHeader, MESSAGE_ID),
    ("an empty PartyId", changed(SMALL, ">urn:tw<", "><"), InvalidHeader, MESSAGE_ID),
    ("no Role", changed(SMALL, "<eb:Role>urn:role:sender</eb:Role>", ""), InvalidHeader, MESSAGE_ID),
    ("two Roles", changed(SMALL, "<eb:Role>urn:role:sender", "<eb:Role>x</eb:Role><eb:Role>y"), InvalidHeader, MESSAGE_ID),
    ("two PartyIds of one type", changed(LARGE, 'type="urn:duns"', 'type="urn:country"'), ValueInconsistent, "1@a.example"),
    (
        "two PartyIds without type",
        changed(SMALL, "<eb:PartyId>", "<eb:PartyId>urn:x</eb:PartyId><eb:PartyId>"),
        ValueInconsistent,
        MESSAGE_ID,
    ),
    ("no Service", changed(SMALL, "<eb:Service>urn:service</eb:Service>", ""), InvalidHeader, MESSAGE_ID),
    ("no ConversationId", changed(SMALL, "<eb:ConversationId></eb:ConversationId>", ""), InvalidHeader, MESSAGE_ID),
    ("two Actions", changed(SMALL, "<eb:Action>", "<eb:Action>x</eb:Action><eb:Action>"), InvalidHeader, MESSAGE_ID),
    ("a message bundled with a signal", changed(BUNDLED, ">urn:tw<", "><"), InvalidHeader, MESSAGE_ID),
    ("a signal bundled with a message", changed(BUNDLED, ' errorCode="EBMS:0003"', ""), InvalidHeader, MESSAGE_ID),
    ("a Property without name", changed(LARGE, ' name="finalRecipient"', ""), InvalidHeader, "1@a.example"),
    ("an empty Property", changed(LARGE, ">C4<", "><"), InvalidHeader, "1@a.example"),
    (
        "a Property that is none",
        changed(LARGE, "<eb:MessageProperties>", "<eb:MessageProperties><eb:x name='n'>v</eb:x>"),
        InvalidHeader,
        "1@a.example",
    ),
    ("a PartInfo that is none", changed(LARGE, "<eb:PayloadInfo>", "<eb:PayloadInfo><eb:x/>"), InvalidHeader, "1@a.example"),
    ("an unknown child of PartInfo", changed(LARGE, "<eb:Schema", "<eb:x/><eb:Schema"), InvalidHeader, "1@a.example"),
    ("a Schema without location", changed(LARGE, ' location="urn:schema"', ""), InvalidHeader, "1@a.example"),
    (
        "an unknown child of UserMessage",
        changed(SMALL, "</eb:UserMessage>", "<eb:x/></eb:UserMessage>"),
        InvalidHeader,
        MESSAGE_ID,
    ),
    (
        "a signal without MessageInfo",
        b"<eb:Messaging %b><eb:SignalMessage/></eb:Messaging>" % NAMESPACES.encode(),
        InvalidHeader,
        None,
    ),
    ("a signal that signals nothing", signals(""), InvalidHeader, "77@b.example"),
    ("a signal of another specification", signals('<o:x xmlns:o="urn:o"/>'), FeatureNotSupported, "77@b.example"),
    ("an unknown signal of eb", signals("<eb:Nack/>"), InvalidHeader, "77@b.example"),
    ("two pull requests", signals("<eb:PullRequest/>", "<eb:PullRequest/>"), BundlingError, "77@b.example"),
    ("two pull requests in one signal", signals("<eb:PullRequest/><eb:PullRequest/>"), InvalidHeader, "77@b.example"),
    (
        "a selective pull request",
        signals("<eb:PullRequest><eb:Action>x</eb:Action></eb:PullRequest>"),
        FeatureNotSupported,
        "77@b.example",
    ),
    (
        "two receipts",
        changed(RECEIVED, "</eb:Messaging>", RECEIVED[RECEIVED.index("<eb:Sig") :]),
        BundlingError,
        "77aa@node-b.example",
    ),
    (
        "errors in two signals",
        changed(FAILED, "</eb:Messaging>", FAILED[FAILED.index("<eb:Sig") :]),
        BundlingError,
        "77aa@node-b.example",
    ),
    ("an error without code", signals('<eb:Error severity="failure"/>'), InvalidHeader, "77@b.example"),
    ("an error without severity", signals('<eb:Error errorCode="EBMS:0004"/>'), InvalidHeader, "77@b.example"),
    (
        "an unknown child of Error",
        signals('<eb:Error errorCode="e" severity="s"><eb:x/></eb:Error>'),
        InvalidHeader,
        "77@b.example",
    ),
    ("an empty receipt", signals("<eb:Receipt/>"), InvalidReceipt, "77@b.example"),
    (
        "a receipt of two proofs",
        signals(f"<eb:Receipt>{'<ebbp:NonRepudiationInformation/>' * 2}</eb:Receipt>"),
        InvalidReceipt,
        "77@b.example",
    ),
    ("a proof of nothing", receipt(), InvalidReceipt, "77@b.example"),
    ("a part without reference", receipt(""), InvalidReceipt, "77@b.example"),
    ("a part of two references", receipt(reference() * 2), InvalidReceipt, "77@b.example"),
    (
        "a part named by identifier",
        receipt("<ebbp:MessagePartIdentifier>a</ebbp:MessagePartIdentifier>"),
        InvalidReceipt,
        "77@b.example",
    ),
    (
        "a part with identifier and reference",
        receipt(f"<ebbp:MessagePartIdentifier>a</ebbp:MessagePartIdentifier>{reference()}"),
        InvalidReceipt,
        "77@b.example",
    ),
    ("a reference without URI", receipt(reference(uri="")), InvalidReceipt, "77@b.example"),
    (
        "a reference without digest",
        receipt('<ds:Reference URI="#a"><ds:DigestMethod Algorithm="x"/></ds:Reference>'),
        InvalidReceipt,
        "77@b.example",
    ),
    ("a digest that is no base64", receipt(reference(value="A-_C")), InvalidReceipt, "77@b.example"),
    ("a digest with too little padding", receipt(reference(value="AAE")), InvalidReceipt, "77@b.example"),
    ("a digest with octets after the padding", receipt(reference(value="AA==AA==")), InvalidReceipt, "77@b.example"),
    ("a digest with spare bits", receipt(reference(value="AAF=")), InvalidReceipt, "77@b.example"),
    ("a digest with a child", receipt(reference(value="AAEC<ds:x/>")), InvalidReceipt, "77@b.example"),
    ("a digest outside ASCII", receipt(reference(value="\uff21\uff21\uff21\uff21")), InvalidReceipt, "77@b.example"),
    ("a transform that is none", receipt(reference("<ds:Transforms><ds:x/></ds:Transforms>")), InvalidReceipt, "77@b.example"),
    (
        "a transform with an XPath",
        receipt(reference("<ds:Transforms><ds:Transform><ds:XPath>1</ds:XPath></ds:Transform></ds:Transforms>")),
        InvalidReceipt,
        "77@b.example",
    ),
]


@pytest.mark.parametrize(("octets", "definition", "message_id"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_refusal_has_its_error_and_names_the_message(
    octets: bytes, definition: ErrorDefinition, message_id: str | None
) -> None:
    with pytest.raises(EbmsError) as refused:
        read_messaging(octets)
    assert (refused.value.definition, refused.value.ref_to_message_id) == (definition, message_id)


@pytest.mark.parametrize(
    ("before", "after"),
    [("<eb:PartyId>urn:tw<", "<eb:PartyId>TW<"), ("<eb:Service>urn:service<", "<eb:Service>Sales<")],
)
def test_a_value_without_type_must_be_a_uri_only_where_it_is_asked_for(before: str, after: str) -> None:
    octets = changed(SMALL, before, after)
    assert read_messaging(octets).user_message is not None
    with pytest.raises(EbmsError) as refused:
        read_messaging(octets, strict=True)
    assert (refused.value.definition, refused.value.ref_to_message_id) == (ValueInconsistent, MESSAGE_ID)


def test_the_strict_reader_accepts_types_and_uris() -> None:
    for written in (SMALL, LARGE, RECEIVED):
        assert read_messaging(written.encode(), strict=True) == read_messaging(written.encode())


# -- signals -------------------------------------------------------------------------------------------------------------


def test_signals_of_different_kinds_and_a_user_message_may_come_together() -> None:
    messaging = Messaging(SMALLEST, (RECEIPT, PULL_REQUEST, ERROR))
    assert read_messaging(write_messaging(messaging, "_msg-1")) == messaging


def test_one_signal_may_hold_a_receipt_and_warnings() -> None:
    content = RECEIVED[RECEIVED.index("<eb:Receipt>") : RECEIVED.index("</eb:SignalMessage>")]
    (signal,) = read_messaging(signals(content + '<eb:Error errorCode="EBMS:0002" severity="warning"/>' * 2)).signal_messages
    assert signal.receipt == RECEIPT.receipt
    assert [error.code for error in signal.errors] == ["EBMS:0002", "EBMS:0002"]


def test_an_error_is_read_whatever_its_form() -> None:
    odd = '<eb:Error errorCode=" EBMS:9999 " severity="fatal" category="CONTENT"><eb:Description xml:lang=""/><eb:ErrorDetail> a\nb </eb:ErrorDetail></eb:Error>'
    (error,) = read_messaging(signals(odd)).signal_messages[0].errors
    assert (error.code, error.severity, error.category, error.error_detail) == ("EBMS:9999", "fatal", "CONTENT", " a\nb ")
    assert error.description is not None
    assert (error.description.text, error.description.lang) == ("", "")
    (bare,) = (
        read_messaging(signals('<eb:Error errorCode="e" severity="s"><eb:Description>x</eb:Description></eb:Error>'))
        .signal_messages[0]
        .errors
    )
    assert bare.description is not None
    assert (bare.description.text, bare.description.lang) == ("x", "")


def test_a_receipt_keeps_each_reference_in_canonical_form_on_its_own() -> None:
    transforms = f'<ds:Transforms><ds:Transform Algorithm="{EC}"><ec:InclusiveNamespaces PrefixList="S12 #default"/></ds:Transform></ds:Transforms>'
    octets = receipt(reference(transforms, " AA\nEC "))
    (found,) = read_receipt(octets).non_repudiation or ()
    assert (found.uri, found.digest_method, found.digest) == ("#a", SHA256, b"\x00\x01\x02")
    assert found.transforms == (SignedTransform(EC, ("S12", "#default")),)
    assert found.octets == exclusive(next(etree.fromstring(octets).iter(f"{{{DS}}}Reference")))
    assert found.octets.startswith(b'<ds:Reference xmlns:ds="')


def test_a_receipt_that_the_core_allows_and_as4_does_not_is_read_as_proof_of_nothing() -> None:
    assert read_receipt(signals('<eb:Receipt><o:thing xmlns:o="urn:o"/></eb:Receipt>')) == Receipt(None)


def test_what_a_product_adds_to_a_receipt_changes_nothing() -> None:
    added = RECEIVED.replace("</eb:Receipt>", '<o:product xmlns:o="urn:o" version="1"/></eb:Receipt>')
    assert read_messaging(added.encode()) == messaging_of(RECEIPT)


# -- whatever comes ------------------------------------------------------------------------------------------------------


def read_or_refuse(octets: bytes) -> Messaging | None:
    try:
        return read_messaging(octets)
    except EbmsError:
        return None


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    read_or_refuse(octets)


@given(
    st.sampled_from([SMALL, LARGE, RECEIVED, FAILED, PULLING]),
    st.lists(
        st.tuples(
            st.integers(0, 4000),
            st.integers(0, 30),
            st.sampled_from([b"", b"<", b">", b"/", b"eb:", b"x", b"&", b'"', b"<eb:x/>"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_damaged_octets_are_read_or_refused(base: str, cuts: list[tuple[int, int, bytes]]) -> None:
    octets = base.encode()
    for at, length, instead in cuts:
        start = at % (len(octets) + 1)
        octets = octets[:start] + instead + octets[start + length :]
    read_or_refuse(octets)


@settings(max_examples=200)
@given(st.sampled_from([SMALL, LARGE, RECEIVED, FAILED, PULLING]), st.data())
def test_elements_in_any_place_are_read_or_refused(base: str, data: st.DataObject) -> None:
    root = etree.fromstring(base)
    for _ in range(data.draw(st.integers(1, 3))):
        elements = list(root.iter())
        moved, into = data.draw(st.sampled_from(elements)), data.draw(st.sampled_from(elements))
        if moved is not root and into not in moved.iter():
            into.insert(data.draw(st.integers(0, len(into))), moved)
    messaging = read_or_refuse(exclusive(root))
    # What was read is no more than what is written again.
    if messaging is not None and not proves_nothing(messaging):
        assert read_messaging(write_messaging(messaging, "_msg-1")) == messaging


def proves_nothing(messaging: Messaging) -> bool:
    """Whether it holds a receipt that can be read, and that nobody would write."""
    return any(signal.receipt == Receipt(None) for signal in messaging.signal_messages)


# -- captures ------------------------------------------------------------------------------------------------------------

CAPTURES = Path(__file__).parents[1] / "vectors" / "phase4-live"
ENVELOPE = re.compile(rb"<((?:[\w.-]+:)?)Envelope[\s>].*?</\1Envelope\s*>", re.DOTALL)


def captured(name: str) -> Messaging:
    found = ENVELOPE.search((CAPTURES / name).read_bytes())
    assert found
    (messaging,) = etree.fromstring(found[0]).iter(f"{{{EB}}}Messaging")
    return read_messaging(canonicalize(messaging))


def test_a_captured_user_message_is_read() -> None:
    message = captured("message-properties/request.body").user_message
    assert message is not None
    written = (CAPTURES / "message-properties/request.body").read_bytes()
    for value in (message.message_info.message_id, message.from_party.role, message.collaboration_info.action):
        assert f">{value}</".encode() in written
    assert [one.name for one in message.message_properties]
    assert all(
        f'name="{one.name}"'.encode() in written and f">{one.value}</".encode() in written for one in message.message_properties
    )


def test_a_captured_receipt_refers_to_its_message() -> None:
    message = captured("sign-encrypt/request.body").user_message
    (signal,) = captured("sign-encrypt/response.body").signal_messages
    assert message is not None
    assert signal.message_info.ref_to_message_id == message.message_info.message_id
    assert signal.receipt is not None
    assert signal.receipt.non_repudiation
    assert {one.uri for one in signal.receipt.non_repudiation if one.uri.startswith("cid:")} == {
        one.href for one in message.payload_info
    }


def test_every_capture_is_read() -> None:
    bodies = [file for file in sorted(CAPTURES.rglob("*.body")) if ENVELOPE.search(file.read_bytes())]
    assert len(bodies) > 60
    for body in bodies:
        messaging = captured(str(body.relative_to(CAPTURES)))
        # phase4 wraps the user message in an element of its own when it acknowledges an unsigned one.
        assert not proves_nothing(messaging)
        assert read_messaging(write_messaging(messaging, "_msg-1")) == messaging
