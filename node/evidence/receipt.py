"""A receipt and its six checks, each by itself. Source: the format of evidence, 7."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from node.ebms.errors import EbmsError
from node.ebms.message import Receipt, SignedReference
from node.evidence.bundle import acknowledged
from node.evidence.case import Case
from node.evidence.entry import Entry, Kind, read_instant
from node.evidence.finding import Check, Finding, found, said_at
from node.evidence.manifest import Exchange
from node.evidence.recorded import recorded_references
from node.evidence.signed import NotSigned, Signed, open_signed, prove, signer_of
from node.evidence.told import missigned
from node.evidence.unproven import ahead
from node.security.certificates import Certificate
from node.security.trust import Untrusted


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an entry says of a message of which the envelope is no longer kept."""

    message_id: str
    references: tuple[SignedReference, ...]


@dataclass(slots=True)
class _Trial:
    """One receipt for one message."""

    case: Case
    exchange: Exchange
    number: int
    entry: Entry
    receipt: Signed | None = None
    message: "Signed | Recorded | None" = None
    signer: Certificate | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def tell(self, step: int, word: str, **said: object) -> Finding:
        at = {"message": self.exchange.message_id, "partner": self.exchange.partner, "number": self.number}
        return replace(found(Check.RECEIPTS, f"receipt.{step}.{word}", f"log/{self.number}.json", **{**at, **said}), step=step)


def check_receipts(case: Case) -> Iterator[Finding]:
    """The check `receipts`: six findings for each exchange that was acknowledged."""
    for exchange in case.manifest.exchanges:
        for number, entry in acknowledged(case.entries, exchange):
            yield from _six(case, exchange, number, entry)


