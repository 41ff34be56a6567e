"""Exchanges written as Holodeck P-Modes: one file for each exchange, and one for each pair that answer each other."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.agreements.retrying import TEXT
from node.ebms.namespaces import DEFAULT_MPC, GZIP
from node.foreign.bindings import named, of_legs
from node.foreign.exchange import Exchange, Side, pairs, swapped
from node.foreign.holodeck import NAMESPACE
from node.foreign.markup import add, octets, root
from node.foreign.uris import HOLODECK_KEYS, back
from node.foreign.waits import steady
from node.msh.schedule import read_schedule
from node.security import algorithms as a

_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."
#: The file name of each P-Mode says who sends.
_WAY: Final = {True: "send", False: "receive"}


def write(exchanges: Sequence[Exchange], *, for_partner: bool) -> dict[str, bytes]:
    """The P-Modes by file name. `for_partner`: for the partner's node, whose part in each exchange decides what its P-Mode needs to say."""
    places = {one.place: one for one in exchanges}
    found: dict[str, bytes] = {}
    for i, (first, second) in enumerate(pairs(exchanges), 1):
        way = named(of_legs(pulled=first.pulled, second=(second.pulled, second.sync) if second else None))
        found[f"{i:02d}-{_WAY[first.sends]}.xml"] = octets(_pmode(i, first, second, way, places, for_partner=for_partner))
    return found


def _pmode(
    number: int,
    first: Exchange,
    second: Exchange | None,
    way: tuple[str, str],
    places: Mapping[tuple[str, str, str], Exchange],
    *,
    for_partner: bool,
) -> Any:
    top = root(NAMESPACE, "PMode")
    pmode = first.agreement_ref.pmode if first.agreement_ref else None
    add(
        top,
        "id",
        {"include": True if pmode else None},
        pmode or f"{first.partner.name or 'partner'}-{number:02d}-{_WAY[first.sends]}",
    )
    add(top, "mep", text=way[0])
    add(top, "mepBinding", text=way[1])
    initiator, responder = (first.receiver, first.sender) if swapped(first, places) else (first.sender, first.receiver)
    for name, side in (("Initiator", initiator), ("Responder", responder)):
        _partner(add(top, name), side, first, second)
    if first.agreement_ref is not None:
        agreement = add(top, "Agreement")
        if first.agreement_ref.type:
            add(agreement, "type", text=first.agreement_ref.type)
        add(agreement, "name", text=first.agreement_ref.value)
    for leg in (first, second):
        if leg is not None:
            _leg(add(top, "Leg"), leg, product_sends=leg.sends != for_partner)
    _take_namespace(top)
    return top


def _take_namespace(top: Any) -> None:
    for element in top.iter():
        if not element.tag.startswith("{"):
            element.tag = f"{{{NAMESPACE}}}{element.tag}"


def _partner(above: Any, side: Side, first: Exchange, second: Exchange | None) -> None:
    p = first.parameters
    for one in side.party_ids:
        add(above, "PartyId", {"type": one.type}, one.value)
    add(above, "Role", text=side.role)
    ours = side is first.us
    receives = any(leg.sends != ours for leg in (first, second) if leg)
    # Both sign: one the message, the other its receipt.
    if not p[_X509 + "sign"] and not (receives and p[_X509 + "encryption.encrypt"]):
        return
    security = add(above, "SecurityConfiguration")
    alias = side.party_ids[0].value if side.party_ids else side.name
    if p[_X509 + "sign"]:
        _signing(add(security, "Signing"), p, alias)
    if receives and p[_X509 + "encryption.encrypt"]:
        _encryption(add(security, "Encryption"), p, alias)


def _signing(above: Any, p: Mapping[str, Any], alias: str) -> None:
    add(above, "KeystoreAlias", text=alias)
    identifier = p["leg.x.signature.key_identifier"]
    method = back(HOLODECK_KEYS, "bst" if identifier == "bst-pkipath" else identifier)
    add(above, "KeyReferenceMethod", text=method or "IssuerSerial")
    if identifier == "bst-pkipath":
        add(above, "IncludeCertificatePath", text=True)
    add(above, "Algorithm", text=p[_X509 + "signature.algorithm"])
    add(above, "HashFunction", text=p[_X509 + "signature.hash_function"])


