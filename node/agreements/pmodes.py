"""An agreement as P-Modes: one for each service, action and direction, all sharing what the leg says."""

from collections.abc import Iterator
from typing import Final

from node.agreements.agreement import AgreedService, Agreement, Us
from node.agreements.resolve import Resolved
from node.agreements.retrying import retry_parameters
from node.ebms.message import Party, PartyId, Service
from node.ebms.namespaces import GZIP, TEST_ACTION, TEST_SERVICE
from node.ebms.pmode import (
    BusinessInfo,
    Encryption,
    ErrorHandling,
    Leg,
    Limits,
    PayloadService,
    PMode,
    Protocol,
    ReceptionAwareness,
    Security,
    SendReceipt,
    Signature,
)

# spec: ED 3.2.4
_TEST: Final = AgreedService(Service(TEST_SERVICE), (TEST_ACTION,))
_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."


def pmodes_of(agreement: Agreement) -> Iterator[PMode]:
    """Every P-Mode of an agreement, in the order in which it names services and actions; the test service last."""
    services = agreement.services + ((_TEST,) if agreement.test_service else ())
    for agreed in services:
        for action in agreed.actions:
            for inbound in (False, True):
                # Nothing can be sent to a partner without an address, not even a test.
                if agreed.direction in ("both", "receive" if inbound else "send") and (inbound or agreement.url):
                    yield pmode(agreement, agreed.service, action, inbound=inbound, test=agreed is _TEST)


def pmode_id(partner: str, service: Service, action: str, *, inbound: bool) -> str:
    """The name of a P-Mode: stable as long as partner, service and action are, since exchanges are stored with it."""
    return f"{partner}/{'receive' if inbound else 'send'}/{service.value}/{action}"


def pmode(agreement: Agreement, service: Service, action: str, *, inbound: bool, test: bool) -> PMode:
    """One P-Mode."""
    p = agreement.parameters
    initiator_ids, responder_ids = agreement.us.party_ids, agreement.party_ids
    initiator_role, responder_role = agreement.us.role, agreement.role
    if inbound:
        initiator_ids, responder_ids = responder_ids, initiator_ids
        initiator_role, responder_role = responder_role, initiator_role
    return PMode(
        id=pmode_id(agreement.partner, service, action, inbound=inbound),
        partner=agreement.partner,
        inbound=inbound,
        initiator=Party(sorted_ids(initiator_ids), initiator_role or p["initiator.role"]),
        responder=Party(sorted_ids(responder_ids), responder_role or p["responder.role"]),
        leg=leg(agreement, service, action, inbound=inbound, test=test),
        agreement=agreement.agreement_ref,
        mep=p["mep"],
        mep_binding=p["mep_binding"],
        test_service=test,
    )


def sorted_ids(party_ids: tuple[PartyId, ...]) -> tuple[PartyId, ...]:
    """Party ids in an order that does not depend on who wrote them."""
    return tuple(sorted(party_ids, key=lambda one: (one.type or "", one.value)))


def leg(agreement: Agreement, service: Service, action: str, *, inbound: bool, test: bool) -> Leg:
    """PMode[1]."""
    p = agreement.parameters
    compression = p["leg.payload_service.compression_type"]
    max_size = p["leg.business_info.payload_profile_max_size"]
    return Leg(
        protocol=Protocol(None if inbound else agreement.url, p["leg.protocol.soap_version"]),
        business_info=BusinessInfo(
            service=service,
            action=action,
            # A test message has no business content to rule.
            properties=() if test else agreement.properties,
            payload_profile=() if test else agreement.payload_profile,
            payload_max_size=max_size * 1000 if max_size else None,
            mpc=p["leg.business_info.mpc"],
        ),
        security=security(agreement, inbound=inbound),
        error_handling=ErrorHandling(
            as_response=p[_REPORT + "as_response"],
            process_error_notify_consumer=p[_REPORT + "process_error_notify_consumer"],
            process_error_notify_producer=p[_REPORT + "process_error_notify_producer"],
            delivery_failures_notify_producer=p[_REPORT + "delivery_failures_notify_producer"],
            missing_receipt_notify_producer=p[_REPORT + "missing_receipt_notify_producer"],
        ),
        reception_awareness=ReceptionAwareness(
            enabled=p["leg.reception_awareness.enabled"],
            retry=p["leg.reception_awareness.retry"],
            retry_parameters=retry_parameters(p),
            duplicate_detection=p["leg.reception_awareness.duplicate_detection"],
            detect_duplicates_parameters=p["leg.reception_awareness.detect_duplicates_parameters"],
        ),
        payload_service=PayloadService(GZIP if compression == GZIP else None),
        limits=limits(p),
    )


def limits(p: Resolved) -> Limits:
    """x.Payload and x.Http."""
    return Limits(
        max_total=p["leg.x.payload.max_total"],
        max_inflated=p["leg.x.payload.max_inflated"],
        max_ratio=p["leg.x.payload.max_ratio"],
        max_parts=p["leg.x.payload.max_parts"],
        connect_timeout=float(p["leg.x.http.connect_timeout"]),
        read_timeout=float(p["leg.x.http.read_timeout"]),
    )


def security(agreement: Agreement, *, inbound: bool) -> Security:
    """PMode[1].Security: whoever initiates signs the user message, the other side signs the signals about it."""
    p, us, theirs = agreement.parameters, agreement.us, agreement.certificates
    ours_sign, ours_encrypt = own(us)
    return Security(
        signature=signature(p, theirs.sign if inbound else ours_sign),
        encryption=Encryption(
            encrypt=p[_X509 + "encryption.encrypt"],
            algorithm=p[_X509 + "encryption.algorithm"],
            certificate=ours_encrypt if inbound else theirs.encrypt,
            minimum_strength=p[_X509 + "encryption.minimum_strength"],
            key_transport=p["leg.x.encryption.key_transport"],
            key_identifier=p["leg.x.encryption.key_identifier"],
            digest=p["leg.x.encryption.digest"],
            mgf=p["leg.x.encryption.mgf"],
            kdf=p["leg.x.encryption.kdf"],
        ),
        signal_signature=signature(p, ours_sign if inbound else theirs.sign),
        wss_version=p["leg.security.wss_version"],
        pmode_authorize=p["leg.security.pmode_authorize"],
        send_receipt=SendReceipt(
            send=p["leg.security.send_receipt.send"],
            non_repudiation=p["leg.security.send_receipt.non_repudiation"],
            reply_pattern=p["leg.security.send_receipt.reply_pattern"],
        ),
        also_allowed=frozenset(p["leg.x.inbound.allowed_algorithms"]),
    )


def own(us: Us) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our signing and our encryption key by name."""
    return (us.sign,), (us.encrypt,)


def signature(p: Resolved, certificate: tuple[str, ...]) -> Signature:
    """PMode[1].Security.X509.Sign and .Signature for one signer."""
    return Signature(
        sign=p[_X509 + "sign"],
        algorithm=p[_X509 + "signature.algorithm"],
        hash_function=p[_X509 + "signature.hash_function"],
        certificate=certificate,
        key_identifier=p["leg.x.signature.key_identifier"],
    )
