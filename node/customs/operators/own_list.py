"""Our own programme's list as other systems give it: CSV or JSON, read row by row, with every problem told by its row."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from node.customs.operators.identifiers import is_well_formed
from node.customs.operators.json_items import NoList, each_of
from node.customs.operators.record import Address, Consent, Identifier, OperatorRecord, Text, content_hash, read_instant, to_json

COLUMNS: Final = (
    *("tin", "tier", "status", "valid_from", "name", "country", "roles", "aeo_number", "consent", "consent_since"),
    *("consent_countries", "consent_withdrawn", "reason", "valid_to", "validation_date", "local_name", "local_language"),
    *("aliases", "identifiers", "lines", "city", "subdivision", "postcode", "recorded_at"),
)
REQUIRED: Final = ("tin", "tier", "status", "valid_from", "name", "country", "roles", "aeo_number")
_TIERS: Final = ("AEOC", "AEOS", "AEOF", "NATIONAL")
_STATUSES: Final = ("ACTIVE", "SUSPENDED", "REVOKED", "WITHDRAWN", "EXPIRED")
_REASONS: Final = ("COMPLIANCE", "SECURITY", "SOLVENCY", "OWN-REQUEST", "ADMINISTRATIVE")
_ROLES: Final = frozenset({"IM", "EX", "MF", "CA", "FW", "CB", "WH", "TR"})
_SCHEMES: Final = frozenset({"AEO", "TW-UBN", "CN-USCC", "LEI", "EORI", "MID", "LOCAL"})
_NO_LIST: Final = "not a list of objects"
#: So many problems are told; the rest is counted.
TOLD: Final = 100


class ListRefused(ValueError):
    """The list cannot be taken; `problems` says of each row what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One operator of ours; its version and record time are our register's."""

    record: OperatorRecord

    @property
    def content(self) -> str:
        """Tells whether the operator changed: version and record time are no part of it."""
        return content_hash(to_json(replace(self.record, version=0, recorded_at=datetime.min.replace(tzinfo=UTC))))


def read_list(octets: bytes, name: str, now: datetime) -> Iterator[OwnRecord]:
    """The operators of a file `*.json` (a list of objects) or `*.csv` (with a heading), keys and columns as in COLUMNS, one by one.

    Raises ListRefused at the end, with every problem: whoever stores them waits for it.
    """
    rows = _json(octets) if name.lower().endswith(".json") else _csv(octets)
    seen: set[str] = set()
    problems = _Problems()
    for number, row in enumerate(rows, 1):
        where = f"row {number}" + (f" ({row.get('tin')})" if row.get("tin") else "")
        try:
            record = _record(row, now)
        except ValueError as error:
            problems.add(f"{where}: {error}")
            continue
        if record.key in seen:
            problems.add(f"{where}: {record.tin} stands twice in tier {record.tier}")
        seen.add(record.key)
        # Of a list that is refused nothing is taken.
        if not problems.count:
            yield OwnRecord(record)
    if problems.count:
        raise ListRefused(problems.told())


