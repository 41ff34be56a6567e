"""SOAP around ebMS: the envelope taken apart by position, and envelopes and faults written as canonical octets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from node.ebms import header_reader
from node.ebms.errors import EbmsError, FailedAuthentication, InvalidHeader, MimeInconsistency, SoapFault
from node.ebms.namespaces import DS, DSIG11, EB, MF, S11, S12, SOAP_11, SOAP_12, WSSE, WSU, XENC, XENC11, XML
from node.ebms.schema import check_schema
from node.ebms.xml import Element, XmlRefused, parse_xml

_WHITE_SPACE: Final = " \t\r\n"
_SOAP: Final = {"1.2": S12, "1.1": S11}
_MEDIA_TYPES: Final = {"1.2": SOAP_12, "1.1": SOAP_11}
_ENVELOPES: Final = {f"{{{S12}}}Envelope": "1.2", f"{{{S11}}}Envelope": "1.1"}
_MESSAGING: Final = f"{{{EB}}}Messaging"
_SECURITY: Final = f"{{{WSSE}}}Security"
_FRAGMENT: Final = f"{{{MF}}}MessageFragment"
#: Which attribute names the target of a header block.
_TARGET: Final = {"1.2": f"{{{S12}}}role", "1.1": f"{{{S11}}}actor"}
_MUST_UNDERSTAND: Final = {"1.2": f"{{{S12}}}mustUnderstand", "1.1": f"{{{S11}}}mustUnderstand"}
#: The targets that this node acts as. An MSH is a next MSH as well (P2 2.4.2), whether or not a hub stands between.
_OURS: Final = frozenset(
    {
        "",
        # spec: SOAP 1.2 2.2
        f"{S12}/role/next",
        f"{S12}/role/ultimateReceiver",
        # spec: SOAP 1.1 4.2.2
        "http://schemas.xmlsoap.org/soap/actor/next",
        "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/part2/200811/nextmsh",
    }
)
#: spec: C 7.10.1, the target of the token that authorises a pull
_PULL_TARGET: Final = "ebms"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP envelope with one eb:Messaging for us; elements are those that stand at the places SOAP gives them, wherever else their like may stand."""

    soap_version: str
    root: Element = field(repr=False)
    header: Element = field(repr=False)
    body: Element = field(repr=False)
    #: The one eb:Messaging for us; valid against the schema.
    messaging: Element = field(repr=False)
    #: The one wsse:Security for us.
    security: Element | None = field(default=None, repr=False)
    #: The wsse:Security with the role `ebms`, which may authorise a pull.
    pull_security: Element | None = field(default=None, repr=False)

    @property
    def ids(self) -> Mapping[str, Element]:
        """Each id that a signature or an encryption may refer to; none occurs twice. Made anew at each call."""
        return _index(self.root, self.messaging)


def open_envelope(octets: bytes, media_type: str | None = None) -> Envelope:
    """An ebMS message taken apart by position; nothing of it is verified.

    `media_type` is that of the part or of the HTTP body, with or without parameters. Raises SoapFault for what is no ebMS message for us, and
    EbmsError InvalidHeader, FailedAuthentication (ambiguous ids, two wsse:Security) or MimeInconsistency with the MessageId where it can be read.
    """
    try:
        root = parse_xml(octets)
    except XmlRefused as refused:
        raise SoapFault("Sender", f"root part: {refused}") from None
    version = _soap_version(root)
    header, body = _header_and_body(root, version)
    messagings, securities, pull_securities = _sort_blocks(header, version)
    if not messagings:
        raise SoapFault("Sender", f"no eb:Messaging for this node{_fault_told(body, version)}")
    envelope = Envelope(
        version, root, header, body, messagings[0], *[found[0] if found else None for found in (securities, pull_securities)]
    )
    try:
        # spec: C 5.2.1
        if len(messagings) > 1:
            raise EbmsError(InvalidHeader, f"{len(messagings)} eb:Messaging headers, exactly 1 is read")
        # spec: SMS 5, one for each target
        if len(securities) > 1 or len(pull_securities) > 1:
            raise EbmsError(
                FailedAuthentication, f"{len(securities) + len(pull_securities)} wsse:Security headers for one target"
            )
        if media_type is not None:
            _check_media_type(media_type, version)
        _check_ids(envelope)
        check_schema(envelope.messaging)
    except EbmsError as error:
        error.ref_to_message_id = error.ref_to_message_id or message_id_of(envelope)
        raise
    return envelope


def message_id_of(envelope: Envelope) -> str | None:
    """The eb:MessageId as written, unverified, for error reports; None where there is none to read."""
    return header_reader.message_id_of(envelope.messaging)


