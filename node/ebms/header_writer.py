"""Writing one eb:Messaging whose octets are their own exclusive canonical form.

So the digest of what is written is the digest of what is signed, and nothing is canonicalised on the way out: attributes stand in the order of
namespace and name, a namespace is declared where it is first used, no tag is empty, and the escapes are those of canonical XML.
"""

import re
from collections.abc import Iterable
from typing import Final

from node.ebms.c14n import canonicalize
from node.ebms.header_reader import ERROR_ATTRIBUTES
from node.ebms.message import (
    CollaborationInfo,
    Description,
    ErrorReport,
    MessageInfo,
    Messaging,
    PartInfo,
    Party,
    Property,
    PullRequest,
    Receipt,
    SchemaRef,
    SignalMessage,
    UserMessage,
)
from node.ebms.namespaces import DEFAULT_MPC, EB, EBBP, S11, S12, WSU
from node.ebms.xml import escape_attribute, escape_text, parse_xml


def write_messaging(messaging: Messaging, wsu_id: str, soap_version: str = "1.2") -> bytes:
    """The eb:Messaging element in exclusive canonical form, standing alone: it declares every namespace that it uses.

    Raises ValueError for a character that XML cannot carry, and for a receipt that repeats nothing.
    """
    soap, uri, true = ("S12", S12, "true") if soap_version == "1.2" else ("S11", S11, "1")
    # spec: C 5.2.1, A 5.1.4. The namespace of wsu sorts before those of SOAP.
    head = (
        f'<eb:Messaging xmlns:{soap}="{uri}" xmlns:eb="{EB}" xmlns:wsu="{WSU}"'
        f' wsu:Id="{escape_attribute(wsu_id)}" {soap}:mustUnderstand="{true}">'
    )
    pieces = [head]
    # spec: A 5.1.2, trap 28: signals stand before the user message
    pieces += [_signal_message(signal) for signal in messaging.signal_messages]
    if messaging.user_message is not None:
        pieces.append(_user_message(messaging.user_message))
    pieces.append("</eb:Messaging>")
    text = "".join(pieces)
    if not (text.isascii() and text.isprintable()) and (bad := NOT_XML.search(text)):
        raise ValueError(f"eb:Messaging: XML cannot carry the character U+{ord(bad[0]):04X}")
    octets = text.encode()
    if any(_declares_again(signal.receipt) for signal in messaging.signal_messages):
        return canonicalize(parse_xml(octets))
    return octets


#: spec: XML 1.0 2.2
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{escape_attribute(value)}"'


# -- user message ----------------------------------------------------------------------------------------------------


def _user_message(message: UserMessage) -> str:
    # spec: C 3.4.1, the default channel is named by saying nothing
    mpc = "" if message.mpc == DEFAULT_MPC else _attribute("mpc", message.mpc)
    return (
        f"<eb:UserMessage{mpc}>{_message_info(message.message_info)}"
        f"<eb:PartyInfo>{_party('From', message.from_party)}{_party('To', message.to_party)}</eb:PartyInfo>"
        f"{_collaboration_info(message.collaboration_info)}{_properties('MessageProperties', message.message_properties)}"
        f"{_payload_info(message.payload_info)}</eb:UserMessage>"
    )


def _message_info(info: MessageInfo) -> str:
    ref = info.ref_to_message_id
    refers = "" if ref is None else f"<eb:RefToMessageId>{escape_text(ref)}</eb:RefToMessageId>"
    return (
        f"<eb:MessageInfo><eb:Timestamp>{escape_text(info.timestamp)}</eb:Timestamp>"
        f"<eb:MessageId>{escape_text(info.message_id)}</eb:MessageId>{refers}</eb:MessageInfo>"
    )


def _party(side: str, party: Party) -> str:
    ids = "".join([f"<eb:PartyId{_attribute('type', one.type)}>{escape_text(one.value)}</eb:PartyId>" for one in party.party_ids])
    return f"<eb:{side}>{ids}<eb:Role>{escape_text(party.role)}</eb:Role></eb:{side}>"


