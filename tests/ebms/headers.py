"""Header values for tests: one of everything, and hypothesis strategies for anything that a header can say."""

import re
from base64 import b64encode

from hypothesis import strategies as st
from lxml import etree

from node.ebms.message import (
    AgreementRef,
    CollaborationInfo,
    Description,
    ErrorReport,
    MessageInfo,
    Messaging,
    PartInfo,
    Party,
    PartyId,
    Property,
    PullRequest,
    Receipt,
    SchemaRef,
    Service,
    SignalMessage,
    SignedReference,
    SignedTransform,
    UserMessage,
)
from node.ebms.namespaces import DEFAULT_MPC, DS, EB, EC

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
CONTENT = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"


def exclusive(element: etree._Element) -> bytes:
    """lxml's exclusive canonical form: the second opinion on what is canonical."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def reference(
    uri: str,
    digest: bytes = b"d" * 32,
    method: str = SHA256,
    transforms: tuple[SignedTransform, ...] = (SignedTransform(CONTENT),),
    prefix: str | None = "ds",
) -> SignedReference:
    """A ds:Reference made by lxml alone."""
    root = etree.Element(f"{{{DS}}}Reference", {"URI": uri}, nsmap={prefix: DS})
    if transforms:
        written = etree.SubElement(root, f"{{{DS}}}Transforms")
        for one in transforms:
            transform = etree.SubElement(written, f"{{{DS}}}Transform", Algorithm=one.algorithm)
            if one.prefix_list:
                names = " ".join(one.prefix_list)
                etree.SubElement(transform, f"{{{EC}}}InclusiveNamespaces", {"PrefixList": names}, nsmap={"ec": EC})
    etree.SubElement(root, f"{{{DS}}}DigestMethod", Algorithm=method)
    etree.SubElement(root, f"{{{DS}}}DigestValue").text = b64encode(digest).decode()
    return SignedReference(uri, method, digest, transforms, exclusive(root))


def octets_of_user_message(written: bytes, prefix: str | None = "eb") -> bytes:
    """The canonical octets of the eb:UserMessage in these octets of eb:Messaging, under another prefix."""
    user_message = etree.fromstring(written).find(f"{{{EB}}}UserMessage")
    apex = etree.Element(f"{{{EB}}}UserMessage", dict(user_message.attrib), nsmap={prefix: EB})
    apex.extend(list(user_message))
    etree.cleanup_namespaces(apex)
    return exclusive(apex)


def messaging_of(content: UserMessage | SignalMessage) -> Messaging:
    if isinstance(content, UserMessage):
        return Messaging(user_message=content)
    return Messaging(signal_messages=(content,))


INFO = MessageInfo("2026-01-05T09:30:00.123Z", "4f0c1b7e@node-a.example")
REPLY = MessageInfo("2026-01-05T09:30:01Z", "77aa@node-b.example", "4f0c1b7e@node-a.example")

#: Only what every user message has.
SMALLEST = UserMessage(
    message_info=INFO,
    from_party=Party((PartyId("urn:tw"),), "urn:role:sender"),
    to_party=Party((PartyId("urn:xx"),), "urn:role:receiver"),
    collaboration_info=CollaborationInfo(Service("urn:service"), "Submit", ""),
)

#: Everything that a user message may have.
LARGEST = UserMessage(
    message_info=MessageInfo("2026-01-05T17:30:00+08:00", "1@a.example", "0@b.example"),
    from_party=Party((PartyId("TW", "urn:country"), PartyId("87654321", "urn:duns")), "http://example.org/sender"),
    to_party=Party((PartyId("XX", "urn:country"),), "http://example.org/receiver"),
    collaboration_info=CollaborationInfo(
        Service("co", "urn:services"), "SubmitCertificate", "conversation 7", AgreementRef("urn:agreement", "t", "pmode-1")
    ),
    message_properties=(Property("originalSender", "C1", "string"), Property("finalRecipient", "C4")),
    payload_info=(
        PartInfo(
            "cid:p1@a.example",
            (Property("MimeType", "application/xml"), Property("CompressionType", "application/gzip", "token")),
            SchemaRef("urn:schema", "1.0", "urn:namespace"),
            Description("Ursprungszeugnis", "de"),
        ),
        PartInfo("cid:p2@a.example"),
    ),
    mpc="urn:mpc:1",
)

RECEIPT = SignalMessage(
    REPLY,
    receipt=Receipt(
        (
            reference("#_body-1", b"b" * 32, transforms=(SignedTransform(EC),)),
            reference("#_msg-1", b"m" * 32, transforms=(SignedTransform(EC, ("S12", "wsu")),)),
            reference("cid:p1@a.example", b"p" * 32),
        )
    ),
)
PULL_REQUEST = SignalMessage(INFO, pull_request=PullRequest("urn:mpc:1"))
ERROR = SignalMessage(
    REPLY,
    errors=(
        ErrorReport(
            code="EBMS:0003",
            severity="failure",
            short_description="ValueInconsistent",
            category="Content",
            origin="ebMS",
            ref_to_message_in_error="4f0c1b7e@node-a.example",
            description=Description("two\nlines", "en"),
            error_detail="detail",
        ),
        ErrorReport("EBMS:0004", "warning"),
    ),
)


# -- anything ----------------------------------------------------------------------------------------------------------

# spec: XML 1.0 2.2
characters = st.characters(exclude_categories=["Cs"], min_codepoint=0x20, exclude_characters="\ufffe\uffff") | st.sampled_from(
    "\t\n\r &<>\"']"
)
texts = st.text(characters, max_size=12)
values = st.text(characters, min_size=1, max_size=12)
tokens = texts.map(lambda text: re.sub("[ \t\r\n]+", " ", text).strip(" "))
names = tokens.filter(bool)

zones = st.sampled_from(["", "Z", "+08:00", "-11:30", "+14:00"])
timestamps = st.builds(lambda at, zone: at.isoformat() + zone, st.datetimes(), zones)
infos = st.builds(MessageInfo, timestamps, values, st.none() | values)
parties = st.builds(
    Party,
    st.lists(st.builds(PartyId, values, st.none() | values), min_size=1, max_size=3, unique_by=lambda one: one.type).map(tuple),
    values,
)
properties = st.lists(st.builds(Property, values, values, st.none() | values), max_size=3).map(tuple)
descriptions = st.builds(Description, texts, tokens)
channels = st.just(DEFAULT_MPC) | names
parts = st.builds(
    PartInfo,
    st.none() | tokens,
    properties,
    st.none() | st.builds(SchemaRef, tokens, st.none() | values, st.none() | values),
    st.none() | descriptions,
)
user_messages = st.builds(
    UserMessage,
    infos,
    parties,
    parties,
    st.builds(
        CollaborationInfo,
        st.builds(Service, values, st.none() | values),
        tokens,
        tokens,
        st.none() | st.builds(AgreementRef, values, st.none() | values, st.none() | values),
    ),
    properties,
    st.lists(parts, max_size=3).map(tuple),
    channels,
)
transforms = st.builds(SignedTransform, values, st.lists(st.from_regex("[a-z]{1,4}", fullmatch=True), max_size=2).map(tuple))
# Prefixes of which some are those that eb:Messaging has already given to other namespaces.
references = st.builds(
    reference,
    values,
    st.binary(max_size=64),
    values,
    st.lists(transforms, max_size=2).map(tuple),
    st.sampled_from(["ds", None, "eb", "S12", "wsu", "ebbp", "dsig"]),
)
errors = st.builds(
    ErrorReport,
    names,
    names,
    st.none() | tokens,
    st.none() | tokens,
    st.none() | tokens,
    st.none() | tokens,
    st.none() | descriptions,
    st.none() | texts,
)
signals = st.tuples(
    st.none() | st.builds(SignalMessage, infos, st.lists(references, min_size=1, max_size=3).map(tuple).map(Receipt)),
    st.none() | st.builds(SignalMessage, infos, st.none(), st.builds(PullRequest, channels)),
    st.none() | st.builds(SignalMessage, infos, st.none(), st.none(), st.lists(errors, min_size=1, max_size=2).map(tuple)),
).map(lambda found: tuple(signal for signal in found if signal is not None))
messagings = st.builds(Messaging, st.none() | user_messages, signals).filter(lambda one: one.user_message or one.signal_messages)