# -- by position -----------------------------------------------------------------------------------------------------


def _soap_version(root: Element) -> str:
    version = _ENVELOPES.get(str(root.tag))
    if version is None:
        name = f"{str(root.tag)[:200]}"
        # spec: SOAP 1.2 5.4.7
        if name.endswith("}Envelope"):
            raise SoapFault("VersionMismatch", f"{name} is of no SOAP version that is known here", http_status=500)
        raise SoapFault("Sender", f"{name} is no SOAP envelope")
    return version


def _header_and_body(root: Element, version: str) -> tuple[Element, Element]:
    # spec: SOAP 1.2 5.1, SOAP 1.1 4
    soap = _SOAP[version]
    tags = [child.tag for child in root]
    if tags == [f"{{{soap}}}Body"]:
        raise SoapFault("Sender", f"no SOAP Header{_fault_told(root[0], version)}")
    if tags != [f"{{{soap}}}Header", f"{{{soap}}}Body"]:
        raise SoapFault("Sender", f"Envelope: its children are {[_short(tag) for tag in tags[:10]]}, not Header and Body")
    header, body = root
    _only_white_space(root)
    _only_white_space(header)
    return header, body


def _only_white_space(element: Element) -> None:
    """Between the children stands nothing that could be read."""
    if element.text and element.text.strip(_WHITE_SPACE):
        raise SoapFault("Sender", f"{_short(element.tag)}: text where only elements may stand")
    for child in element:
        if child.tail and child.tail.strip(_WHITE_SPACE):
            raise SoapFault("Sender", f"{_short(element.tag)}: text after {_short(child.tag)}")


def _sort_blocks(header: Element, version: str) -> tuple[list[Element], list[Element], list[Element]]:
    """The eb:Messaging, the wsse:Security and the pull wsse:Security that are for us; mandatory others are refused."""
    messagings, securities, pull_securities = [], [], []
    target_name = _TARGET[version]
    for block in header:
        target = block.get(target_name, "").strip(_WHITE_SPACE)
        if target not in _OURS:
            if target == _PULL_TARGET and block.tag == _SECURITY:
                pull_securities.append(block)
        elif block.tag == _MESSAGING:
            # spec: C 5.2.1 wants mustUnderstand; it is not missed, since we understand it anyway (phase4 issue 328).
            messagings.append(block)
        elif block.tag == _SECURITY:
            securities.append(block)
        # A fragment must not be taken for a message, whatever its mustUnderstand says (P2 4.5.1 fixes it to true).
        elif _must_be_understood(block, version) or block.tag == _FRAGMENT:
            # spec: SOAP 1.2 2.6
            raise SoapFault("MustUnderstand", f"header block {_short(block.tag)} is not understood", http_status=500)
    return messagings, securities, pull_securities


def _must_be_understood(block: Element, version: str) -> bool:
    # spec: SOAP 1.2 5.2.3 (xsd:boolean); whatever else is written there is taken for true
    return block.get(_MUST_UNDERSTAND[version], "0").strip(_WHITE_SPACE) not in ("0", "false")


def _check_media_type(media_type: str, version: str) -> None:
    expected = _MEDIA_TYPES[version]
    # spec: C 5.1.1; parameters are not looked at, the octets themselves tell their encoding
    if media_type.partition(";")[0].strip().lower() != expected:
        raise EbmsError(MimeInconsistency, f"SOAP {version} travels as {expected}, not as {media_type[:100]!r}")


def _fault_told(body: Element, version: str) -> str:
    """What a SOAP Fault in the Body says, for our log."""
    if len(body) == 1 and body[0].tag == f"{{{_SOAP[version]}}}Fault":
        told = " ".join(" ".join(str(text) for text in body[0].itertext()).split())
        return f"; the Body holds a Fault: {told[:500]}"
    return ""


def _short(tag: object) -> str:
    return str(tag)[:200]


# -- ids -------------------------------------------------------------------------------------------------------------

_WSU_ID: Final = f"{{{WSU}}}Id"
_XML_ID: Final = f"{{{XML}}}id"
#: Whatever anybody may take for an id; a superset of what counts here.
_ID_NAMES: Final = frozenset({_WSU_ID, _XML_ID, "Id", "id", "ID"})
_IDS: Final[Any] = etree.XPath("//@Id | //@wsu:Id | //@id | //@xml:id | //@ID", namespaces={"wsu": WSU}, smart_strings=False)
_WITH_IDS: Final[Any] = etree.XPath("//*[@Id or @wsu:Id or @id or @xml:id or @ID]", namespaces={"wsu": WSU})
_OWN_ID: Final = tuple(f"{{{namespace}}}" for namespace in (DS, DSIG11, XENC, XENC11))