def _six(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    trial = _Trial(case, exchange, number, entry)
    trial.receipt = _opened(trial, "receipt", entry)
    before = [case.entries[one] for one in exchange.entries if one < number and one in case.entries]
    # The last of them: a message that was packaged anew went out as it was then.
    packaged = next((one for one in reversed(before) if one.kind is Kind.PACKAGED), None)
    if packaged is not None:
        trial.message = _recorded(case, exchange, packaged) or _opened(trial, "envelope", packaged)
    if trial.receipt is not None:
        trial.signer = signer_of(case, trial.receipt)
        for signal in trial.receipt.opened.messaging.signal_messages[:1]:
            yield from ahead(entry, exchange, number, signal.message_info.timestamp)
    yield _refers(trial)
    yield _signature(trial)
    yield _partner(trial)
    yield _certificate(trial)
    yield _digests(trial)
    yield _in_time(trial)


def _recorded(case: Case, exchange: Exchange, packaged: Entry) -> Recorded | None:
    """What the log said of the message when it was signed, where a rule has removed its envelope since, and the log says so."""
    digest = packaged.objects.get("envelope", "")
    if digest in case.objects or not any(one.sha256 == digest and one.why == "purged" for one in case.manifest.absent):
        return None
    theirs = [case.entries[one] for one in exchange.entries if one in case.entries]
    if not any(one.kind is Kind.PURGED and digest in one.objects.values() for one in theirs):
        return None
    references = recorded_references(packaged) if "signed" in packaged.facts else ()
    return Recorded(packaged.about.get("message_id", ""), references) if references else None


def _opened(trial: _Trial, name: str, entry: Entry) -> Signed | None:
    octets = trial.case.objects.get(entry.objects.get(name, ""))
    if octets is None:
        trial.problems[name] = "its octets are not in the bundle"
        return None
    try:
        return open_signed(octets)
    except NotSigned as problem:
        trial.problems[name] = str(problem)
        return None


def _refers(trial: _Trial) -> Finding:
    told = _signal(trial.receipt)
    if told is None:
        return trial.tell(1, "unreadable", why=trial.problems.get("receipt", "there is no receipt in it"))
    if isinstance(trial.message, Recorded):
        own = trial.message.message_id
        return trial.tell(1, "recorded" if told[0] == own else "bad", ref=told[0] or "-", own=own)
    message = trial.message.opened.messaging.user_message if trial.message else None
    if message is None:
        return trial.tell(1, "no-message", why=trial.problems.get("envelope", "there is no message in it"))
    ref, message_id = told[0], message.message_info.message_id
    return trial.tell(1, "good" if ref == message_id else "bad", ref=ref or "-", own=message_id)


def _signature(trial: _Trial) -> Finding:
    if trial.receipt is None:
        return trial.tell(2, "unreadable", why=trial.problems.get("receipt", ""))
    if trial.signer is None:
        return trial.tell(2, "no-certificate", named=trial.receipt.signature.signer)
    try:
        prove(trial.receipt, trial.signer, [])
    except EbmsError as error:
        return trial.tell(2, "bad", subject=trial.signer.subject, why=error.detail)
    if told := list(missigned(trial.entry, "verified", trial.receipt)):
        return trial.tell(2, "facts", names=", ".join(told))
    return trial.tell(2, "good", subject=trial.signer.subject)


def _partner(trial: _Trial) -> Finding:
    agreed = trial.case.certificate(trial.entry.objects.get("signer", ""))
    if agreed is None or trial.signer is None:
        return trial.tell(3, "unknown", digest=trial.entry.objects.get("signer", "-"))
    if trial.signer.sha256 in trial.case.own:
        return trial.tell(3, "own", subject=trial.signer.subject)
    said = {"subject": trial.signer.subject, "sha256": trial.signer.sha256, "agreed": agreed.subject, "own": agreed.sha256}
    return trial.tell(3, "good" if trial.signer == agreed else "bad", **said)


def _certificate(trial: _Trial) -> Finding:
    entry, case = trial.entry, trial.case
    signer = case.certificate(entry.objects.get("signer", ""))
    at = said_at(entry.at)
    if signer is None:
        return trial.tell(4, "unknown", digest=entry.objects.get("signer", "-"))
    anchors = case.partner_anchors(trial.exchange.partner)
    try:
        path = case.path_of(signer, entry, anchors)
        case.check_good(path, entry)
    except Untrusted as problem:
        return trial.tell(4, "bad", why=problem, at=at, subject=signer.subject)
    told = case.told(path, entry)
    word = "good" if told or len(path) == 1 else "silent"
    return trial.tell(
        4, word, subject=signer.subject, at=at, issuer=signer.issuer, until=said_at(signer.x509.not_valid_after_utc)
    )


def _digests(trial: _Trial) -> Finding:
    told = _signal(trial.receipt)
    if told is None:
        return trial.tell(5, "unreadable", why=trial.problems.get("receipt", "there is no receipt in it"))
    if trial.message is None:
        return trial.tell(5, "no-message", why=trial.problems.get("envelope", "there is no entry with the message"))
    listed = told[1].non_repudiation
    if listed is None:
        return trial.tell(5, "none")
    return _compared(trial, trial.message.references, listed)


def _compared(trial: _Trial, signed: tuple[SignedReference, ...], listed: tuple[SignedReference, ...]) -> Finding:
    """By URI, as a partner may write `@` as `%40`; two parts whose digests changed places are told apart."""
    ours, theirs = _by_uri(signed), _by_uri(listed)
    if len(theirs) != len(listed):
        return trial.tell(5, "twice", listed=len(listed))
    for uri, one in ours.items():
        if uri not in theirs:
            return trial.tell(5, "missing", uri=uri, signed=len(ours), listed=len(theirs))
        other = theirs[uri]
        if (other.digest_method, other.digest) != (one.digest_method, one.digest):
            return trial.tell(5, "bad", uri=uri, own=one.digest.hex(), theirs=other.digest.hex())
    if extra := [uri for uri in theirs if uri not in ours]:
        return trial.tell(5, "extra", uri=extra[0])
    return trial.tell(5, "recorded" if isinstance(trial.message, Recorded) else "good", count=len(ours))


def _by_uri(references: tuple[SignedReference, ...]) -> dict[str, SignedReference]:
    return {unquote(one.uri) if one.uri.startswith("cid:") else one.uri: one for one in references}


def _in_time(trial: _Trial) -> Finding:
    due = trial.entry.facts.get("due_at")
    if due is None:
        return trial.tell(6, "none", at=said_at(trial.entry.at))
    try:
        until = read_instant(due)
    except (TypeError, ValueError):
        return trial.tell(6, "unreadable", due=due)
    if trial.entry.at > until:
        return trial.tell(6, "bad", at=said_at(trial.entry.at), due=said_at(until))
    # The time of the entry is what its writer says; that of a token over it is not.
    proven = trial.case.before(trial.number)
    if proven is not None and proven <= until:
        return trial.tell(6, "stamped", time=said_at(proven), due=said_at(until))
    return trial.tell(6, "good", at=said_at(trial.entry.at), due=said_at(until))


def _signal(receipt: Signed | None) -> tuple[str | None, Receipt] | None:
    """To which message a receipt refers, and what it says."""
    signals = receipt.opened.messaging.signal_messages if receipt else ()
    told = [(one.message_info.ref_to_message_id, one.receipt) for one in signals if one.receipt is not None]
    return told[0] if len(told) == 1 else None
