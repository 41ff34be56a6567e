"""The form of entries, kind by kind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from node.evidence.entry import Clock, Entry, EntryRefused, Kind, instant
from node.evidence.form import check_form
from tests.bundles import BEGAN, BundleWorld

DIGEST = "11" * 32
ABOUT = {"message_id": "m", "partner": "p", "direction": "in"}
ACT = {"who": "a", "what": "b", "why": "c"}
VERIFIED = {"signature_algorithm": "a", "signer": DIGEST, "policy": "path", "revocation": "off", "references": []}
SIGNED = {name: value for name, value in VERIFIED.items() if name not in ("policy", "revocation")}
NAMED = {"envelope": DIGEST, "signer": DIGEST}
GOOD = Entry(Kind.DELIVERED, BEGAN, ABOUT)
RECEIVED = Entry(Kind.RECEIVED, BEGAN, ABOUT, NAMED, {"verified": VERIFIED})
PACKAGED = Entry(Kind.PACKAGED, BEGAN, {**ABOUT, "direction": "out"}, NAMED, {"signed": SIGNED})
CLOCK = Clock(1, 2, "chrony", BEGAN)


def test_every_entry_of_a_log_has_its_form() -> None:
    for entry in (*BundleWorld().material().entries, GOOD, RECEIVED, PACKAGED, replace(GOOD, clock=CLOCK)):
        check_form(entry)
    check_form(Entry(Kind.ACTED, BEGAN, objects={"was-2": DIGEST, "file-1": DIGEST}, facts=ACT))
    check_form(Entry(Kind.PURGED, BEGAN, objects={"payload-2.17": DIGEST, "envelope.17": DIGEST}, facts=ACT))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, facts=[]),
        replace(GOOD, objects={"was-1": DIGEST}),
        replace(GOOD, objects={"payload-01": DIGEST}),
        replace(GOOD, objects={"payload-1": DIGEST, "payload-3": DIGEST}),
        replace(GOOD, about={"message_id": "m", "partner": "p"}),
        replace(GOOD, about={**ABOUT, "message_id": ""}),
        replace(GOOD, about={**ABOUT, "direction": "out"}),
        replace(GOOD, kind=Kind.FAILED, about={**ABOUT, "direction": "up"}),
        replace(GOOD, clock=replace(CLOCK, within_ms=-1)),
        replace(GOOD, clock=replace(CLOCK, measured_at=BEGAN + timedelta(minutes=6))),
        replace(RECEIVED, objects={"envelope": DIGEST}),
        replace(PACKAGED, objects={"signer": DIGEST}),
        replace(RECEIVED, facts={}),
        Entry(Kind.ACTED, BEGAN, facts={"who": "a", "what": "b"}),
        Entry(Kind.PURGED, BEGAN, objects={"receipt.17": DIGEST}, facts=ACT),
        Entry(Kind.PURGED, BEGAN, objects={"payload-1": DIGEST}, facts=ACT),
    ],
)
def test_what_the_format_does_not_know_is_refused(wrong: Entry) -> None:
    with pytest.raises(EntryRefused):
        check_form(wrong)


@pytest.mark.parametrize(
    "facts",
    [
        {"verified": SIGNED},
        {"verified": {**VERIFIED, "qualified": "yes"}},
        {"verified": {**VERIFIED, "revocation": "fine"}},
        {"verified": {**VERIFIED, "policy": None}},
        {"verified": {**VERIFIED, "references": {}}},
        {"verified": {**VERIFIED, "references": [{"uri": "#m"}]}},
        {"verified": {**VERIFIED, "references": [{"uri": "#m", "method": "m", "digest": 1}]}},
        {"verified": VERIFIED, "due_at": "soon"},
        {"verified": VERIFIED, "due_at": 5},
    ],
)
def test_facts_that_are_not_of_their_form_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(EntryRefused):
        check_form(replace(RECEIVED, facts=facts))
    check_form(replace(RECEIVED, facts={"verified": VERIFIED, "due_at": instant(BEGAN)}))
