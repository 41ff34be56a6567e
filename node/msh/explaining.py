"""What this node would do with a message, and why: the very story of receiving, told step by step, with ports that keep nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from node.ebms.errors import CATALOGUE, EbmsError, SoapFault
from node.ebms.message import Messaging, UserMessage
from node.ebms.pmode import PMode
from node.msh.beheld import Beheld, Looking
from node.msh.inbound import receive_in_sight
from node.msh.opening import Opened, open_message
from node.msh.ports import AcceptedPayload, Answer, NearMiss, Peer, PModeNotFound, Ports
from node.msh.refusals import Sight
from node.msh.steps import ASKS, OF_MESSAGES, OF_SIGNALS, Step
from node.security.certificates import Certificate, CertificateRefused

PASSED: Final = "passed"
REFUSED: Final = "refused"
NOT_REACHED: Final = "not reached"
#: A step that cannot be asked: what it needs is not in what was captured.
NOT_KNOWN: Final = "not known"
#: What a peer or stranger wrote is cut to this length.
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One step and what came of it."""

    step: Step
    verdict: str
    #: Why it was refused; what was seen where it passed, if that is worth telling.
    detail: str = ""

    @property
    def asks(self) -> str:
        """What it asks."""
        return ASKS[self.step]


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate that the message may mean: its name in certs/partners, and why it may not sign now."""

    name: str
    subject: str
    sha256: str
    agreed: bool
    #: Empty where it is believed.
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would become of a message."""

    accepted: bool
    steps: tuple[Told, ...]
    #: The refusal as the log would have it: an ebMS code or that of a SOAP fault, and our reason.
    code: str = ""
    reason: str = ""
    message_id: str = ""
    pmode: PMode | None = None
    nearest: NearMiss | None = None
    user_message: UserMessage | None = None
    #: How the signature names its certificate, and which of those that we hold that is.
    reference: str = ""
    signers: tuple[Signer, ...] = ()
    duplicate: bool = False
    payloads: tuple[AcceptedPayload, ...] = ()
    answer: Answer | None = None
    #: In words.
    answered_with: str = ""


def explain(
    content_type: str,
    chunks: Iterable[bytes | memoryview],
    peer: Peer,
    ports: Ports,
    store: Looking,
    held: Mapping[str, Certificate],
) -> Explanation:
    """The verdict of `receive`, without anything of it being done. `held` are the certificates of partners by name."""
    beheld, sight = Beheld(store), Sight(peer)
    answer = receive_in_sight(content_type, chunks, sight, replace(ports, messages=beheld))
    opened = _opened(sight)
    refusal, messaging = beheld.refusal, opened.messaging if opened else None
    user_message = messaging.user_message if messaging else None
    nearest = _nearest(user_message, ports) if sight.pmode is None else None
    pmode = sight.pmode or (ports.agreements.get(nearest.pmode_id) if nearest else None)
    reference, signers = _signers(opened, pmode, held, ports) if opened else ("", ())
    return Explanation(
        accepted=refusal is None and answer.status != 503,
        steps=tuple(_steps(sight, beheld, messaging)),
        code=refusal.error_code if refusal else "",
        reason=refusal.detail if refusal else "",
        message_id=sight.message_id or "",
        pmode=sight.pmode,
        nearest=nearest,
        user_message=user_message,
        reference=reference,
        signers=signers,
        duplicate=beheld.acceptance is not None and beheld.acceptance.duplicate,
        payloads=beheld.accepted.payloads if beheld.accepted else (),
        answer=answer,
        answered_with=_in_words(answer, sight, beheld),
    )


def _opened(sight: Sight) -> Opened | None:
    """The envelope once more, for what the story does not give back."""
    if not sight.root:
        return None
    for media_type in ("application/soap+xml", "text/xml"):
        try:
            return open_message(sight.root, media_type)
        except (EbmsError, SoapFault):
            continue
    return None


# -- steps ---------------------------------------------------------------------------------------------------------------


def _steps(sight: Sight, beheld: Beheld, messaging: Messaging | None) -> Iterable[Told]:
    """Those before the last were passed; the last one passed too, unless it refused."""
    steps = OF_SIGNALS if sight.step is Step.SIGNAL else OF_MESSAGES
    at = steps.index(sight.step)
    for number, one in enumerate(steps):
        if number > at:
            yield Told(one, NOT_REACHED)
        elif number == at and beheld.refusal is not None:
            yield Told(one, REFUSED, beheld.refusal.detail)
        else:
            yield Told(one, PASSED, _seen(one, sight, beheld, messaging))


