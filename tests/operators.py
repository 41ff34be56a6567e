"""AEO records, sets and their documents for tests."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.identifiers import is_ubn
from node.customs.operators.port import OperatorRegister, SetResult
from node.customs.operators.record import Address, Consent, Identifier, OperatorRecord, Source, Text
from node.customs.operators.record_set import DELTA, FULL, SetHead

START = datetime(2026, 11, 1, tzinfo=UTC)
SENDER, PROGRAMME = "TW-CUSTOMS", "TW-AEO"


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def record(tin: str = "TW1", version: int = 1, days: float = 0, **other: Any) -> OperatorRecord:
    """What the sender's register took in so many days after START."""
    values: dict[str, Any] = {
        "operation": "ADD",
        "tier": "AEOS",
        "status": "ACTIVE",
        "valid_from": date(2020, 1, 1),
        "aeo_number": f"AEO{tin[2:]}",
        "identifiers": (Identifier("TW-UBN", tin[2:], "TW"),),
        "roles": ("IM",),
        "name": f"Company {tin[2:]} Ltd.",
        "local_name": Text("zh-Hant", f"順豐{tin[2:]}股份有限公司"),
        "address": Address("TW", ("1 Harbour Rd.",), "Keelung"),
        "validation_date": date(2024, 1, 1),
        "consent": Consent("ALL", date(2019, 3, 1)),
    }
    return OperatorRecord(tin=tin, version=version, recorded_at=at(days), **{**values, **other})


def status(tin: str, version: int, days: float, word: str = "SUSPENDED", **other: Any) -> OperatorRecord:
    """A STATUS record, which says only what it must."""
    values: dict[str, Any] = {
        "valid_from": at(days).date(),
        "reason": "SECURITY" if word in {"SUSPENDED", "REVOKED"} else "",
        **other,
    }
    bare = {
        "aeo_number": "",
        "identifiers": (),
        "roles": (),
        "name": "",
        "local_name": None,
        "address": None,
        "validation_date": None,
    }
    return record(tin, version, days, **{"operation": "STATUS", "status": word, **bare, **values})


def deletion(tin: str, version: int, days: float, **other: Any) -> OperatorRecord:
    return status(tin, version, days, "WITHDRAWN", operation="DELETE", **other)


def head(
    records: Sequence[OperatorRecord],
    to: int,
    mode: str = FULL,
    since: int | None = None,
    days: float = 1,
    document_id: str = "",
    digest: str | None = None,
    part: int = 1,
    parts: int = 1,
    sender: str = SENDER,
    programme: str = PROGRAMME,
) -> SetHead:
    made = set_digest(map(line_of, records)) if digest is None else digest
    return SetHead(
        *(document_id or f"doc-{sender}-{mode}-{to}-{part}", at(days), sender, "KR-KCS", mode, programme, since, to),
        *(part, parts, len(records), at(days), made),
    )


def take(
    register: OperatorRegister,
    records: Sequence[OperatorRecord],
    to: int,
    mode: str = FULL,
    since: int | None = None,
    days: float = 1,
    received: float | None = None,
    **other: Any,
) -> SetResult:
    """Send one set; it arrives when it was made unless `received` says another day."""
    one = head(records, to, mode, since, days, **other)
    return register.take(one, iter(records), source(one, days if received is None else received))


def source(one: SetHead, received: float) -> Source:
    return Source(one.document_id, f"as4-{one.document_id}", at(received), "00" * 32)


def delta(register: OperatorRegister, records: Sequence[OperatorRecord], since: int, to: int, **other: Any) -> SetResult:
    return take(register, records, to, other.pop("mode", DELTA), since, **other)


def business_number(number: int) -> str:
    return next(text for digit in range(10) if is_ubn(text := f"{number:07d}{digit}"))


def many(count: int, seed: int = 1) -> list[OperatorRecord]:
    """So many operators, each a little different from the next."""
    chance = random.Random(seed)
    return [
        record(
            f"TW{business_number(number * 7)}",
            chance.randint(1, 9),
            tier=chance.choice(["AEOS", "AEOF"]),
            name=f"{chance.choice(_FIRST)} {chance.choice(_SECOND)} {chance.randint(1, 9999)} Co., Ltd.",
            local_name=Text("zh-Hant", "".join(chance.choices(_LETTERS, k=5)) + "股份有限公司"),
        )
        for number in range(count)
    ]


_FIRST = ("Summit", "Golden", "Orchid", "Coral", "Evergreen", "Crystal", "Harbour", "Jade", "Pacific", "Formosa")
_SECOND = ("Steel", "Logistics", "Freight", "Optical", "Foods", "Textile", "Marine", "Machinery")
_LETTERS = "瑞成永豐順風嘉祥鼎盛宏遠光大和泰信義華新東元正隆台聯國巨"


def parts_of(records: Sequence[OperatorRecord], size: int) -> Iterable[tuple[int, int, Sequence[OperatorRecord]]]:
    """Number of the part, of all parts, and its records."""
    total = -(-len(records) // size)
    for number in range(total):
        yield number + 1, total, records[number * size : (number + 1) * size]


def without_operation(one: OperatorRecord) -> OperatorRecord:
    return replace(one, operation="")


def stream(octets: bytes) -> BytesIO:
    return BytesIO(octets)