def _check_ids(envelope: Envelope) -> None:
    """No id stands for two elements (reliability 2.A2); who is who is asked only where two ids are alike, or hide a likeness in white space."""
    found = _IDS(envelope.root)
    if len(set(found)) != len(found) or len("".join(found).split()) > 1:
        _index(envelope.root, envelope.messaging)


def _index(root: Element, messaging: Element) -> dict[str, Element]:
    """The elements by their ids.

    wsu:Id and xml:id count anywhere, Id on elements of XML Signature and Encryption, id on our eb:Messaging. What else is called an id may repeat
    itself, but no id that counts (reliability 2.A2). Raises EbmsError FailedAuthentication.
    """
    ids: dict[str, Element] = {}
    others: dict[str, Element] = {}
    for element in _WITH_IDS(root):
        for name, written in element.items():
            if name not in _ID_NAMES:
                continue
            value = " ".join(written.split())
            counts = (
                name in (_WSU_ID, _XML_ID)
                or (name == "Id" and element.tag.startswith(_OWN_ID))
                or (name == "id" and element is messaging)
            )
            # One element may bear one id twice, under two names.
            if ids.get(value, element) is not element or (counts and others.get(value, element) is not element):
                raise EbmsError(FailedAuthentication, f"line {element.sourceline}: the id {value[:80]!r} stands for two elements")
            (ids if counts else others)[value] = element
    return ids


# -- writing ---------------------------------------------------------------------------------------------------------

_PREFIX: Final = {"1.2": "S12", "1.1": "S11"}
_AROUND: Final = {
    version: (
        f'<{p}:Envelope xmlns:{p}="{_SOAP[version]}"><{p}:Header>'.encode(),
        f"</{p}:Header>".encode(),
        f"</{p}:Envelope>".encode(),
    )
    for version, p in _PREFIX.items()
}
_BODY: Final = {
    version: f'<{p}:Body xmlns:{p}="{_SOAP[version]}" xmlns:wsu="{WSU}" wsu:Id="%s"></{p}:Body>' for version, p in _PREFIX.items()
}
#: Told to whoever sent something that is no ebMS message; the true reason is for our log.
_REASONS: Final = {
    "Sender": "The message cannot be read as an ebMS message.",
    "Receiver": "The message cannot be processed at present.",
    "MustUnderstand": "A mandatory header block is not understood.",
    "VersionMismatch": "The SOAP version is not supported.",
}
_SOAP_11_CODES: Final = {"Sender": "Client", "Receiver": "Server"}
# spec: SOAP 1.2 5.4.7, SOAP 1.2 appendix A
_UPGRADE: Final = (
    f'<S12:Header><S12:Upgrade><S12:SupportedEnvelope qname="S12:Envelope"></S12:SupportedEnvelope><S12:SupportedEnvelope xmlns:S11="{S11}"'
    ' qname="S11:Envelope"></S12:SupportedEnvelope></S12:Upgrade></S12:Header>'
)


def write_envelope(security: bytes | None, messaging: bytes, body: bytes, *, soap_version: str = "1.2") -> bytes:
    """An envelope around canonical octets, which are pasted as they are: what was signed is what is sent."""
    head, middle, tail = _AROUND[soap_version]
    return b"".join([head, security or b"", messaging, middle, body, tail])


def empty_body(wsu_id: str, soap_version: str = "1.2") -> bytes:
    """The empty SOAP Body in canonical form. `wsu_id` is an NCName."""
    return (_BODY[soap_version] % wsu_id).encode()


def write_fault(fault: SoapFault, soap_version: str = "1.2") -> bytes:
    """A SOAP fault that tells its code and nothing of `fault.detail`."""
    reason = _REASONS.get(fault.code, _REASONS["Receiver"])
    if soap_version == "1.1":
        # spec: SOAP 1.1 4.4
        return (
            f'<S11:Envelope xmlns:S11="{S11}"><S11:Body><S11:Fault><faultcode>S11:{_SOAP_11_CODES.get(fault.code, fault.code)}</faultcode>'
            f"<faultstring>{reason}</faultstring></S11:Fault></S11:Body></S11:Envelope>"
        ).encode()
    upgrade = _UPGRADE if fault.code == "VersionMismatch" else ""
    # spec: SOAP 1.2 5.4
    return (
        f'<S12:Envelope xmlns:S12="{S12}">{upgrade}<S12:Body><S12:Fault><S12:Code><S12:Value>S12:{fault.code}</S12:Value></S12:Code>'
        f'<S12:Reason><S12:Text xml:lang="en">{reason}</S12:Text></S12:Reason></S12:Fault></S12:Body></S12:Envelope>'
    ).encode()
