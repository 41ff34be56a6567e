"""Reading one eb:Messaging: from canonical octets to frozen values.

The hot path of every message, so children are walked directly by their Clark names, computed once. The shape is the schema's affair
(`schema.py`, which runs first); here a shape that cannot be read is refused all the same, so that no octets whatever give a wrong value.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from datetime import date
from typing import Final, NoReturn

from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.errors import BundlingError, EbmsError, FeatureNotSupported, InvalidHeader, InvalidReceipt, ValueInconsistent
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
from node.ebms.namespaces import DEFAULT_MPC, DS, EB, EBBP, EC, XML
from node.ebms.xml import XmlRefused, parse_xml

Element = etree._Element  # noqa: SLF001 - the type has no public name

_MESSAGING: Final = f"{{{EB}}}Messaging"
_USER_MESSAGE: Final = f"{{{EB}}}UserMessage"
_SIGNAL_MESSAGE: Final = f"{{{EB}}}SignalMessage"
_MESSAGE_INFO: Final = f"{{{EB}}}MessageInfo"
_TIMESTAMP: Final = f"{{{EB}}}Timestamp"
_MESSAGE_ID: Final = f"{{{EB}}}MessageId"
_REF_TO_MESSAGE_ID: Final = f"{{{EB}}}RefToMessageId"
_PARTY_INFO: Final = f"{{{EB}}}PartyInfo"
_FROM: Final = f"{{{EB}}}From"
_TO: Final = f"{{{EB}}}To"
_PARTY_ID: Final = f"{{{EB}}}PartyId"
_ROLE: Final = f"{{{EB}}}Role"
_COLLABORATION_INFO: Final = f"{{{EB}}}CollaborationInfo"
_AGREEMENT_REF: Final = f"{{{EB}}}AgreementRef"
_SERVICE: Final = f"{{{EB}}}Service"
_ACTION: Final = f"{{{EB}}}Action"
_CONVERSATION_ID: Final = f"{{{EB}}}ConversationId"
_MESSAGE_PROPERTIES: Final = f"{{{EB}}}MessageProperties"
_PROPERTY: Final = f"{{{EB}}}Property"
_PAYLOAD_INFO: Final = f"{{{EB}}}PayloadInfo"
_PART_INFO: Final = f"{{{EB}}}PartInfo"
_SCHEMA: Final = f"{{{EB}}}Schema"
_DESCRIPTION: Final = f"{{{EB}}}Description"
_PART_PROPERTIES: Final = f"{{{EB}}}PartProperties"
_PULL_REQUEST: Final = f"{{{EB}}}PullRequest"
_RECEIPT: Final = f"{{{EB}}}Receipt"
_ERROR: Final = f"{{{EB}}}Error"
_ERROR_DETAIL: Final = f"{{{EB}}}ErrorDetail"
_LANG: Final = f"{{{XML}}}lang"
_NON_REPUDIATION_INFORMATION: Final = f"{{{EBBP}}}NonRepudiationInformation"
_MESSAGE_PART_NR_INFORMATION: Final = f"{{{EBBP}}}MessagePartNRInformation"
_REFERENCE: Final = f"{{{DS}}}Reference"
_TRANSFORMS: Final = f"{{{DS}}}Transforms"
_TRANSFORM: Final = f"{{{DS}}}Transform"
_DIGEST_METHOD: Final = f"{{{DS}}}DigestMethod"
_DIGEST_VALUE: Final = f"{{{DS}}}DigestValue"
_INCLUSIVE_NAMESPACES: Final = f"{{{EC}}}InclusiveNamespaces"

#: The attributes of eb:Error in canonical order, and the field of ErrorReport that holds each; reader and writer share it.
ERROR_ATTRIBUTES: Final = (
    ("category", "category"),
    ("errorCode", "code"),
    ("origin", "origin"),
    ("refToMessageInError", "ref_to_message_in_error"),
    ("severity", "severity"),
    ("shortDescription", "short_description"),
)


def read_messaging(octets: bytes, *, strict: bool = False) -> Messaging:
    """The message units of one eb:Messaging, which stands alone in these octets.

    `strict` also refuses a PartyId or Service that has neither a type nor the form of a URI. Raises EbmsError InvalidHeader, ValueInconsistent,
    BundlingError, FeatureNotSupported or InvalidReceipt, with the MessageId wherever it can be read.
    """
    try:
        root = parse_xml(octets)
    except XmlRefused as refused:
        raise EbmsError(InvalidHeader, f"eb:Messaging: {refused}") from None
    return read_element(root, strict=strict)


def read_element(root: Element, *, strict: bool = False) -> Messaging:
    """The message units of an eb:Messaging element, which is what its canonical octets were parsed to. Raises as `read_messaging`."""
    try:
        messaging = _messaging(root)
        if strict and messaging.user_message is not None:
            check_untyped_values(messaging.user_message)
    except EbmsError as error:
        error.ref_to_message_id = error.ref_to_message_id or message_id_of(root)
        raise
    return messaging


def read_user_message(octets: bytes) -> UserMessage:
    """An eb:UserMessage that stands alone in these octets, as a receipt repeats it. Raises EbmsError as `read_messaging`."""
    try:
        root = parse_xml(octets)
    except XmlRefused as refused:
        raise EbmsError(InvalidHeader, f"eb:UserMessage: {refused}") from None
    if root.tag != _USER_MESSAGE:
        _invalid(root, "is not eb:UserMessage")
    return _user_message(root)


def message_id_of(messaging: Element) -> str | None:
    """The MessageId of the user message, otherwise of the first signal, found by position; None where there is none to read."""
    units = [child for child in messaging if child.tag in {_USER_MESSAGE, _SIGNAL_MESSAGE}]
    for unit in sorted(units, key=lambda unit: unit.tag != _USER_MESSAGE):
        ids = [item for info in list(unit)[:1] if info.tag == _MESSAGE_INFO for item in info if item.tag == _MESSAGE_ID]
        if len(ids) == 1 and not len(ids[0]) and ids[0].text:
            return str(ids[0].text)
    return None


def check_untyped_values(user_message: UserMessage) -> None:
    """Every PartyId and the Service have a type or are URIs. Raises EbmsError ValueInconsistent.

    The standard says that a receiver *should* report this. OASIS's own examples have such a Service and every product in the field sends such
    PartyIds, so only a strict profile asks for it; a value that nobody agreed on finds no P-Mode anyway.
    """
    for party in (user_message.from_party, user_message.to_party):
        for party_id in party.party_ids:
            # spec: C 5.2.2.4
            if party_id.type is None and not _URI.match(party_id.value):
                raise EbmsError(ValueInconsistent, f"PartyId {party_id.value!r} has no type and is no URI")
    service = user_message.collaboration_info.service
    # spec: C 5.2.2.8
    if service.type is None and not _URI.match(service.value):
        raise EbmsError(ValueInconsistent, f"Service {service.value!r} has no type and is no URI")


# spec: RFC 3986 4.3
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")


# -- units -----------------------------------------------------------------------------------------------------------


def _messaging(root: Element) -> Messaging:
    if root.tag != _MESSAGING:
        _invalid(root, "is not eb:Messaging")
    user_message: UserMessage | None = None
    signals: list[SignalMessage] = []
    for unit in root:
        if unit.tag == _USER_MESSAGE:
            if user_message is not None:
                # spec: A 5.1.2
                raise EbmsError(BundlingError, "two eb:UserMessage in one eb:Messaging")
            user_message = _user_message(unit)
        elif unit.tag == _SIGNAL_MESSAGE:
            signals.append(_signal_message(unit))
        elif not _foreign(unit):
            _invalid(unit, "is no message unit")
    if user_message is None and not signals:
        # spec: C 5.2.1, the schema would let it pass
        _invalid(root, "holds no message unit")
    if len(signals) > 1:
        _check_bundle(signals)
    return Messaging(user_message, tuple(signals))


def _check_bundle(signals: list[SignalMessage]) -> None:
    # spec: A 5.1.2
    for kind in ("receipt", "pull_request", "errors"):
        if sum(1 for signal in signals if getattr(signal, kind)) > 1:
            raise EbmsError(BundlingError, f"two signals of one kind ({kind}) in one eb:Messaging")


def _user_message(element: Element) -> UserMessage:
    found = _children(element)
    info = found.pop(_MESSAGE_INFO, None)
    parties = found.pop(_PARTY_INFO, None)
    collaboration = found.pop(_COLLABORATION_INFO, None)
    properties = found.pop(_MESSAGE_PROPERTIES, None)
    payloads = found.pop(_PAYLOAD_INFO, None)
    if info is None or parties is None or collaboration is None or found:
        _misshapen(element)
    sides = _children(parties)
    from_party, to_party = sides.pop(_FROM, None), sides.pop(_TO, None)
    if from_party is None or to_party is None or sides:
        _misshapen(parties)
    return UserMessage(
        _message_info(info),
        _party(from_party),
        _party(to_party),
        _collaboration_info(collaboration),
        () if properties is None else _properties(properties),
        () if payloads is None else tuple([_part_info(part) for part in payloads]),
        _mpc(element),
    )


def _signal_message(element: Element) -> SignalMessage:
    info: MessageInfo | None = None
    receipt: Receipt | None = None
    pull_request: PullRequest | None = None
    errors: list[ErrorReport] = []
    extensions = 0
    for child in element:
        tag = child.tag
        if tag == _MESSAGE_INFO and info is None:
            info = _message_info(child)
        elif tag == _RECEIPT and receipt is None:
            receipt = _receipt(child)
        elif tag == _ERROR:
            errors.append(_error(child))
        elif tag == _PULL_REQUEST and pull_request is None:
            pull_request = _pull_request(child)
        elif _foreign(child):
            extensions += 1
        else:
            _misshapen(element)
    if info is None:
        _misshapen(element)
    if receipt is None and pull_request is None and not errors:
        if extensions:
            raise EbmsError(FeatureNotSupported, "eb:SignalMessage holds only signals of another specification")
        _invalid(element, "signals nothing")
    return SignalMessage(info, receipt, pull_request, tuple(errors))


# -- parts of a user message -----------------------------------------------------------------------------------------


def _message_info(element: Element) -> MessageInfo:
    found = _children(element)
    timestamp, message_id = found.pop(_TIMESTAMP, None), found.pop(_MESSAGE_ID, None)
    ref = found.pop(_REF_TO_MESSAGE_ID, None)
    if timestamp is None or message_id is None or found:
        _misshapen(element)
    return MessageInfo(_date_time(timestamp), _text(message_id), None if ref is None else _text(ref))


def _party(element: Element) -> Party:
    party_ids: list[PartyId] = []
    role: str | None = None
    for child in element:
        if child.tag == _PARTY_ID:
            party_ids.append(PartyId(_text(child), child.get("type")))
        elif child.tag == _ROLE and role is None:
            role = _text(child)
        else:
            _misshapen(element)
    if not party_ids or role is None:
        _misshapen(element)
    # spec: C 5.2.2.4
    if len(party_ids) > 1 and len({party_id.type for party_id in party_ids}) != len(party_ids):
        raise EbmsError(ValueInconsistent, f"{_local(element)}: two PartyIds of one type")
    return Party(tuple(party_ids), role)


def _collaboration_info(element: Element) -> CollaborationInfo:
    found = _children(element)
    agreement = found.pop(_AGREEMENT_REF, None)
    service, action = found.pop(_SERVICE, None), found.pop(_ACTION, None)
    conversation_id = found.pop(_CONVERSATION_ID, None)
    if service is None or action is None or conversation_id is None or found:
        _misshapen(element)
    return CollaborationInfo(
        Service(_text(service), service.get("type")),
        _token(action),
        # spec: C 5.2.2.10, an empty ConversationId is valid (EN and BD want it so)
        _token(conversation_id),
        None if agreement is None else AgreementRef(_text(agreement), agreement.get("type"), agreement.get("pmode")),
    )


def _properties(element: Element) -> tuple[Property, ...]:
    found: list[Property] = []
    for child in element:
        name = child.get("name")
        if child.tag != _PROPERTY or not name:
            _misshapen(element)
        found.append(Property(name, _text(child), child.get("type")))
    return tuple(found)


def _part_info(element: Element) -> PartInfo:
    if element.tag != _PART_INFO:
        _invalid(element, "stands where only PartInfo may")
    found = _children(element)
    schema, description = found.pop(_SCHEMA, None), found.pop(_DESCRIPTION, None)
    properties = found.pop(_PART_PROPERTIES, None)
    if found:
        _misshapen(element)
    href = element.get("href")
    return PartInfo(
        None if href is None else collapse(href),
        () if properties is None else _properties(properties),
        None if schema is None else _schema_ref(schema),
        None if description is None else _description(description),
    )


def _schema_ref(element: Element) -> SchemaRef:
    location = element.get("location")
    if location is None:
        _invalid(element, "has no location")
    return SchemaRef(collapse(location), element.get("version"), element.get("namespace"))


def _description(element: Element) -> Description:
    return Description(_string(element), element.get(_LANG, ""))


# -- signals ---------------------------------------------------------------------------------------------------------


def _pull_request(element: Element) -> PullRequest:
    if len(element):
        # spec: P2 5, a criterion that we overlooked would hand over the wrong message
        raise EbmsError(FeatureNotSupported, "eb:PullRequest with criteria of selective pulling")
    return PullRequest(_mpc(element))


def _error(element: Element) -> ErrorReport:
    found = _children(element)
    description, detail = found.pop(_DESCRIPTION, None), found.pop(_ERROR_DETAIL, None)
    if found:
        _misshapen(element)
    values = {field: collapse(value) for name, field in ERROR_ATTRIBUTES if (value := element.get(name)) is not None}
    if not values.get("code") or not values.get("severity"):
        _invalid(element, "has no errorCode or no severity")
    return ErrorReport(
        **values,
        description=None if description is None else _description(description),
        # An xsd:token, yet kept as written: its lines are for an operator to read, and nothing compares it.
        error_detail=None if detail is None else _string(detail),
    )


def _receipt(element: Element) -> Receipt:
    # spec: C 5.2.3.3, whatever else a product puts beside it (phase4 names itself there) says nothing to us.
    content = [child for child in element if child.tag in _RECEIPT_CONTENT]
    # phase4 puts a wrapper of its own around the copy of an unsigned message.
    content = content or [inner for child in element for inner in child if inner.tag == _USER_MESSAGE]
    if not len(element) or len(content) > 1:
        raise EbmsError(InvalidReceipt, f"eb:Receipt holds {[_local(child) for child in element]}")
    if not content:
        # A receipt to the Core, and proof of nothing to AS4: match_receipt says so.
        return Receipt(None)
    if content[0].tag == _USER_MESSAGE:
        # spec: A 3.4
        return Receipt(None, canonicalize(content[0]))
    references = tuple([_part_reference(part) for part in content[0]])
    if not references:
        raise EbmsError(InvalidReceipt, "NonRepudiationInformation is empty")
    return Receipt(references)


_RECEIPT_CONTENT: Final = frozenset({_NON_REPUDIATION_INFORMATION, _USER_MESSAGE})


def _part_reference(element: Element) -> SignedReference:
    # spec: A 5.1.8, exactly one ds:Reference, and never a MessagePartIdentifier
    if element.tag != _MESSAGE_PART_NR_INFORMATION or len(element) != 1 or element[0].tag != _REFERENCE:
        names = [_local(child) for child in element]
        raise EbmsError(InvalidReceipt, f"NonRepudiationInformation: {_local(element)} with {names} instead of one ds:Reference")
    reference = element[0]
    parts = list(reference)
    transforms: tuple[SignedTransform, ...] = ()
    if parts and parts[0].tag == _TRANSFORMS:
        transforms = tuple([_transform(transform) for transform in parts.pop(0)])
    uri = reference.get("URI")
    if uri is None or [part.tag for part in parts] != [_DIGEST_METHOD, _DIGEST_VALUE]:
        raise EbmsError(InvalidReceipt, f"ds:Reference {uri!r}: not of the form URI, Transforms, DigestMethod, DigestValue")
    return SignedReference(
        uri,
        parts[0].get("Algorithm", ""),
        _base64(parts[1], uri),
        transforms,
        canonicalize(reference),
    )


def _transform(element: Element) -> SignedTransform:
    prefixes: tuple[str, ...] = ()
    if len(element):
        prefixes = tuple(element[0].get("PrefixList", "").split())
    if element.tag != _TRANSFORM or len(element) > 1 or (len(element) and element[0].tag != _INCLUSIVE_NAMESPACES):
        raise EbmsError(InvalidReceipt, f"ds:Transforms: unexpected {_local(element)}")
    return SignedTransform(element.get("Algorithm", ""), prefixes)


def _base64(element: Element, uri: str) -> bytes:
    # spec: DS 4.4.3.6, white space and line ends are allowed anywhere in the value
    try:
        written = b"".join((element.text or "").encode("ascii").split())
        octets = a2b_base64(written, strict_mode=True)
    except (UnicodeEncodeError, Base64Error) as error:
        raise EbmsError(InvalidReceipt, f"ds:Reference {uri!r}: DigestValue is no base64: {error}") from None
    if len(element) or b2a_base64(octets, newline=False) != written:
        raise EbmsError(InvalidReceipt, f"ds:Reference {uri!r}: DigestValue is no canonical base64")
    return octets


# -- values ----------------------------------------------------------------------------------------------------------


def _children(element: Element) -> dict[str, Element]:
    """The children by Clark name, none of them twice."""
    found = {child.tag: child for child in element}
    if len(found) != len(element):
        _misshapen(element)
    return found


def _string(element: Element) -> str:
    """The text, with all its white space (xsd:string)."""
    if len(element):
        _misshapen(element)
    return element.text or ""


def _text(element: Element) -> str:
    """The text, with all its white space; never empty."""
    text = element.text
    if not text or len(element):
        _invalid(element, "is empty or holds elements")
    return text


def _token(element: Element) -> str:
    """The text as xsd:token."""
    if len(element):
        _misshapen(element)
    return collapse(element.text or "")


def collapse(text: str) -> str:
    """The value of an xsd:token or xsd:anyURI: white space of XML (not of Unicode) at the ends removed, within made one space."""
    if text.isprintable() and " " not in text:
        return text
    return " ".join([word for word in text.translate(_SPACES).split(" ") if word])


_SPACES: Final = str.maketrans("\t\r\n", "   ")


def _mpc(element: Element) -> str:
    mpc = element.get("mpc")
    # spec: C 3.4.1, no attribute means the default channel, and an empty one names no other
    return DEFAULT_MPC if not mpc else collapse(mpc) or DEFAULT_MPC


def _date_time(element: Element) -> str:
    text = _token(element)
    # spec: C 5.2.2.1, XSD 2 3.2.7; years of four digits only
    matched = _DATE_TIME.fullmatch(text)
    if matched is None or not _is_date(matched):
        _invalid(element, f"{text[:40]!r} is no xsd:dateTime")
    return text


_DATE_TIME: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)


def _is_date(matched: re.Match[str]) -> bool:
    try:
        date(int(matched["year"]), int(matched["month"]), int(matched["day"]))
    except ValueError:
        return False
    return True


def _foreign(element: Element) -> bool:
    tag = str(element.tag)
    return tag.startswith("{") and not tag.startswith(f"{{{EB}}}")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _misshapen(element: Element) -> NoReturn:
    _invalid(element, f"a child is missing, repeated or unexpected in {[_local(child) for child in element]}")


def _invalid(element: Element, problem: str) -> NoReturn:
    raise EbmsError(InvalidHeader, f"{_local(element)}: {problem}")
