"""Twenty differences seeded into the partner's file are found, each with its risk; and what is alike is not told as different."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from node.agreements.agreement import Agreement
from node.ebms.message import AgreementRef, PartyId, Service
from node.foreign.comparing import Row, Verdict, compare, with_partner
from node.foreign.exchange import Exchange, Side, exchanges_of, mirrored
from node.foreign.formats import Format, read_foreign, write_foreign
from node.foreign.we import We
from node.security import algorithms as a
from node.sheets.effects import Risk
from tests.foreign.conftest import UNREGISTERED, US

TEXT = f"""\
profile = "edelivery-as4-1.15"
[partner]
party_id   = "HUB-CUSTOMS"
party_type = "{UNREGISTERED}"
url        = "https://hub.example/as4"
[agreement_ref]
value = "urn:ref"
[certificates]
sign    = ["hub-sign"]
encrypt = ["hub-encrypt"]
[[service]]
value   = "urn:co"
actions = ["Submit", "Revoke"]
[[service]]
value     = "urn:aeo"
actions   = ["List"]
direction = "receive"
mpc       = "urn:mpc:aeo"
[leg]
reception_awareness.retry_parameters = "maxretries=4; period=3m"
business_info.properties = ["originalSender"]
"""
HIGH, MEDIUM, LOW = Risk.HIGH, Risk.MEDIUM, Risk.LOW
X509 = "leg.security.x509."
REPORT = "leg.error_handling.report."
PHASE4, DOMIBUS, HOLODECK, CPPA3 = Format.PHASE4, Format.DOMIBUS, Format.HOLODECK, Format.CPPA3

Change = Callable[[Exchange], Exchange]


def of_leg(key: str, value: Any) -> Change:
    return lambda one: replace(one, parameters={**one.parameters, key: value})


def of_partner(**changed: Any) -> Change:
    return lambda one: replace(one, partner=replace(one.partner, **changed))


def of_us(**changed: Any) -> Change:
    return lambda one: replace(one, us=replace(one.us, **changed))


def of(**changed: Any) -> Change:
    return lambda one: one if one.test else replace(one, **changed)


def only(action: str, change: Change) -> Change:
    return lambda one: change(one) if one.action == action else one


#: What differs: the format that carries it, the change, the key that is to be told, and its risk.
SEEDED: dict[str, tuple[Format, Change, str, Risk]] = {
    "unsigned": (PHASE4, of_leg(X509 + "sign", False), X509 + "sign", HIGH),
    "unencrypted": (HOLODECK, of_leg(X509 + "encryption.encrypt", False), X509 + "encryption.encrypt", HIGH),
    "signature algorithm": (DOMIBUS, of_leg(X509 + "signature.algorithm", a.RSA_SHA512), X509 + "signature.algorithm", HIGH),
    "digest": (PHASE4, of_leg(X509 + "signature.hash_function", a.SHA512), X509 + "signature.hash_function", HIGH),
    "cipher": (CPPA3, of_leg(X509 + "encryption.algorithm", a.AES256_GCM), X509 + "encryption.algorithm", HIGH),
    "key transport": (CPPA3, of_leg("leg.x.encryption.key_transport", a.RSA_OAEP_MGF1P), "leg.x.encryption.key_transport", HIGH),
    "SOAP version": (HOLODECK, of_leg("leg.protocol.soap_version", "1.1"), "leg.protocol.soap_version", HIGH),
    "no receipt": (PHASE4, of_leg("leg.security.send_receipt.send", False), "leg.security.send_receipt.send", HIGH),
    "no proof": (
        DOMIBUS,
        of_leg("leg.security.send_receipt.non_repudiation", False),
        "leg.security.send_receipt.non_repudiation",
        HIGH,
    ),
    "party id": (DOMIBUS, of_partner(party_ids=(PartyId("HUB", UNREGISTERED),)), "partner.party_id", HIGH),
    "type of our party id": (CPPA3, of_us(party_ids=(PartyId("TW-CUSTOMS", "urn:other"),)), "us.party_id", HIGH),
    "role": (DOMIBUS, of_partner(role="Importer"), "partner.role", HIGH),
    "agreement": (HOLODECK, of(agreement_ref=AgreementRef("urn:old-ref")), "agreement_ref", HIGH),
    "address": (DOMIBUS, of_partner(url="https://old.hub.example/as4"), "partner.url", HIGH),
    "pulled": (CPPA3, only("List", of(pulled=True)), "service.binding", HIGH),
    "channel": (DOMIBUS, only("List", of(mpc="urn:mpc:other")), "service.mpc", HIGH),
    "type of service": (DOMIBUS, only("List", of(service=Service("urn:aeo", "urn:t"))), "service", HIGH),
    "action": (CPPA3, only("Revoke", of(action="Withdraw")), "service", HIGH),
    "compression": (
        DOMIBUS,
        of_leg("leg.payload_service.compression_type", "none"),
        "leg.payload_service.compression_type",
        MEDIUM,
    ),
    "key identifier": (
        DOMIBUS,
        of_leg("leg.x.signature.key_identifier", "issuer-serial"),
        "leg.x.signature.key_identifier",
        MEDIUM,
    ),
    "receipt by callback": (
        PHASE4,
        of_leg("leg.security.send_receipt.reply_pattern", "Callback"),
        "leg.security.send_receipt.reply_pattern",
        MEDIUM,
    ),
    "errors by callback": (CPPA3, of_leg(REPORT + "as_response", False), REPORT + "as_response", MEDIUM),
    "properties": (PHASE4, of_leg("leg.business_info.properties", []), "leg.business_info.properties", MEDIUM),
    "retry": (DOMIBUS, of_leg("leg.reception_awareness.retry", False), "leg.reception_awareness.retry", MEDIUM),
    "schedule": (
        DOMIBUS,
        of_leg("leg.reception_awareness.retry_parameters", "maxretries=9; period=3m"),
        "leg.reception_awareness.retry_parameters",
        LOW,
    ),
}


@pytest.fixture
def ours(agreement: Callable[[str], Agreement]) -> list[Exchange]:
    return list(exchanges_of(agreement(TEXT), "https://us.example/as4"))


def told(ours: list[Exchange], theirs: list[Exchange], form: Format) -> list[Row]:
    """The rows that are not alike, when theirs came through a file."""
    files = write_foreign(theirs, form)
    found = read_foreign(files, We("", ours[0].us.party_ids, ours[0].partner.party_ids))
    assert found.format is form
    rows = compare(ours, with_partner(found.exchanges, ours[0].partner.party_ids), whole=found.whole)
    return [one for one in rows if one.verdict is Verdict.DIFFER or (one.key == "service" and one.verdict is not Verdict.AGREE)]


def test_there_are_twenty_and_more() -> None:
    assert len(SEEDED) >= 20


@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_difference_is_found_and_rated(name: str, ours: list[Exchange]) -> None:
    form, change, key, risk = SEEDED[name]
    before = {(one.key, one.theirs) for one in told(ours, ours, form)}
    found = [one for one in told(ours, [change(one) for one in ours], form) if (one.key, one.theirs) not in before]
    assert key in {one.key for one in found}, found
    (row, *_) = [one for one in found if one.key == key]
    assert row.effect.risk is risk
    assert row.matters is (risk is not LOW)
    assert row.effect.en
    assert row.effect.zh
    assert row.ours != row.theirs


@pytest.mark.parametrize("form", [DOMIBUS, CPPA3])
def test_the_same_agreement_differs_in_nothing_that_matters(form: Format, ours: list[Exchange]) -> None:
    assert [one for one in told(ours, ours, form) if one.matters] == []


@pytest.mark.parametrize("form", [PHASE4, HOLODECK])
def test_single_pmodes_differ_in_nothing_but_what_they_cannot_say(form: Format, ours: list[Exchange]) -> None:
    keys = {one.key for one in told(ours, ours, form) if one.matters}
    # Holodeck names each key by the issuer or by its SKI in one word, and has properties with values alone.
    assert keys <= {"leg.business_info.properties"}


def test_a_single_pmode_says_nothing_of_the_others(ours: list[Exchange]) -> None:
    one = [other for other in ours if other.place == ("send", "urn:co", "Submit")]
    rows = compare(ours, one, whole=False)
    assert not any(row.matters for row in rows)
    assert sum(row.silent for row in rows) == len(ours) - 1
    assert any(row.matters for row in compare(ours, one, whole=True))


def test_a_difference_of_one_leg_names_it(ours: list[Exchange]) -> None:
    theirs = [only("Revoke", of_leg("leg.protocol.soap_version", "1.1"))(one) for one in ours]
    (row,) = [one for one in compare(ours, theirs) if one.verdict is Verdict.DIFFER]
    assert row.where == "send urn:co Revoke; receive urn:co Revoke"


def test_what_only_they_have_matters(ours: list[Exchange]) -> None:
    more = replace(ours[0], action="Extra")
    (row,) = [one for one in compare(ours, [*ours, more]) if one.verdict is Verdict.ONLY_THEIRS]
    assert row.matters
    assert "Extra" in row.theirs


def test_the_partners_view_is_turned_round(ours: list[Exchange]) -> None:
    theirs = [mirrored(one) for one in ours]
    assert theirs[0].us == ours[0].partner
    assert [
        one for one in compare(ours, [mirrored(one) for one in theirs]) if one.verdict is not Verdict.AGREE and one.matters
    ] == []


def test_the_exchanges_of_one_partner_among_many(ours: list[Exchange]) -> None:
    other = replace(ours[0], partner=Side((PartyId("OTHER", UNREGISTERED),)))
    assert with_partner([*ours, other], ours[0].partner.party_ids) == ours
    assert with_partner([other], ours[0].partner.party_ids) == [other]
    assert with_partner([*ours, other], (PartyId("NOBODY"),)) == []
    assert US in ours[0].us.party_ids
