"""Each service, action and direction becomes a P-Mode with the certificates on the right side."""

import pytest

from node.agreements.pmodes import pmodes_of
from node.ebms.message import Party
from node.ebms.namespaces import GZIP, INITIATOR, RESPONDER


def test_ids_are_stable_and_name_direction_service_and_action(load, a):
    [agreement] = load(xx=a.AGREEMENT).partners()
    assert [one.id for one in pmodes_of(agreement)][:5] == [
        "xx/send/urn:co/Submit",
        "xx/receive/urn:co/Submit",
        "xx/send/urn:co/Revoke",
        "xx/receive/urn:co/Revoke",
        "xx/receive/urn:aeo/List",
    ]


def test_when_we_send_we_sign_and_they_decrypt_and_sign_the_receipt(load, a):
    pmode = load(xx=a.AGREEMENT).for_submission("xx", None, "Submit")
    security = pmode.leg.security
    assert (pmode.initiator, pmode.responder) == (Party((a.US,), INITIATOR), Party((a.THEM,), RESPONDER))
    assert security.signature.certificate == ("sign",)
    assert security.encryption.certificate == ("b-enc",)
    assert security.signal_signature.certificate == ("b-sign",)


def test_when_they_send_they_sign_and_we_decrypt_and_sign_the_receipt(load, a):
    pmode = load(xx=a.AGREEMENT).find(a.message())
    security = pmode.leg.security
    assert (pmode.initiator, pmode.responder) == (Party((a.THEM,), INITIATOR), Party((a.US,), RESPONDER))
    assert security.signature.certificate == ("b-sign",)
    assert security.encryption.certificate == ("enc",)
    assert security.signal_signature.certificate == ("sign",)
    assert pmode.leg.protocol.address is None


def test_a_fixed_role_holds_in_both_directions(load, a):
    text = a.AGREEMENT.replace("[partner]", '[us]\nrole = "customs"\n[partner]\nrole = "authority"')
    for pmode in load(xx=text).pmodes("xx"):
        roles = {pmode.initiator.role, pmode.responder.role}
        assert roles == {"customs", "authority"}
        assert (pmode.initiator.role == "authority") == pmode.inbound


def test_an_override_reaches_every_pmode_of_the_partner(load, a):
    text = (
        a.AGREEMENT
        + """
[leg]
payload_service.compression_type = "none"
business_info.payload_profile_max_size = 10
x.payload.max_parts = 3
x.inbound.allowed_algorithms = ["http://www.w3.org/2001/04/xmlenc#sha512"]
reception_awareness.retry_parameters = "maxretries=3;period=120000"
"""
    )
    agreements = load(xx=text)
    assert agreements.problems == []
    for pmode in agreements.pmodes("xx"):
        leg = pmode.leg
        assert leg.payload_service.compression_type is None
        assert leg.business_info.payload_max_size == 10_000
        assert leg.limits.max_parts == 3
        assert leg.security.also_allowed == {"http://www.w3.org/2001/04/xmlenc#sha512"}
        assert leg.reception_awareness.retry_parameters == "maxretries=3;period=120000"


def test_rules_of_business_do_not_bind_a_test_message(load, a):
    agreements = load(xx=a.AGREEMENT + '[leg.business_info]\nproperties = ["originalSender"]\n')
    assert {bool(one.leg.business_info.properties) == one.test_service for one in agreements.pmodes("xx")} == {False}


@pytest.mark.parametrize(
    ("profile", "keys", "suite", "foreign"),
    [
        ("edelivery-as4-1.15", ("sign", "enc"), "EDELIVERY_1_15", ()),
        ("edelivery-as4-2.0-eddsa", ("sign-ed25519", "enc-x25519"), "EDELIVERY_2_EDDSA", ()),
        ("edelivery-as4-2.0-ecdsa", ("sign-p256", "enc-p256"), "EDELIVERY_2_ECDSA", ()),
        (
            "bdew-as4-1.1",
            ("sign-p256", "enc-p256"),
            "BDEW_1_1",
            ("party.type", "agreement_ref.value", "service.value", "service.action"),
        ),
    ],
)
def test_each_preset_says_what_its_suite_says(load, a, profile, keys, suite, foreign):
    from node.security import suites

    sign, encrypt = keys
    text = a.AGREEMENT.replace("edelivery-as4-1.15", profile).replace("b-sign", f"b-{sign}").replace("b-enc", f"b-{encrypt}")
    agreements = load(xx=text + f'[us]\nsign = "{sign}"\nencrypt = "{encrypt}"\n')
    # The parties of a German energy market have other names.
    assert {one.partition(": ")[2].partition(":")[0] for one in agreements.problems} <= set(foreign)
    security, wanted = agreements.for_submission("xx", None, "Submit").leg.security, getattr(suites, suite)
    assert security.signature == wanted.signature((sign,))
    assert security.encryption == wanted.encryption((f"b-{encrypt}",))
    assert security.send_receipt.send
    assert agreements.for_submission("xx", None, "Submit").leg.payload_service.compression_type == GZIP
