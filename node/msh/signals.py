"""Signals: receipts and errors as we write them, and as we judge those that partners send about our messages."""

from dataclasses import dataclass

from node.ebms.envelope import empty_body, write_envelope, write_fault
from node.ebms.errors import EbmsError, FailedAuthentication, InvalidReceipt, SoapFault
from node.ebms.header_writer import write_messaging
from node.ebms.message import ErrorReport, MessageInfo, Messaging, Receipt, SignalMessage
from node.ebms.namespaces import SOAP_11, SOAP_12
from node.ebms.pmode import PMode, Signature
from node.ebms.receipts import match_copy, match_receipt
from node.msh.opening import Opened
from node.msh.ports import Answer, Ports, Sent, Signed
from node.msh.signed import signed_of
from node.msh.submit import timestamp
from node.security.certificates import Certificate
from node.security.claim import Claim
from node.security.sign import security_header, sign
from node.security.verify import Proof, verify_signature


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a partner's signal about one of our messages proves.

    `matched` is true for a receipt that repeats exactly what we signed. `error` is the eb:Error that was sent instead. `authentic` tells whether the
    signal is protected as the P-Mode asks; an error that is not can only be a hint.
    """

    matched: bool
    authentic: bool
    error: ErrorReport | None = None
    detail: str = ""
    #: The signature of the signal, where there is one and it holds.
    signed: Signed | None = None


# -- writing ---------------------------------------------------------------------------------------------------------


def soap_content_type(soap_version: str) -> str:
    """The Content-Type of an envelope that travels alone."""
    return f"{SOAP_12 if soap_version == '1.2' else SOAP_11}; charset=UTF-8"


def write_receipt(receipt: Receipt, ref_to_message_id: str, pmode: PMode, ports: Ports) -> tuple[str, bytes]:
    """The receipt signal as Content-Type and octets, signed as the P-Mode signs signals."""
    info = MessageInfo(timestamp(ports.clock.now()), f"{ports.identifiers.unique()}@{ports.host}", ref_to_message_id)
    return write_signal(SignalMessage(info, receipt=receipt), pmode, ports)


def write_error(error: EbmsError, pmode: PMode | None, ports: Ports, soap_version: str = "1.2") -> tuple[str, bytes]:
    """The error signal as Content-Type and octets; signed where a P-Mode is known and signs.

    Nothing of `error.detail` travels: the peer reads the code and the catalogue's words.
    """
    definition = error.definition
    report = ErrorReport(
        code=definition.code,
        severity=definition.severity,
        short_description=definition.short_description,
        category=definition.category,
        origin="ebMS",
        ref_to_message_in_error=error.ref_to_message_id,
    )
    info = MessageInfo(timestamp(ports.clock.now()), f"{ports.identifiers.unique()}@{ports.host}", error.ref_to_message_id)
    return write_signal(SignalMessage(info, errors=(report,)), pmode, ports, soap_version)


def write_signal(
    signal: SignalMessage, pmode: PMode | None, ports: Ports, soap_version: str = "1.2", before: bytes = b""
) -> tuple[str, bytes]:
    """A signal as simple SOAP with an empty, signed Body (standards 1.6); `before` is a header block that stands first."""
    unique = ports.identifiers.unique()
    soap = pmode.leg.protocol.soap_version if pmode else soap_version
    # spec: A 5.1.4
    messaging_id, body_id = f"_msg-{unique}", f"_body-{unique}"
    messaging = write_messaging(Messaging(signal_messages=(signal,)), messaging_id, soap)
    body = empty_body(body_id, soap)
    policy = own_policy(pmode) if pmode else None
    if policy is None or not policy.sign or not policy.certificate:
        return soap_content_type(soap), write_envelope(before, messaging, body, soap_version=soap)
    key = ports.keyring.signing_key(policy.certificate[0], ports.clock.now())
    parts = sign(messaging, messaging_id, body, body_id, (), policy, key, unique)
    security = before + security_header((parts.octets,), soap)
    return soap_content_type(soap), write_envelope(security, messaging, body, soap_version=soap)


def own_policy(pmode: PMode) -> Signature:
    """How we sign under this P-Mode: as the receiver of its leg, or, about a signal that answers what we sent, as its sender."""
    return pmode.leg.security.signal_signature if pmode.inbound else pmode.leg.security.signature


def fault_answer(fault: SoapFault, soap_version: str = "1.2") -> Answer:
    """A SOAP fault as an HTTP answer; 405, 413 and 415 have no body."""
    if fault.http_status in (405, 413, 415):
        return Answer(fault.http_status)
    return Answer(fault.http_status, soap_content_type(soap_version), write_fault(fault, soap_version))


# -- judging ---------------------------------------------------------------------------------------------------------


def judge_signal(opened: Opened, sent: Sent, pmode: PMode, ports: Ports) -> Verdict:
    """What the signals say about this exchange.

    Raises EbmsError InvalidReceipt for a receipt that does not prove it, FailedAuthentication or PolicyNoncompliance for a
    signature that is not the partner's.
    """
    policy = pmode.leg.security.signal_signature
    about = tuple(s for s in opened.messaging.signal_messages if is_about(s, sent.message_id))
    if not about:
        raise EbmsError(InvalidReceipt, f"the answer holds no signal about {sent.message_id}")
    receipt = next((s.receipt for s in about if s.receipt is not None), None)
    if receipt is not None:
        proof = check_receipt(opened.claim, receipt, sent, pmode, ports)
        return Verdict(matched=True, authentic=True, signed=signed_of(proof, ports.keyring, ports.clock.now()))
    return judge_errors(opened.claim, about, policy, ports)


def is_about(signal: SignalMessage, message_id: str) -> bool:
    """Whether a signal names this message, in either of the two places (trap 19)."""
    return signal.message_info.ref_to_message_id == message_id or any(
        error.ref_to_message_in_error == message_id for error in signal.errors
    )


def check_receipt(claim: Claim, receipt: Receipt, sent: Sent, pmode: PMode, ports: Ports) -> Proof:
    """Signature and signer first, then every reference against what we signed; the proof of the signature."""
    policy = pmode.leg.security.signal_signature
    # spec: A 5.1.8
    proof = verify_signature(claim, policy, accepted_signers(policy, ports), ())
    if sent.references:
        match_receipt(receipt, sent.references)
    elif pmode.leg.security.signature.sign:
        raise EbmsError(InvalidReceipt, f"nothing of {sent.message_id} has been signed yet that a receipt could repeat")
    elif (exchange := ports.messages.exchange(sent.message_id)) is not None:
        match_copy(receipt, exchange.user_message)
    return proof


def judge_errors(claim: Claim, about: tuple[SignalMessage, ...], policy: Signature, ports: Ports) -> Verdict:
    """The first failure among the errors; an unsigned error is a hint and no verdict (standards 1.7)."""
    errors = [error for signal in about for error in signal.errors]
    # Unknown severities, such as the Core's own `fatal`, count as failure.
    failure = next((error for error in errors if error.severity.lower() != "warning"), errors[0] if errors else None)
    if policy.sign and claim.signature is None:
        return Verdict(matched=False, authentic=False, error=failure, detail="the error is not signed, so it is only a hint")
    proof = verify_signature(claim, policy, accepted_signers(policy, ports), ())
    return Verdict(matched=False, authentic=True, error=failure, signed=signed_of(proof, ports.keyring, ports.clock.now()))


def accepted_signers(policy: Signature, ports: Ports) -> tuple[Certificate, ...]:
    """The certificates that may sign now. Raises FailedAuthentication, with each reason, when there is none."""
    now = ports.clock.now()
    signers = tuple(ports.keyring.signers(policy.certificate, now))
    if policy.sign and not signers:
        reasons = "; ".join(f"{name}: {why}" for name, why in ports.keyring.why_not(policy.certificate, now).items())
        raise EbmsError(FailedAuthentication, f"no agreed certificate may sign now ({reasons or 'none is agreed'})")
    return signers
