"""One AEO record as values: everything that a Record element says, kept so that it can be said again. Source: DESIGN 4.1."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final

from node.ebms.xml import Element

NAMESPACE: Final = "urn:n2n:customs:aeo:1"
_OPENING: Final = f"{{{NAMESPACE}}}"
_PREFIX: Final = len(_OPENING)
#: Parts TIN from tier in the key of an operator: it sorts before everything that may stand in a TIN, so that keys sort as TIN, then tier.
BETWEEN: Final = " "


class RecordRefused(ValueError):
    """The element is no AEO record; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One more name of the operator, in a scheme such as `TW-UBN`."""

    scheme: str
    id: str
    issuer_country: str = ""
    valid_from: date | None = None
    #: The last day; None for no end.
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Words in the language that they say they are in."""

    language: str
    words: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where the operator is."""

    country: str
    lines: tuple[str, ...] = ()
    city: str = ""
    subdivision: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """To whom the operator lets its data go: ALL, or the countries listed, since a day and until it was withdrawn."""

    scope: str
    since: date
    partners: tuple[str, ...] = ()
    withdrawn_on: date | None = None

    def covers(self, country: str, day: date) -> bool:
        """Whether data may go to that country on that day. Source: AEO-13."""
        if self.withdrawn_on is not None and self.withdrawn_on <= day:
            return False
        return self.scope == "ALL" or country in self.partners


@dataclass(frozen=True, slots=True)
class OperatorRecord:
    """What one record says of one operator; absent elements are empty or None."""

    #: ADD, CHANGE, STATUS or DELETE.
    operation: str
    tin: str
    tier: str
    status: str
    #: Valid time: the status holds from this day ..
    valid_from: date
    #: Record time: when the sender's register took it in.
    recorded_at: datetime
    version: int
    aeo_number: str = ""
    identifiers: tuple[Identifier, ...] = ()
    roles: tuple[str, ...] = ()
    #: In Latin letters.
    name: str = ""
    local_name: Text | None = None
    aliases: tuple[str, ...] = ()
    address: Address | None = None
    #: A class such as SECURITY, never the cause.
    reason: str = ""
    #: .. to and including this one; None for no end.
    valid_to: date | None = None
    #: When the operator was last validated.
    validation_date: date | None = None
    consent: Consent | None = None

    @property
    def key(self) -> str:
        """TIN and tier: what one history is of."""
        return self.tin + BETWEEN + self.tier

    def holds(self, day: date) -> bool:
        """Whether its valid time has this day in it."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def carries(self, scheme: str, identifier: str) -> bool:
        """Whether it names the operator so; identifiers are compared without spaces, hyphens and case."""
        wanted = folded_id(identifier)
        return any(one == wanted and scheme in ("", other) for other, one in self.every_identifier())

    def every_identifier(self) -> tuple[tuple[str, str], ...]:
        """Scheme and folded id of everything that finds this operator: TIN, AEO number and all identifiers."""
        found = [("TIN", folded_id(self.tin))]
        if self.aeo_number:
            found.append(("AEO", folded_id(self.aeo_number)))
        found += [(one.scheme, folded_id(one.id)) for one in self.identifiers]
        return tuple(dict.fromkeys(found))

    def completed_by(self, before: "OperatorRecord") -> "OperatorRecord":
        """This record with what a change of status leaves out taken from the record before it. Source: AEO-17."""
        return replace(
            self,
            **{name: getattr(before, name) for name in _LEFT_OUT_BY_STATUS if not getattr(self, name)},
        )


#: Who the operator is, which a STATUS record need not repeat.
_LEFT_OUT_BY_STATUS: Final = (
    *("aeo_number", "identifiers", "roles", "name", "local_name", "aliases", "address", "validation_date"),
)


def folded_id(identifier: str) -> str:
    """An identifier as it is looked up: capitals, without spaces and hyphens."""
    return identifier.replace(" ", "").replace("-", "").upper()


# -- from XML ------------------------------------------------------------------------------------------------------


def read_record(element: Element) -> OperatorRecord:
    """The values of a Record element that its schema has allowed. Raises RecordRefused."""
    said: dict[str, Any] = {}
    identifiers: list[Identifier] = []
    roles: list[str] = []
    aliases: list[str] = []
    try:
        for child in element:
            name = child.tag[_PREFIX:]
            if name in _TEXTS:
                said[_TEXTS[name]] = _text(child)
            elif name in _DATES:
                said[_DATES[name]] = date.fromisoformat(_text(child))
            elif name == "RoleCode":
                roles.append(_text(child))
            elif name == "Identifier":
                identifiers.append(_identifier(child))
            elif name == "Address":
                said["address"] = _address(child)
            elif name == "Consent":
                said["consent"] = _consent(child)
            elif name == "RecordedAt":
                said["recorded_at"] = read_instant(_text(child))
            elif name == "RecordVersion":
                said["version"] = int(_text(child))
            elif name == "LocalName":
                said["local_name"] = Text(child.get("languageID", ""), _text(child))
            elif name == "Alias":
                aliases.append(_text(child))
            else:
                raise RecordRefused(f"{name} is no element of a Record")
        return OperatorRecord(identifiers=tuple(identifiers), roles=tuple(roles), aliases=tuple(aliases), **said)
    except (KeyError, TypeError, ValueError) as error:
        who = f" of {said['tin']}" if "tin" in said else ""
        raise RecordRefused(f"the record{who} at line {element.sourceline}: {error}") from error


