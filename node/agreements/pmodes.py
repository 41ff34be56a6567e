"""An agreement as P-Modes: one for each service, action and direction, all sharing what the leg says."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Final

from node.agreements.agreement import AgreedService, Agreement, Us
from node.agreements.patterns import binding_of, channel_of, is_pulled, is_swapped, is_sync, sync_wait
from node.agreements.resolve import Resolved
from node.agreements.retrying import retry_parameters
from node.agreements.timing import message_time
from node.ebms.message import Party, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, GZIP, PULL, PULL_AND_PUSH, PUSH_AND_PULL, TEST_ACTION, TEST_SERVICE
from node.ebms.pmode import (
    BusinessInfo,
    Encryption,
    ErrorHandling,
    Leg,
    Limits,
    PayloadService,
    PMode,
    Protocol,
    Pulling,
    ReceptionAwareness,
    Security,
    SendReceipt,
    Signature,
)
from node.msh.schedule import read_duration

# spec: ED 3.2.4
_TEST: Final = AgreedService(Service(TEST_SERVICE), (TEST_ACTION,), pulled=False, mpc=DEFAULT_MPC)
_X509: Final = "leg.security.x509."
_REPORT: Final = "leg.error_handling.report."


def pmodes_of(agreement: Agreement) -> Iterator[PMode]:
    """Every P-Mode of an agreement, in the order in which it names services and actions; the test service last."""
    services = agreement.services + ((_TEST,) if agreement.test_service else ())
    # The P-Modes of one agreement are protected in a few ways only.
    secured = cache(partial(security, agreement))
    for agreed in services:
        for action in agreed.actions:
            for inbound in (False, True):
                # Nothing can be sent to a partner without an address, not even a test; nor pulled from it.
                reachable = bool(agreement.url) or inbound != is_pulled(agreement, agreed)
                if agreed.direction in ("both", "receive" if inbound else "send") and reachable:
                    yield pmode(agreement, agreed, action, secured, inbound=inbound)


def pmode_id(partner: str, service: Service, action: str, *, inbound: bool) -> str:
    """The name of a P-Mode: stable as long as partner, service and action are, since exchanges are stored with it."""
    return f"{partner}/{'receive' if inbound else 'send'}/{service.value}/{action}"


def pmode(agreement: Agreement, agreed: AgreedService, action: str, secured: Callable[..., Security], *, inbound: bool) -> PMode:
    """One P-Mode."""
    p, pulled = agreement.parameters, is_pulled(agreement, agreed)
    # spec: C D.3.1, whoever pulls is the initiator, and whoever answers is not
    roles = (
        (p["responder.role"], p["initiator.role"])
        if is_swapped(agreement, agreed)
        else (p["initiator.role"], p["responder.role"])
    )
    mep, mep_binding = binding_of(agreement, agreed, action)
    initiator_ids, responder_ids = agreement.us.party_ids, agreement.party_ids
    initiator_role, responder_role = agreement.us.role, agreement.role
    if inbound:
        initiator_ids, responder_ids = responder_ids, initiator_ids
        initiator_role, responder_role = responder_role, initiator_role
    return PMode(
        id=pmode_id(agreement.partner, agreed.service, action, inbound=inbound),
        partner=agreement.partner,
        inbound=inbound,
        initiator=Party(sorted_ids(initiator_ids), initiator_role or roles[0]),
        responder=Party(sorted_ids(responder_ids), responder_role or roles[1]),
        leg=leg(agreement, agreed, action, secured, inbound=inbound),
        agreement=agreement.agreement_ref,
        mep=mep,
        mep_binding=mep_binding,
        test_service=agreed.service.value == TEST_SERVICE,
        pulling=pulling(p) if pulled else None,
        answers=agreed.answers,
        sync=sync_wait(agreement, agreed, action),
    )


def pulling(p: Resolved) -> Pulling:
    """How messages are pulled, whoever of the two does it."""
    authorize = p["leg.security.pmode_authorize"]
    return Pulling(
        interval=read_duration(p["leg.x.pull.interval"]).total_seconds(),
        username=p["initiator.authorization.username"] if authorize else None,
        password=p["initiator.authorization.password"] if authorize else None,
        digest=p["leg.security.username_token.digest"],
    )


def sorted_ids(party_ids: tuple[PartyId, ...]) -> tuple[PartyId, ...]:
    """Party ids in an order that does not depend on who wrote them."""
    return tuple(sorted(party_ids, key=lambda one: (one.type or "", one.value)))


def leg(agreement: Agreement, agreed: AgreedService, action: str, secured: Callable[..., Security], *, inbound: bool) -> Leg:
    """PMode[1]."""
    p, pulled, test = agreement.parameters, is_pulled(agreement, agreed), agreed.service.value == TEST_SERVICE
    back_channel = not pulled and not is_sync(agreement, agreed)
    max_size = p["leg.business_info.payload_profile_max_size"]
    return Leg(
        protocol=Protocol(agreement.url or None if inbound == pulled else None, p["leg.protocol.soap_version"]),
        business_info=BusinessInfo(
            service=agreed.service,
            action=action,
            # A test message has no business content to rule.
            properties=() if test else agreement.properties,
            payload_profile=() if test else agreement.payload_profile,
            payload_max_size=max_size * 1000 if max_size else None,
            mpc=channel_of(agreement, agreed),
        ),
        # An answer that fills the response of its request leaves no response either.
        security=secured(inbound=inbound, pulled=not back_channel),
        error_handling=errors(agreement, inbound=inbound, back_channel=back_channel),
        reception_awareness=p.once("awareness", lambda: awareness(p)),
        payload_service=p.once("payload service", lambda: payload_service(p)),
        limits=p.once("limits", lambda: limits(p)),
        time=p.once("time", lambda: message_time(p)),
    )


def errors(agreement: Agreement, *, inbound: bool, back_channel: bool) -> ErrorHandling:
    """PMode[1].ErrorHandling."""
    p = agreement.parameters
    # Where we post errors about what we receive; our own agreement does not know where the partner posts.
    to = (p[_REPORT + "receiver_errors_to"] or agreement.url or None) if inbound else None

    def made() -> ErrorHandling:
        return ErrorHandling(
            receiver_errors_to=to,
            # spec: ED 4.5.3, after a pull there is no response left
            as_response=p[_REPORT + "as_response"] and back_channel,
            process_error_notify_consumer=p[_REPORT + "process_error_notify_consumer"],
            process_error_notify_producer=p[_REPORT + "process_error_notify_producer"],
            delivery_failures_notify_producer=p[_REPORT + "delivery_failures_notify_producer"],
            missing_receipt_notify_producer=p[_REPORT + "missing_receipt_notify_producer"],
        )

    return made() if to else p.once(("errors", back_channel), made)


def awareness(p: Resolved) -> ReceptionAwareness:
    """PMode[1].ReceptionAwareness."""
    return ReceptionAwareness(
        enabled=p["leg.reception_awareness.enabled"],
        retry=p["leg.reception_awareness.retry"],
        retry_parameters=retry_parameters(p),
        duplicate_detection=p["leg.reception_awareness.duplicate_detection"],
        detect_duplicates_parameters=p["leg.reception_awareness.detect_duplicates_parameters"],
    )


def payload_service(p: Resolved) -> PayloadService:
    """PMode[1].PayloadService."""
    return PayloadService(GZIP if p["leg.payload_service.compression_type"] == GZIP else None)


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


def security(agreement: Agreement, *, inbound: bool, pulled: bool = False) -> Security:
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
            reply_pattern=reply_pattern(p, pulled=pulled),
            reply_to=(p["leg.security.send_receipt.reply_to"] or agreement.url or None) if inbound else None,
        ),
        also_allowed=frozenset(p["leg.x.inbound.allowed_algorithms"]),
    )


def reply_pattern(p: Resolved, *, pulled: bool) -> str:
    """How a receipt comes: after a pull there is no response left; and where the profile pulls, what it says is about that, and not about what is pushed."""
    # spec: ED 4.5.3
    if pulled:
        return "Callback"
    pulls = p["mep_binding"] in (PULL, PUSH_AND_PULL, PULL_AND_PUSH)
    return "Response" if pulls else str(p["leg.security.send_receipt.reply_pattern"])


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
