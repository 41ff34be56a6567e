"""Everything on file about one certificate of origin: its versions, its three lives, its items and what was used of them, the certificates before and after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from node.customs.filing.moving import Subject
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import Entry
from node.customs.packs.library import Packs
from node.ebms.xml import XmlLimits, parse_xml
from node.store.documents import StoredDocuments
from node.store.lives import StoredLives, Turn

CERTIFICATE: Final = "co.certificate"
REQUEST: Final = "co.verification-request"
#: Read from the date of expiry; no event leads there. Source: DESIGN 5.2.
EXPIRED: Final = "EXPIRED"
ISSUE: Final = "issue"
#: The states of an issue in which a certificate may expire.
IN_FORCE: Final = ("ISSUED", "AMENDED")
#: In the order in which a use is counted against them. Source: CO-18.
_MEASURES: Final = ("TariffQuantity", "NetNetWeightMeasure", "GrossMassMeasure")
#: Certificates before and after one that are followed.
_CHAIN: Final = 50
#: What is on file was accepted, so it is as large as a document may be.
_LIMITS: Final = XmlLimits(octets=21 << 20, elements=2_000_000, text=21 << 20, names=1 << 20, only_elements=False)


@dataclass(frozen=True, slots=True)
class Life:
    """Where one life cycle stands."""

    machine: str
    state: str
    en: str
    zh: str
    #: None before its first event, and for what is read from a date.
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """What was certified of an item in one unit, and what is left of it."""

    unit: str
    certified: Decimal
    used: Decimal

    @property
    def remaining(self) -> Decimal:
        """What is left."""
        return self.certified - self.used


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the latest version."""

    sequence: str
    description: str
    hs: str
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Another certificate that this one comes from, or that comes from it."""

    #: RPL, TCO, B2B.
    relation: str
    number: str
    issuer: str
    #: None when it is not on file.
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Verification:
    """One question whether the certificate is right."""

    entry: Entry
    due: date | None
    answered_by: Entry | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """One certificate as it was at an instant."""

    subject: Subject
    versions: tuple[Entry, ...]
    issued_on: str
    expires_on: str
    lives: tuple[Life, ...]
    items: tuple[Item, ...]
    #: Why there are no items.
    no_items: str
    before: tuple[Link, ...]
    after: tuple[Link, ...]
    verifications: tuple[Verification, ...]
    #: Every document about it, in the order in which it came.
    about: tuple[Entry, ...]


def filed_at(entry: Entry) -> datetime:
    """When a document came on file."""
    return entry.decided_at or entry.registered_at


class Dossiers:
    """Puts together what the register has of certificates."""

    def __init__(self, documents: StoredDocuments, lives: StoredLives, packs: Packs) -> None:
        self._documents, self._lives, self._packs = documents, lives, packs

    def find(self, number: str, issuer: str | None, at: datetime) -> list[Dossier]:
        """The certificates of a number as they were at an instant: one for each issuer that has used it."""
        entries = [one for one in self._lives.on_file(CERTIFICATE, number) if filed_at(one) <= at]
        issuers = dict.fromkeys(one.about.issuer for one in entries if issuer in {None, one.about.issuer})
        return [self._dossier(tuple(one for one in entries if one.about.issuer == each), at) for each in issuers]

    def issue_state(self, latest: Entry, state: str, at: datetime) -> str:
        """The state of the issue of a certificate as of its day: nobody sends that it has expired."""
        if state not in IN_FORCE:
            return state
        root, _ = self._root(latest)
        return EXPIRED if _expired(state, _text(root, "ExpiryDate"), at) else state

    def _dossier(self, versions: tuple[Entry, ...], at: datetime) -> Dossier:
        latest = versions[-1]
        subject = (CERTIFICATE, latest.about.number, latest.about.issuer)
        root, why = self._root(latest)
        about = self._about(subject, at)
        expires_on = _text(root, "ExpiryDate")
        used = _sums(one for one in self._lives.used(subject) if one.at <= at)
        return Dossier(
            subject,
            versions,
            _text(root, "IssueDate"),
            expires_on,
            tuple(self._states(subject, expires_on, at)),
            tuple(_items(root, used)),
            why,
            tuple(self._earlier(versions)),
            tuple(self._later(subject, at)),
            tuple(self._verifications(about, at)),
            about,
        )

    def _root(self, entry: Entry) -> tuple[Any, str]:
        try:
            return parse_xml(self._documents.octets(entry.id), _LIMITS), ""
        except NoLongerThere as error:
            return None, str(error)

    def _about(self, subject: Subject, at: datetime) -> tuple[Entry, ...]:
        """The certificate, what names it, and the responses to each, as far as they came by then."""
        candidates = [one for _, one in self._lives.named(subject[1])]
        candidates += [*self._lives.naming(subject), *self._documents.with_number(subject[1], 500)]
        # Other certificates are in the chain.
        found = {one.id: one for one in candidates if one.about.type_id != CERTIFICATE or _key(one) == subject}
        for one in list(found.values()):
            # The number of a response is the MessageID of what it answers.
            if one.about.document_id:
                found |= {each.id: each for each in self._documents.with_number(one.about.document_id, 100)}
        return tuple(sorted((one for one in found.values() if one.registered_at <= at), key=lambda one: one.id))

    def _states(self, subject: Subject, expires_on: str, at: datetime) -> Iterator[Life]:
        turns: dict[str, Turn] = {turn.machine: turn for turn in self._lives.turns(subject) if turn.at <= at}
        for name, machine in self._packs.machines(CERTIFICATE).items():
            turn = turns.get(name)
            state, since = (turn.after, turn.at) if turn is not None else (machine.initial, None)
            if name == ISSUE and _expired(state, expires_on, at):
                state, since = EXPIRED, None
            said = machine.states.get(state)
            yield Life(name, state, said.name_en if said else state, said.name_zh if said else state, since)

    def _earlier(self, versions: Sequence[Entry]) -> Iterator[Link]:
        """The certificates that this one replaces or copies, one after the other, and those it rests on."""
        entry: Entry | None = versions[-1]
        seen = {versions[-1].about.number}
        for _ in range(_CHAIN):
            root, _ = self._root(entry) if entry is not None else (None, "")
            entry = None
            for previous in root.findall("{*}PreviousDocument") if root is not None else ():
                number, relation = _text(previous, "ID"), _text(previous, "RelationCode")
                issuer = versions[-1].about.issuer if relation != "B2B" else ""
                on_file = [one for one in self._lives.on_file(CERTIFICATE, number) if issuer in {"", one.about.issuer}]
                yield Link(relation, number, issuer, on_file[-1] if on_file else None)
                if relation != "B2B" and number not in seen and on_file:
                    seen.add(number)
                    entry = on_file[-1]

    def _later(self, subject: Subject, at: datetime) -> Iterator[Link]:
        """The certificates that replace or copy this one, one after the other."""
        waiting, seen = [subject], {subject}
        while waiting and len(seen) <= _CHAIN:
            present = waiting.pop(0)
            for one in self._lives.naming(present):
                key = _key(one)
                if one.about.type_id == CERTIFICATE and key not in seen and filed_at(one) <= at:
                    seen.add(key)
                    waiting.append(key)
                    yield Link("TCO" if one.about.function == "18" else "RPL", key[1], key[2], one)

    def _verifications(self, about: Sequence[Entry], at: datetime) -> Iterator[Verification]:
        for one in about:
            if one.about.type_id != REQUEST or not one.accepted or one.duplicate_of is not None:
                continue
            reply = next((each for each in about if each.about.correlation == one.about.document_id and _is_reply(each)), None)
            root, _ = self._root(one)
            due = _date(_text(root, "DueDate"))
            yield Verification(one, due, reply, overdue=reply is None and due is not None and due < at.date())


def _key(entry: Entry) -> Subject:
    return CERTIFICATE, entry.about.number, entry.about.issuer


def _is_reply(entry: Entry) -> bool:
    return entry.about.type_id == "co.verification-reply" and entry.accepted


def _text(element: Any, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip() if element is not None else ""


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _expired(state: str, expires_on: str, at: datetime) -> bool:
    return state in IN_FORCE and bool(expires_on) and expires_on < at.date().isoformat()


def _sums(used: Any) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in used:
        sums[one.item] = sums.get(one.item, Decimal(0)) + one.amount
    return sums


def _items(root: Any, used: dict[str, Decimal]) -> Iterator[Item]:
    for goods in root.findall("{*}GoodsItem") if root is not None else ():
        sequence = _text(goods, "SequenceNumeric")
        certified: dict[str, Decimal] = {}
        for name in _MEASURES:
            for measure in goods.iter(f"{{*}}{name}"):
                certified.setdefault(measure.get("unitCode", ""), Decimal(measure.text))
        yield Item(
            sequence,
            _text(goods, "Description"),
            _text(goods, "Classification/{*}ID"),
            tuple(Quantity(unit, amount, used.get(f"{sequence} {unit}", Decimal(0))) for unit, amount in certified.items()),
        )