def _seen(one: Step, sight: Sight, beheld: Beheld, messaging: Messaging | None) -> str:
    match one:
        case Step.PACKAGE:
            return f"{sight.size} octets were read"
        case Step.HEADER if sight.message_id:
            return f"MessageId {sight.message_id[:_SHOWN]}"
        case Step.AGREEMENT if sight.pmode:
            return sight.pmode.id
        case Step.CONNECTION if sight.peer.called:
            return "taken for granted: a capture does not say over which connection it came"
        case Step.SIGNATURE if sight.pmode and not sight.pmode.leg.security.signature.sign:
            return "none was agreed"
        case Step.TIME if beheld.accepted and beheld.accepted.age:
            return beheld.accepted.age.words
        case Step.KEYS if sight.pmode and not sight.pmode.leg.security.encryption.encrypt:
            return "nothing is agreed to be encrypted"
        case Step.PAYLOADS if beheld.accepted:
            sizes = ", ".join(f"{each.inflated_size} octets of {each.media_type}" for each in beheld.accepted.payloads)
            return sizes or "there are none"
        case Step.ACCEPTANCE if beheld.acceptance:
            return "it was accepted before: the stored receipt goes out again" if beheld.acceptance.duplicate else "it is new"
        case Step.SIGNAL:
            return _signal_seen(beheld, messaging)
    return ""


def _signal_seen(beheld: Beheld, messaging: Messaging | None) -> str:
    if beheld.settlement is not None:
        return f"{beheld.settlement.message_id}: {beheld.settlement.event.value} {beheld.settlement.detail}".rstrip()
    if messaging and any(one.pull_request for one in messaging.signal_messages):
        return f"the partner would be given {beheld.given.message_id}" if beheld.given else "nothing waits on the channel"
    return ""


# -- why -----------------------------------------------------------------------------------------------------------------


def _nearest(user_message: UserMessage | None, ports: Ports) -> NearMiss | None:
    if user_message is None:
        return None
    try:
        ports.agreements.find(user_message)
    except PModeNotFound as error:
        return error.nearest
    except EbmsError:
        return None
    return None


def _signers(
    opened: Opened, pmode: PMode | None, held: Mapping[str, Certificate], ports: Ports
) -> tuple[str, tuple[Signer, ...]]:
    """How the signature names its certificate, and each certificate that we hold which that may be."""
    signature = opened.claim.signature
    if signature is None:
        return "", ()
    agreed = pmode.leg.security.signature.certificate if pmode else ()
    try:
        meant = signature.signer.select(held.values())
    except CertificateRefused as error:
        return f"{signature.signer}: {error}", ()
    ders = {one.der for one in meant}
    names = [name for name, one in held.items() if one.der in ders]
    why_not = ports.keyring.why_not(names, ports.clock.now())
    return str(signature.signer), tuple(
        Signer(name, held[name].subject, held[name].sha256, name in agreed, why_not.get(name, "")) for name in names
    )


def _in_words(answer: Answer, sight: Sight, beheld: Beheld) -> str:
    if answer.status == 503:
        return "HTTP 503: the store takes nothing now"
    if beheld.refusal is not None:
        code = beheld.refusal.error_code
        if code.startswith("SOAP:"):
            return f"a SOAP fault {code.removeprefix('SOAP:')} (HTTP {answer.status})"
        known = CATALOGUE.get(code)
        said = f"{code} {known.short_description}" if known else code
        if answer.octets:
            return f"the error {said} (HTTP {answer.status})"
        later = (
            "posted by itself"
            if sight.pmode and not sight.carries_error
            else "for our log alone: an error is never answered by one"
        )
        return f"HTTP {answer.status} and nothing else; the error {said} is {later}"
    if sight.step is Step.SIGNAL:
        if beheld.settlement is not None or not (answer.octets or answer.body):
            return f"HTTP {answer.status} and nothing else" if beheld.given is None else "the message that waits"
        return (
            "the error EBMS:0006 EmptyMessagePartitionChannel: nothing waits"
            if beheld.given is None
            else "the message that waits"
        )
    if answer.octets:
        again = " that went out before, octet for octet" if beheld.acceptance and beheld.acceptance.duplicate else ""
        return f"the receipt{again} (HTTP {answer.status})"
    later = "; the receipt is posted by itself" if beheld.accepted and beheld.accepted.receipt_later else ""
    return f"HTTP {answer.status} and nothing else{later}"
