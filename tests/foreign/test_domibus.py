"""A Domibus configuration: one agreement a partner, and two where its legs differ."""

import pytest

from node.ebms.message import AgreementRef
from node.ebms.namespaces import PULL, PUSH
from node.foreign.account import Fate
from node.foreign.domibus import retry_text
from node.foreign.items import ForeignRefused
from node.foreign.we import PartyUnknown, We
from node.security import algorithms as a
from tests.foreign.conftest import US
from tests.foreign.drafts import fate, foreign, gathered


def test_partners_and_legs_become_agreements() -> None:
    found = gathered("domibus")
    assert [(one.name, one.parameters["mep_binding"], [s.actions for s in one.services]) for one in found] == [
        ("hub_gw", PUSH, [("Certificate",), ("Verify",), ("Verified",)]),
        ("hub_gw", PULL, [("List",)]),
        ("coast_gw", PULL, [("List",)]),
    ]
    first = found[0]
    assert first.url == "https://hub.example/domibus/services/msh"
    assert first.agreement_ref == AgreementRef("urn:example:arrangement:2026", "urn:example:arrangements")
    assert [(one.direction, one.answers) for one in first.services] == [("both", ""), ("send", ""), ("receive", "Verify")]
    assert first.test_service is True
    assert found[1].test_service is False
    assert found[1].services[0].mpc == "urn:example:mpc:aeo"


def test_a_policy_says_how_messages_are_protected() -> None:
    p = gathered("domibus")[0].parameters
    assert p["leg.security.x509.sign"] is True
    assert p["leg.security.x509.encryption.encrypt"] is True
    assert p["leg.x.signature.key_identifier"] == "bst"
    assert p["leg.security.x509.signature.algorithm"] == a.RSA_SHA256
    assert p["leg.reception_awareness.retry_parameters"] == "maxretries=4; period=3m"
    assert p["leg.business_info.payload_profile_max_size"] == 40894
    assert [one["name"] for one in p["leg.business_info.properties"]] == ["originalSender", "finalRecipient"]


def test_an_unknown_policy_is_asked_for_and_nothing_guessed() -> None:
    found = gathered("domibus")[1]
    assert "leg.security.x509.sign" not in found.parameters
    what, why = fate(foreign("domibus"), "security[2]/@policy")
    assert what is Fate.ASKS
    assert "houseRules" in why


@pytest.mark.parametrize(
    ("policy", "sign", "encrypt", "identifier"),
    [
        ("eDeliveryAS4Policy", True, True, "ski"),
        ("eDeliveryAS4Policy_BST_PKIP", True, True, "bst-pkipath"),
        ("edeliveryas4policy_is", True, True, "issuer-serial"),
        ("signOnly", True, False, None),
        ("doNothingPolicy", False, False, None),
    ],
)
def test_policies(policy: str, sign: bool, encrypt: bool, identifier: str | None) -> None:
    p = gathered("domibus", ("eDeliveryAS4Policy_BST.xml", f"{policy}.xml"))[0].parameters
    assert (p["leg.security.x509.sign"], p["leg.security.x509.encryption.encrypt"]) == (sign, encrypt)
    assert p.get("leg.x.signature.key_identifier") == identifier


def test_elliptic_profiles() -> None:
    ecc = ('signatureMethod="RSA_SHA256"', 'signatureMethod="ED25519" profile="ECC"')
    p = gathered("domibus", ecc)[0].parameters
    assert (p["leg.security.x509.signature.algorithm"], p["leg.x.encryption.key_transport"], p["leg.x.encryption.kdf"]) == (
        a.EDDSA_ED25519,
        a.X25519,
        a.HKDF,
    )


def test_splitting_is_unsupported_by_name() -> None:
    found = foreign("domibus")
    told = [one for one in found.account if one.parameter == "Splitting"]
    assert len(told) == 5
    assert {one.fate for one in told} == {Fate.UNSUPPORTED}


def test_what_concerns_others_alone_is_ignored() -> None:
    assert fate(foreign("domibus"), "legConfiguration[6]/@compressPayloads")[0] is Fate.IGNORED
    assert fate(foreign("domibus"), "party[2]/@endpoint") == (Fate.IGNORED, "our own address stands in node.toml")


def test_a_name_that_nothing_has_is_asked_for() -> None:
    found = foreign("domibus", ('service="origin" action="certificate"', 'service="lost" action="certificate"'))
    assert fate(found, "legConfiguration[1]/@service") == (Fate.ASKS, "nothing in services/service has this name")
    assert "Certificate" not in {one.action for one in found.exchanges}


def test_a_pattern_that_this_node_cannot_do() -> None:
    found = foreign("domibus", ("core/200704/pushAndPush", "core/200704/pullAndPull"))
    told = [one for one in found.account if one.fate is Fate.UNSUPPORTED and one.parameter == "PMode.MEPbinding"]
    assert [one.path for one in told] == ["/configuration/businessProcesses/process[2]/@binding"]


def test_the_file_says_whose_it_is_where_nobody_else_does() -> None:
    assert {one.us.name for one in foreign("domibus", we=We()).exchanges} == {"hub_gw"}
    assert {one.us.name for one in foreign("domibus", we=We("coast_gw")).exchanges} == {"coast_gw"}
    with pytest.raises(PartyUnknown) as told:
        foreign("domibus", ('party="hub_gw"', 'party="gone_gw"'), we=We())
    assert told.value.parties == ("hub_gw", "island_gw", "coast_gw")


def test_a_process_without_parties_is_asked_about() -> None:
    found = foreign(
        "domibus",
        (
            '<initiatorParties>\n        <initiatorParty name="hub_gw"/>\n        <initiatorParty name="island_gw"/>\n      </initiatorParties>',
            "",
        ),
    )
    assert "Certificate" not in {one.action for one in found.exchanges}
    what, why = fate(found, "/process[1]")
    assert what is Fate.ASKS
    assert "no initiator is named" in why
    assert US in found.exchanges[0].us.party_ids


def test_more_exchanges_than_anybody_has_are_refused() -> None:
    parties = "".join(f'<party name="p{i}" endpoint="https://x.example"><identifier partyId="P{i}"/></party>' for i in range(300))
    members = "".join(f'<responderParty name="p{i}"/>' for i in range(300))
    legs = '<leg name="certificateLeg"/>' * 100
    with pytest.raises(ForeignRefused, match="more than 20000 exchanges"):
        foreign(
            "domibus",
            ('<party name="coast_gw"', parties + '<party name="coast_gw"'),
            ('<responderParty name="hub_gw"/>\n        <responderParty name="island_gw"/>', members),
            ('<leg name="certificateLeg"/>', legs),
        )


def test_a_set_of_too_many_properties_is_refused() -> None:
    with pytest.raises(ForeignRefused, match="at most 200"):
        foreign("domibus", ('<propertyRef property="from"/>', '<propertyRef property="from"/>' * 200))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12;4;CONSTANT", "maxretries=4; period=3m"),
        ("10;4;constant", "maxretries=4; period=150s"),
        ("100;2;3;PROGRESSIVE", "period=2m; factor=3; cap=100m; jitter=none; horizon=100m"),
        ("0;0;CONSTANT", ""),
        ("1;1;SEND_ONCE", ""),
        ("12;x;CONSTANT", None),
        ("12;4;SOMETIMES", None),
        ("12;4", None),
        ("100;2;3000;PROGRESSIVE", None),
    ],
)
def test_schedules(written: str, text: str | None) -> None:
    assert retry_text(written) == text
