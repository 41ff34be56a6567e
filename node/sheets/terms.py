"""Making sheets: an offer, the same with the accepting side filled in, and the version that follows one."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from node.security.certificates import Certificate
from node.sheets import shapes
from node.sheets.canonical import SheetRefused
from node.sheets.sheet import FORMAT, PURPOSES, Sheet, read_sheet

#: Names of a body that terms may replace.
REPLACEABLE: Final = (
    "title",
    "agreement_ref",
    "profile",
    "weakened",
    "services",
    "test_service",
    "check_documents",
    "ladder",
    "retention",
)


def held(certificate: Certificate) -> dict[str, str]:
    """A certificate as a sheet has it, to be used as long as it is valid."""
    return {
        "der": base64.b64encode(certificate.der).decode(),
        "from": shapes.write_instant(certificate.x509.not_valid_before_utc),
        "until": shapes.write_instant(certificate.x509.not_valid_after_utc),
    }


def certificates_of(trust: str, by_purpose: Mapping[str, Sequence[Certificate]]) -> dict[str, Any]:
    """`certificates` of a party."""
    return {"trust": trust, **{purpose: [held(one) for one in by_purpose.get(purpose, ())] for purpose in PURPOSES}}


def offered(
    sheet_id: str, party: Mapping[str, Any], terms: Mapping[str, Any], since: datetime, until: datetime | None, overlap: str
) -> Sheet:
    """Version 1, open for whoever accepts it. Raises SheetRefused."""
    return read_sheet(
        {
            "format": FORMAT,
            "sheet": sheet_id,
            "version": 1,
            "before": None,
            "effective": effective(since, until, overlap),
            "parties": {"a": dict(party), "b": None},
            **{name: terms[name] for name in REPLACEABLE},
        }
    )


def effective(since: datetime, until: datetime | None, overlap: str) -> dict[str, str | None]:
    """`effective` of a body; the beginning is rounded down, so that what is agreed now holds now."""
    return {
        "from": shapes.write_instant(since.replace(microsecond=0)),
        "until": None if until is None else shapes.write_instant(until),
        "overlap": overlap,
    }


def answered(sheet: Sheet, party: Mapping[str, Any]) -> Sheet:
    """An open offer with the accepting side filled in. Raises SheetRefused."""
    if not sheet.is_open:
        raise SheetRefused([("parties.b", "is filled in already")])
    return read_sheet({**sheet.body, "parties": {"a": sheet.body["parties"]["a"], "b": dict(party)}})


def changed(sheet: Sheet, side: str, terms: Mapping[str, Any], party: Mapping[str, Any] | None) -> Sheet:
    """The same version with other terms, and with another side of ours where `party` says one. Raises SheetRefused."""
    parties = dict(sheet.body["parties"])
    if party is not None:
        parties[side] = dict(party)
    return read_sheet({**sheet.body, **{name: terms[name] for name in REPLACEABLE if name in terms}, "parties": parties})


def following(before: Sheet, body: Mapping[str, Any], since: datetime, until: datetime | None, overlap: str) -> Sheet:
    """What `body` says as the version after `before`, which it never precedes in time either. Raises SheetRefused."""
    return read_sheet(
        {
            **body,
            "sheet": before.id,
            "version": before.version + 1,
            "before": before.digest,
            "effective": effective(max(since, before.since), until, overlap),
        }
    )