def read_instant(text: str) -> datetime:
    """The instant of an `xs:dateTime` with its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


_TEXTS: Final = {
    "OperationCode": "operation",
    "TIN": "tin",
    "AeoNumber": "aeo_number",
    "TierCode": "tier",
    "Name": "name",
    "StatusCode": "status",
    "StatusReasonClassCode": "reason",
}
_DATES: Final = {"ValidFrom": "valid_from", "ValidTo": "valid_to", "ValidationDate": "validation_date"}


def _text(element: Element) -> str:
    # White space of an xs:token is collapsed.
    return " ".join((element.text or "").split())


def _children(element: Element) -> dict[str, str]:
    return {child.tag[_PREFIX:]: _text(child) for child in element}


def _day(said: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(said[name]) if name in said else None


def _identifier(element: Element) -> Identifier:
    said = _children(element)
    return Identifier(
        said["SchemeCode"], said["ID"], said.get("IssuerCountryCode", ""), _day(said, "ValidFrom"), _day(said, "ValidTo")
    )


def _address(element: Element) -> Address:
    said = _children(element)
    lines = tuple(_text(child) for child in element if child.tag.endswith("}Line"))
    return Address(
        said["CountryCode"],
        lines,
        said.get("CityName", ""),
        said.get("CountrySubDivisionCode", ""),
        said.get("PostcodeID", ""),
    )


def _consent(element: Element) -> Consent:
    said = _children(element)
    partners = tuple(_text(child) for child in element if child.tag.endswith("}PartnerCountryCode"))
    return Consent(said["ScopeCode"], date.fromisoformat(said["Since"]), partners, _day(said, "WithdrawnOn"))


# -- as JSON -------------------------------------------------------------------------------------------------------


def to_json(record: OperatorRecord) -> str:
    """The record in one line without its operation, the same for the same values; what is absent is left out."""
    said = {name: value for name in _NAMES if (value := getattr(record, name))}
    return _encode(said)


def from_json(text: str, operation: str) -> OperatorRecord:
    """The record of `to_json`."""
    said: dict[str, Any] = json.loads(text)
    for name in ("valid_from", "valid_to", "validation_date"):
        if name in said:
            said[name] = date.fromisoformat(said[name])
    said["recorded_at"] = datetime.fromisoformat(said["recorded_at"])
    for name in ("roles", "aliases"):
        if name in said:
            said[name] = tuple(said[name])
    said["identifiers"] = tuple(Identifier(*one[:3], *map(_day_or_none, one[3:])) for one in said.get("identifiers", ()))
    if "local_name" in said:
        said["local_name"] = Text(*said["local_name"])
    if "address" in said:
        country, lines, *rest = said["address"]
        said["address"] = Address(country, tuple(lines), *rest)
    if "consent" in said:
        scope, since, partners, withdrawn_on = said["consent"]
        said["consent"] = Consent(scope, date.fromisoformat(since), tuple(partners), _day_or_none(withdrawn_on))
    return OperatorRecord(operation, **said)


def content_hash(text: str) -> str:
    """Tells whether two records in JSON say the same."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Identifier | Text | Address | Consent):
        return [getattr(value, one.name) for one in fields(value)]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


#: ADD, CHANGE and FULL may say the same of an operator: the operation is no part of what is said.
_NAMES: Final = tuple(one.name for one in fields(OperatorRecord) if one.name != "operation")
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


# -- names that find it --------------------------------------------------------------------------------------------

#: What so many companies are called that it finds nobody; the longest first.
_LEGAL_FORMS: Final = ("股份有限公司", "有限責任公司", "有限责任公司", "有限公司", "株式会社", "주식회사")
#: What of a name is compared, and at how many of its places a search may begin.
_LENGTH: Final = 16
_PLACES: Final = 24


def folded_name(name: str) -> str:
    """A name as it is looked up: without case, and only letters, digits and single spaces."""
    return " ".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def beginnings(record: OperatorRecord) -> tuple[str, ...]:
    """Where a search for a name may begin to read: at each word, and at each character of a script that writes no spaces between words."""
    names = [record.name, record.local_name.words if record.local_name else "", *record.aliases]
    return tuple(dict.fromkeys(one for name in names if name for one in _beginnings(folded_name(name))))


def name_end(folded: str) -> str:
    """As much of a folded name as is compared."""
    return folded[:_LENGTH]


def _beginnings(name: str) -> Iterable[str]:
    end = len(name)
    for form in _LEGAL_FORMS:
        if name.endswith(form) and len(name) > len(form):
            end -= len(form)
            break
    found = 0
    before = " "
    for place, letter in enumerate(name[:end]):
        if letter != " " and (before == " " or letter >= "\u2e80"):
            yield name[place : place + _LENGTH]
            found += 1
            if found == _PLACES:
                return
        before = letter


@dataclass(frozen=True, slots=True)
class Source:
    """From which message something is known."""

    #: MessageID of the document.
    document_id: str
    #: eb:MessageId of the AS4 message that brought it; empty for what came otherwise.
    message_id: str
    received_at: datetime
    #: SHA-256 of the document's octets, lower-case hexadecimal.
    sha256: str = field(default="")
