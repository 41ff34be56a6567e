"""Exchanges written as phase4's P-Modes in JSON: an array with one P-Mode for each exchange, and one for each pair that answer each other."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.namespaces import EB, GZIP, ONE_WAY
from node.foreign.bindings import named, of_legs
from node.foreign.exchange import Exchange, Side, pairs, swapped
from node.foreign.uris import PHASE4_BINDINGS, PHASE4_CIPHERS, PHASE4_DIGESTS, PHASE4_SIGNATURES, back
from node.foreign.waits import steady

_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."


def write(exchanges: Sequence[Exchange], *, for_partner: bool) -> dict[str, bytes]:
    """One file. Its P-Modes are the same for both sides."""
    del for_partner
    places = {one.place: one for one in exchanges}
    found = [_pmode(i, first, second, places) for i, (first, second) in enumerate(pairs(exchanges), 1)]
    return {"pmodes.json": json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n"}


def _pmode(
    number: int, first: Exchange, second: Exchange | None, places: Mapping[tuple[str, str, str], Exchange]
) -> dict[str, Any]:
    mep, binding = named(of_legs(pulled=first.pulled, second=(second.pulled, second.sync) if second else None))
    initiator, responder = (first.receiver, first.sender) if swapped(first, places) else (first.sender, first.receiver)
    p = first.parameters
    found: dict[str, Any] = {
        "id": f"{first.partner.name or 'partner'}-{number:02d}",
        "Initiator": _party(initiator),
        "Responder": _party(responder),
        "Agreement": first.agreement_ref.value if first.agreement_ref else None,
        "MEP": "oneway" if mep == ONE_WAY else "twoway",
        "MEPBinding": back(PHASE4_BINDINGS, binding.removeprefix(EB)),
        "Leg1": _leg(first),
        "Leg2": _leg(second) if second else None,
        "PayloadServices": {"CompressionMode": "gzip"} if p["leg.payload_service.compression_type"] == GZIP else None,
        "RecepetionAwareness": _awareness(p),
    }
    return without_none(found)


def _party(side: Side) -> dict[str, Any]:
    one = side.party_ids[0] if side.party_ids else None
    return without_none({"IDType": one.type if one else None, "IDValue": one.value if one else None, "Role": side.role})


def _leg(leg: Exchange) -> dict[str, Any]:
    p, info = leg.parameters, leg.service
    address = leg.sender.url if leg.pulled else leg.receiver.url
    return {
        "Protocol": without_none({"Address": address or None, "SoapVersion": p["leg.protocol.soap_version"]}),
        "BusinessInfo": without_none(
            {
                "Service": info.value,
                "ServiceType": info.type,
                "Action": leg.action,
                "Properties": [_property(one) for one in p["leg.business_info.properties"]] or None,
                "PayloadProfile": [_payload(one) for one in p["leg.business_info.payload_profile"]] or None,
                "PayloadProfileMaxKB": p["leg.business_info.payload_profile_max_size"],
                "MPCID": leg.mpc,
            }
        ),
        "ErrorHandling": _errors(p, leg),
        "Security": _security(p),
    }


def _property(rule: Mapping[str, Any]) -> dict[str, Any]:
    description = rule["description"] or None
    return without_none(
        {"Name": rule["name"], "Description": description, "DataType": rule["datatype"], "Mandatory": rule["required"]}
    )


def _payload(rule: Mapping[str, Any]) -> dict[str, Any]:
    return without_none(
        {"Name": rule["name"], "MimeType": rule["mime_type"], "MaxSizeKB": rule["max_size"], "Mandatory": rule["required"]}
    )


def _errors(p: Mapping[str, Any], leg: Exchange) -> dict[str, Any]:
    to = p[_REPORT + "receiver_errors_to"]
    return without_none(
        {
            "ReportReceiverErrorsTo": [to] if to and not leg.sends else None,
            "ReportAsResponse": p[_REPORT + "as_response"],
            "ReportProcessErrorNotifyConsumer": p[_REPORT + "process_error_notify_consumer"],
            "ReportProcessErrorNotifyProducer": p[_REPORT + "process_error_notify_producer"],
            "ReportDeliveryFailuresNotifyProducer": p[_REPORT + "delivery_failures_notify_producer"],
        }
    )


def _security(p: Mapping[str, Any]) -> dict[str, Any]:
    sign, encrypt = p[_X509 + "sign"], p[_X509 + "encryption.encrypt"]
    return without_none(
        {
            "WSSVersion": p["leg.security.wss_version"],
            "X509SignatureHashFunction": back(PHASE4_DIGESTS, p[_X509 + "signature.hash_function"]) if sign else None,
            "X509SignatureAlgorithm": back(PHASE4_SIGNATURES, p[_X509 + "signature.algorithm"]) if sign else None,
            "X509EncryptionAlgorithm": back(PHASE4_CIPHERS, p[_X509 + "encryption.algorithm"]) if encrypt else None,
            "X509EncryptionMinimumStrength": p[_X509 + "encryption.minimum_strength"] if encrypt else None,
            "PModeAuthorize": p["leg.security.pmode_authorize"],
            "SendReceipt": p["leg.security.send_receipt.send"],
            "SendReceiptReplyPattern": str(p["leg.security.send_receipt.reply_pattern"]).lower(),
            "SendReceiptNonRepudiation": p["leg.security.send_receipt.non_repudiation"],
        }
    )


def _awareness(p: Mapping[str, Any]) -> dict[str, Any]:
    retry, found = p["leg.reception_awareness.retry"], steady(p[TEXT])
    return {
        "ReceptionAwareness": p["leg.reception_awareness.enabled"],
        "Retry": retry,
        "MaxRetries": found.retries if retry else 0,
        "RetryIntervalMS": max(found.interval // timedelta(milliseconds=1), 1) if retry else 0,
        "DuplicateDetection": p["leg.reception_awareness.duplicate_detection"],
    }


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """What is said."""
    return {key: value for key, value in values.items() if value is not None}