def _encryption(above: Any, p: Mapping[str, Any], alias: str) -> None:
    add(above, "KeystoreAlias", text=alias)
    add(above, "Algorithm", text=p[_X509 + "encryption.algorithm"])
    method = back(HOLODECK_KEYS, p["leg.x.encryption.key_identifier"])
    transport = p["leg.x.encryption.key_transport"]
    keys = add(above, "KeyTransport")
    if transport in (a.RSA_OAEP, a.RSA_OAEP_MGF1P):
        add(keys, "Algorithm", text=transport)
        if transport == a.RSA_OAEP:
            add(keys, "MGFAlgorithm", text=p["leg.x.encryption.mgf"])
        add(keys, "DigestAlgorithm", text=p["leg.x.encryption.digest"])
    add(keys, "KeyReferenceMethod", text=method or "IssuerSerial")


def _leg(above: Any, leg: Exchange, *, product_sends: bool) -> None:
    p = leg.parameters
    protocol = add(above, "Protocol")
    address = leg.sender.url if leg.pulled else leg.receiver.url
    if address:
        add(protocol, "Address", text=address)
    add(protocol, "SoapVersion", text=p["leg.protocol.soap_version"])
    if p["leg.security.send_receipt.send"]:
        _receipt(add(above, "Receipt"), leg, product_sends=product_sends)
    _awareness(add(above, "ReceptionAwareness"), p, product_sends=product_sends)
    if leg.pulled:
        add(add(above, "PullRequestFlow"), "Mpc", text=leg.mpc)
    _flow(add(above, "UserMessageFlow"), leg)


def _receipt(above: Any, leg: Exchange, *, product_sends: bool) -> None:
    """A sender says whether to tell its application, a receiver how to answer: the schema has a choice of the two."""
    p = leg.parameters
    if product_sends:
        add(above, "NotifyReceiptToBusinessApplication", text=p[_REPORT + "missing_receipt_notify_producer"])
        return
    pattern = str(p["leg.security.send_receipt.reply_pattern"]).upper()
    add(above, "ReplyPattern", text=pattern)
    if pattern == "CALLBACK" and leg.sender.url:
        add(above, "To", text=leg.sender.url)


def _awareness(above: Any, p: Mapping[str, Any], *, product_sends: bool) -> None:
    if not product_sends:
        add(above, "UseDuplicateElimination", text=p["leg.reception_awareness.duplicate_detection"])
        return
    schedule = read_schedule(p[TEXT])
    if p["leg.reception_awareness.retry"] and schedule.intervals:
        add(above, "WaitIntervals", text=",".join(str(max(round(one.total_seconds()), 1)) for one in schedule.intervals))
        return
    found = steady(p[TEXT])
    add(above, "MaxRetries", text=found.retries if p["leg.reception_awareness.retry"] else 0)
    add(above, "RetryInterval", text=max(round(found.interval.total_seconds()), 1))


def _flow(above: Any, leg: Exchange) -> None:
    p = leg.parameters
    info = add(above, "BusinessInfo")
    add(info, "Action", text=leg.action)
    if leg.mpc != DEFAULT_MPC:
        add(info, "Mpc", text=leg.mpc)
    service = add(info, "Service")
    add(service, "name", text=leg.service.value)
    if leg.service.type:
        add(service, "type", text=leg.service.type)
    errors = add(above, "ErrorHandling")
    as_response = p[_REPORT + "as_response"]
    add(errors, "ReplyPattern", text="RESPONSE" if as_response else "CALLBACK")
    if not as_response and leg.sender.url:
        add(errors, "ReceiverErrorsTo", text=leg.sender.url)
    add(errors, "NotifyErrorToBusinessApplication", text=p[_REPORT + "process_error_notify_producer"])
    add(add(above, "PayloadProfile"), "UseAS4Compression", text=p["leg.payload_service.compression_type"] == GZIP)