class _Problems:
    """What is wrong, as far as it is told."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[str] = []

    def add(self, problem: str) -> None:
        self.count += 1
        if self.count <= TOLD:
            self._first.append(problem)

    def told(self) -> list[str]:
        more = self.count - TOLD
        return [*self._first, *([f"and {more} more"] if more > 0 else [])]


def _json(octets: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        for row in each_of(octets):
            if not isinstance(row, dict):
                raise ListRefused([_NO_LIST])
            yield row
    except NoList:
        raise ListRefused([_NO_LIST]) from None
    except ValueError as error:
        if isinstance(error, ListRefused):
            raise
        raise ListRefused([f"not JSON: {error}"]) from None


def _csv(octets: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        # What spreadsheets write begins with a mark.
        reader = csv.DictReader(io.TextIOWrapper(io.BytesIO(octets), "utf-8-sig", newline=""), strict=True)
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise ListRefused([f"the heading has no {name}" for name in missing])
        yield from reader
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListRefused([f"not CSV in UTF-8: {error}"]) from None


def _record(row: Mapping[str, Any], now: datetime) -> OperatorRecord:
    unknown = [name for name in row if name not in COLUMNS]
    if unknown:
        raise ValueError(f"{unknown[0]} is no column; columns: {', '.join(COLUMNS)}")
    said = {name: _text(row.get(name)) for name in COLUMNS}
    missing = [name for name in REQUIRED if not said[name]]
    if missing:
        raise ValueError(f"{missing[0]} is empty")
    for name, allowed in (
        ("tier", _TIERS),
        ("status", _STATUSES),
        ("reason", ("", *_REASONS)),
        ("consent", ("", "ALL", "LIST", "NONE")),
    ):
        if said[name] not in allowed:
            raise ValueError(f"{name} {said[name]!r} is none of {', '.join(filter(None, allowed))}")
    recorded_at = read_instant(said["recorded_at"]) if said["recorded_at"] else now
    if recorded_at > now:
        raise ValueError(f"recorded_at {said['recorded_at']} is in the future")
    record = OperatorRecord(
        operation="",
        tin=said["tin"],
        tier=said["tier"],
        status=said["status"],
        valid_from=date.fromisoformat(said["valid_from"]),
        recorded_at=recorded_at.replace(microsecond=recorded_at.microsecond // 1000 * 1000),
        version=1,
        aeo_number=said["aeo_number"],
        identifiers=tuple(_identifier(one) for one in _list(said["identifiers"], ";")),
        roles=_roles(said["roles"]),
        name=said["name"],
        local_name=Text(said["local_language"] or "zh-Hant", said["local_name"]) if said["local_name"] else None,
        aliases=_list(said["aliases"], ";"),
        address=Address(said["country"], _list(said["lines"], ";"), said["city"], said["subdivision"], said["postcode"]),
        reason=said["reason"],
        valid_to=_day(said["valid_to"]),
        validation_date=_day(said["validation_date"]),
        consent=_consent(said),
    )
    _check(record)
    return record


def _check(record: OperatorRecord) -> None:
    if record.valid_to is not None and record.valid_to < record.valid_from:
        raise ValueError("valid_to lies before valid_from")
    if (record.status in {"SUSPENDED", "REVOKED"}) != bool(record.reason) and record.status in {"SUSPENDED", "REVOKED", "ACTIVE"}:
        raise ValueError(f"reason is {'missing' if not record.reason else 'given'} with status {record.status}")
    for one in record.identifiers:
        if not is_well_formed(one.scheme, one.id):
            raise ValueError(f"the check digit of {one.scheme} {one.id} is wrong")


def _text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(_text(one) for one in value)
    text = " ".join(str(value).split()) if value is not None else ""
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF or ord(sign) in {0xFFFE, 0xFFFF} for sign in text):
        raise ValueError(f"{text!r} holds a character that no document may hold")
    return text


def _list(text: str, divider: str) -> tuple[str, ...]:
    return tuple(part for one in text.split(divider) if (part := one.strip()))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(text.replace(";", " ").split())
    for role in roles:
        if role not in _ROLES:
            raise ValueError(f"role {role!r} is none of {', '.join(sorted(_ROLES))}")
    return roles


def _identifier(text: str) -> Identifier:
    scheme, _, value = text.partition(":")
    if scheme not in _SCHEMES or not value.strip():
        raise ValueError(f"identifier {text!r} is not SCHEME:ID with a scheme of {', '.join(sorted(_SCHEMES))}")
    return Identifier(scheme, value.strip())


def _consent(said: Mapping[str, str]) -> Consent | None:
    if said["consent"] in {"", "NONE"}:
        return None
    if not said["consent_since"]:
        raise ValueError("consent_since is empty")
    countries = tuple(said["consent_countries"].replace(";", " ").split())
    if bool(countries) != (said["consent"] == "LIST"):
        raise ValueError("consent_countries goes with consent LIST, and only with it")
    return Consent(said["consent"], date.fromisoformat(said["consent_since"]), countries, _day(said["consent_withdrawn"]))


def changed_from(held: Mapping[str, OperatorRecord], listed: Iterable[OwnRecord]) -> Iterator[OperatorRecord]:
    """Records of those that are new or changed: a change has the next version."""
    for one in listed:
        before = held.get(one.record.key)
        if before is None:
            yield replace(one.record, operation="ADD")
        elif OwnRecord(before).content != one.content:
            yield replace(one.record, operation="CHANGE", version=before.version + 1)