def _collaboration_info(info: CollaborationInfo) -> str:
    agreement, service = info.agreement_ref, info.service
    agreed = (
        ""
        if agreement is None
        else f"<eb:AgreementRef{_attribute('pmode', agreement.pmode)}{_attribute('type', agreement.type)}>"
        f"{escape_text(agreement.value)}</eb:AgreementRef>"
    )
    return (
        f"<eb:CollaborationInfo>{agreed}<eb:Service{_attribute('type', service.type)}>{escape_text(service.value)}</eb:Service>"
        f"<eb:Action>{escape_text(info.action)}</eb:Action>"
        f"<eb:ConversationId>{escape_text(info.conversation_id)}</eb:ConversationId></eb:CollaborationInfo>"
    )


def _properties(name: str, properties: Iterable[Property]) -> str:
    written = "".join(
        [
            f'<eb:Property name="{escape_attribute(one.name)}"{_attribute("type", one.type)}>{escape_text(one.value)}</eb:Property>'
            for one in properties
        ]
    )
    return f"<eb:{name}>{written}</eb:{name}>" if written else ""


def _payload_info(parts: Iterable[PartInfo]) -> str:
    written = "".join([_part_info(part) for part in parts])
    return f"<eb:PayloadInfo>{written}</eb:PayloadInfo>" if written else ""


def _part_info(part: PartInfo) -> str:
    return (
        f"<eb:PartInfo{_attribute('href', part.href)}>{_schema_ref(part.schema)}{_description(part.description)}"
        f"{_properties('PartProperties', part.part_properties)}</eb:PartInfo>"
    )


def _schema_ref(schema: SchemaRef | None) -> str:
    if schema is None:
        return ""
    return (
        f'<eb:Schema location="{escape_attribute(schema.location)}"{_attribute("namespace", schema.namespace)}'
        f"{_attribute('version', schema.version)}></eb:Schema>"
    )


def _description(description: Description | None) -> str:
    if description is None:
        return ""
    return f'<eb:Description xml:lang="{escape_attribute(description.lang)}">{escape_text(description.text)}</eb:Description>'


# -- signals ---------------------------------------------------------------------------------------------------------


def _signal_message(signal: SignalMessage) -> str:
    receipt = "" if signal.receipt is None else _receipt(signal.receipt)
    pull_request = "" if signal.pull_request is None else _pull_request(signal.pull_request)
    errors = "".join([_error(error) for error in signal.errors])
    return f"<eb:SignalMessage>{_message_info(signal.message_info)}{pull_request}{receipt}{errors}</eb:SignalMessage>"


def _pull_request(request: PullRequest) -> str:
    mpc = "" if request.mpc == DEFAULT_MPC else _attribute("mpc", request.mpc)
    return f"<eb:PullRequest{mpc}></eb:PullRequest>"


def _receipt(receipt: Receipt) -> str:
    if not receipt.non_repudiation:
        # spec: A 3.4
        if not receipt.user_message:
            raise ValueError("a receipt repeats the references of a signed message, or an unsigned eb:UserMessage")
        return f"<eb:Receipt>{receipt.user_message.decode()}</eb:Receipt>"
    # spec: A 5.1.8, the references as they were signed and nothing else
    parts = "</ebbp:MessagePartNRInformation><ebbp:MessagePartNRInformation>".join(
        [reference.octets.decode() for reference in receipt.non_repudiation]
    )
    return (
        f'<eb:Receipt><ebbp:NonRepudiationInformation xmlns:ebbp="{EBBP}"><ebbp:MessagePartNRInformation>'
        f"{parts}</ebbp:MessagePartNRInformation></ebbp:NonRepudiationInformation></eb:Receipt>"
    )


def _declares_again(receipt: Receipt | None) -> bool:
    """Whether repeated octets declare what eb:Messaging has declared already, which canonical XML would leave out."""
    if receipt is None:
        return False
    if not receipt.non_repudiation:
        return True
    return any(again in reference.octets for reference in receipt.non_repudiation for again in _DECLARED)


_DECLARED: Final = tuple(
    f' xmlns:{prefix}="{uri}"'.encode() for prefix, uri in {"S11": S11, "S12": S12, "eb": EB, "ebbp": EBBP, "wsu": WSU}.items()
)


def _error(error: ErrorReport) -> str:
    attributes = "".join([_attribute(name, getattr(error, field)) for name, field in ERROR_ATTRIBUTES])
    detail = "" if error.error_detail is None else f"<eb:ErrorDetail>{escape_text(error.error_detail)}</eb:ErrorDetail>"
    return f"<eb:Error{attributes}>{_description(error.description)}{detail}</eb:Error>"
