"""An agreement that breaks what its network prescribes is told so, with the clause."""

import pytest

from node.agreements.compliance import breaks, broken, observed
from node.agreements.requirements import FACTS, MUST, SHOULD, Requirement
from node.ebms.namespaces import DEFAULT_MPC, INITIATOR, ONE_WAY, PUSH, RESPONDER

ENTSOG = """\
profile = "entsog-as4-3.6"
[us]
party_id   = "21X-NL-A-A0A0A-Z"
party_type = "http://www.entsoe.eu/eic-codes/eic-party-codes-x"
[partner]
party_id   = "21X-DE-B-B0B0B-X"
party_type = "http://www.entsoe.eu/eic-codes/eic-party-codes-x"
url        = "https://as4.example.xx/as4"
role       = "ZSO"
[agreement_ref]
value = "http://entsog.eu/communication/agreements/21X-DE-B-B0B0B-X/21X-NL-A-A0A0A-Z/3"
[certificates]
sign    = ["b-sign"]
encrypt = ["b-enc"]
[[service]]
value = "A06"
""".replace("[us]\n", '[us]\nrole = "ZUA"\n')
ICS2 = """\
profile = "ics2-trader"
[us]
party_id   = "DE1234567@DE"
party_type = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:EORI"
role       = "Trader"
[partner]
party_id   = "sti-taxud"
party_type = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:auth"
url        = "https://as4.example.xx/as4"
role       = "Customs"
[agreement_ref]
value = "EU-ICS2-TI-V2.0"
type  = "ics2-interface-version"
[certificates]
sign = ["b-sign"]
[[service]]
value     = "eu_ics2_t2c"
actions   = ["IE3F10", "IE3A10"]
direction = "send"
[[service]]
value     = "eu_ics2_c2t"
actions   = ["IE3R01", "IE3N99"]
direction = "receive"
"""


@pytest.mark.parametrize("text", [ENTSOG, ICS2])
def test_an_agreement_as_its_network_wants_it_has_no_problem(load, text):
    agreements = load(xx=text)
    assert agreements.problems == []
    assert agreements.pmodes("xx")


def test_a_service_says_only_what_the_profile_does_not(load):
    [service] = load(xx=ENTSOG).partners()[0].services
    assert (service.service.type, service.actions) == (
        "http://edigas.org/service",
        ("http://docs.oasis-open.org/ebxml-msg/as4/200902/action",),
    )


BROKEN = [
    (ENTSOG, "21X-DE-B-B0B0B-X\"\nparty_type", "XX\"\nparty_type", "party.id: is 'XX'; entsog-as4-3.6 requires like [0-9]{2}[A-Z]"),
    (ENTSOG, "eic-party-codes-x\"\nurl", "eic\"\nurl", "party.type: is 'http://www.entsoe.eu/eic-codes/eic'; entsog-as4-3.6 requires http://www.entsoe.eu/eic-codes/eic-party-codes-x (EN 3.6)"),
    (ENTSOG, '[agreement_ref]\nvalue = "http://entsog.eu/communication/agreements/21X-DE-B-B0B0B-X/21X-NL-A-A0A0A-Z/3"\n', "", "agreement_ref.value: is not said; entsog-as4-3.6 requires like http://entsog"),
    (ENTSOG, "[agreement_ref]\n", '[agreement_ref]\ntype = "x"\n', "agreement_ref.type: is 'x'; entsog-as4-3.6 requires absent (EN 3.6)"),
    (ENTSOG, "[agreement_ref]\n", '[agreement_ref]\npmode = "x"\n', "agreement_ref.pmode: is 'x'; entsog-as4-3.6 requires absent (ED 3.2.3)"),
    (ENTSOG, '"A06"', '"A06"\ntype = "urn:x"', "service.type: is 'urn:x'"),
    (ENTSOG, '"A06"', '"urn:co"', "service.value: is 'urn:co'"),
    (ENTSOG, '"A06"', '"A06"\nmpc = "urn:x"', "mpc: is 'urn:x'"),
    (ENTSOG, '"A06"', '"A06"\nbinding = "pull"\nmpc = "urn:x"', "mep_binding: is 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/pull'"),
    (ENTSOG, '"ZSO"', '"customs"', "party.role: is 'customs'"),
    (ICS2, '"IE3N99"', '"IE3X99"', "service.action: is 'IE3X99'"),
    (ICS2, "V2.0", "V3.0", "agreement_ref.value: is 'EU-ICS2-TI-V3.0'; ics2-trader requires EU-ICS2-TI-V2.0 or EU-ICS2-TI-V1.0 (IC: V2.0 for releases 2 and 3)"),
    (ICS2, 'role       = "Trader"\n', "", "party.role: is 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/initiator'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "said"), BROKEN, ids=[row[3][:40] for row in BROKEN])
def test_what_a_network_forbids_is_told_with_its_clause(load, text, old, new, said):
    assert old in text
    problems = load(xx=text.replace(old, new)).problems
    assert any(said in one for one in problems), problems


def test_a_property_of_the_corners_may_not_be_dropped(load, a):
    text = a.AGREEMENT.replace("edelivery-as4-1.15", "edelivery-as4-1.15-four-corner")
    assert load(xx=text).problems == []
    fewer = 'leg.business_info.properties = ["originalSender", { name = "finalRecipient" }]\n'
    [problem] = load(xx=fewer + text).problems
    assert (
        "message_properties: lacks 'finalRecipient'; edelivery-as4-1.15-four-corner requires with originalSender, finalRecipient (ED 4.1)"
        in problem
    )


def test_what_a_network_recommends_is_no_problem_and_is_told_when_asked(load, a):
    agreements = load(xx=a.AGREEMENT)
    assert agreements.problems == []
    [(wanted, said)] = breaks(agreements.partners()[0], SHOULD)
    assert (wanted.fact, said) == ("party.type", "is 'urn:x'")
    assert list(breaks(agreements.partners()[0], MUST)) == []


def test_a_parameter_may_be_demanded(load, a):
    [agreement] = load(xx=a.AGREEMENT).partners()
    assert broken(Requirement("leg.x.payload.max_parts", MUST, "BD", ("1",)), agreement) == "is '100'"
    assert broken(Requirement("leg.security.pmode_authorize", MUST, "ED", ("false",)), agreement) is None


def test_every_fact_is_observed(load, a):
    [agreement] = load(xx='leg.business_info.properties = ["originalSender"]\n' + a.AGREEMENT).partners()
    assert {fact: list(dict.fromkeys(observed(fact, agreement))) for fact in FACTS} == {
        "party.count": ["1"],
        "party.type": ["urn:x"],
        "party.id": ["TW-CUSTOMS", "XX-CUSTOMS"],
        "party.role": [INITIATOR, RESPONDER],
        "agreement_ref.value": ["urn:agreement:tw-xx"],
        "agreement_ref.type": [None],
        "agreement_ref.pmode": [None],
        "service.value": ["urn:co", "urn:aeo"],
        "service.type": [None],
        "service.action": ["Submit", "Revoke", "List"],
        "mep": [ONE_WAY],
        "mep_binding": [PUSH],
        "mpc": [DEFAULT_MPC],
        "message_properties": ["originalSender"],
    }
