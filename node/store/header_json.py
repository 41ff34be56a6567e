"""Header values as JSON in the standard's own names, for the columns that hold them; what is None or empty is left out."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any, Final

from node.ebms.message import (
    AgreementRef,
    CollaborationInfo,
    Description,
    MessageInfo,
    PartInfo,
    Party,
    PartyId,
    Property,
    SchemaRef,
    Service,
    SignedReference,
    SignedTransform,
    UserMessage,
)

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


# -- eb:UserMessage ----------------------------------------------------------------------------------------------------


def user_message_json(message: UserMessage) -> str:
    """The JSON of an eb:UserMessage."""
    info, collaboration = message.message_info, message.collaboration_info
    agreement = collaboration.agreement_ref
    return _encode(
        {
            "mpc": message.mpc,
            "MessageInfo": [info.timestamp, info.message_id, info.ref_to_message_id],
            "From": _party(message.from_party),
            "To": _party(message.to_party),
            "AgreementRef": [agreement.value, agreement.type, agreement.pmode] if agreement else None,
            "Service": [collaboration.service.value, collaboration.service.type],
            "Action": collaboration.action,
            "ConversationId": collaboration.conversation_id,
            "MessageProperties": _properties(message.message_properties),
            "PayloadInfo": [_part(part) for part in message.payload_info],
        }
    )


def read_user_message(text: str) -> UserMessage:
    """The eb:UserMessage that `user_message_json` wrote."""
    row = json.loads(text)
    agreement = row["AgreementRef"]
    return UserMessage(
        message_info=MessageInfo(*row["MessageInfo"]),
        from_party=_read_party(row["From"]),
        to_party=_read_party(row["To"]),
        collaboration_info=CollaborationInfo(
            service=Service(*row["Service"]),
            action=row["Action"],
            conversation_id=row["ConversationId"],
            agreement_ref=AgreementRef(*agreement) if agreement else None,
        ),
        message_properties=_read_properties(row["MessageProperties"]),
        payload_info=tuple(_read_part(part) for part in row["PayloadInfo"]),
        mpc=row["mpc"],
    )


def _party(party: Party) -> list[Any]:
    return [[[one.value, one.type] for one in party.party_ids], party.role]


def _read_party(row: list[Any]) -> Party:
    return Party(tuple(PartyId(*one) for one in row[0]), row[1])


def _properties(properties: Iterable[Property]) -> list[list[str | None]]:
    return [[one.name, one.value, one.type] for one in properties]


def _read_properties(rows: list[Any]) -> tuple[Property, ...]:
    return tuple(Property(*row) for row in rows)


# -- eb:PartInfo -------------------------------------------------------------------------------------------------------


def _part(part: PartInfo) -> dict[str, Any]:
    row: dict[str, Any] = {"href": part.href, "PartProperties": _properties(part.part_properties)}
    if part.schema:
        row["Schema"] = [part.schema.location, part.schema.version, part.schema.namespace]
    if part.description:
        row["Description"] = [part.description.text, part.description.lang]
    return row


def _read_part(row: dict[str, Any]) -> PartInfo:
    schema, description = row.get("Schema"), row.get("Description")
    return PartInfo(
        href=row["href"],
        part_properties=_read_properties(row["PartProperties"]),
        schema=SchemaRef(*schema) if schema else None,
        description=Description(*description) if description else None,
    )


# -- ds:Reference ------------------------------------------------------------------------------------------------------


def references_json(references: Iterable[SignedReference]) -> str:
    """The JSON of signed references, with the octets of each element so that a receipt can be matched octet for octet."""
    return _encode(
        [
            [
                one.uri,
                one.digest_method,
                b64encode(one.digest).decode("ascii"),
                [[transform.algorithm, *transform.prefix_list] for transform in one.transforms],
                one.octets.decode("utf-8"),
            ]
            for one in references
        ]
    )


def read_references(text: str | None) -> tuple[SignedReference, ...]:
    """The references that `references_json` wrote; none for None."""
    return tuple(
        SignedReference(
            uri=uri,
            digest_method=method,
            digest=b64decode(digest),
            transforms=tuple(SignedTransform(algorithm, tuple(prefixes)) for algorithm, *prefixes in transforms),
            octets=octets.encode("utf-8"),
        )
        for uri, method, digest, transforms, octets in json.loads(text or "[]")
    )


# -- keys --------------------------------------------------------------------------------------------------------------


def party_key(party: Party) -> str:
    """The party ids of a party as one text that does not depend on their order; the type `None` and the type `""` differ."""
    # spec: C 5.2.2.4
    return _encode(sorted(([one.type, one.value] for one in party.party_ids), key=lambda one: (one[0] or "", one[1] or "")))
