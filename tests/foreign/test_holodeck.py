"""Holodeck P-Modes: who signs and who is encrypted to, and what the product means where a file is silent."""

import pytest

from node.ebms.namespaces import PULL
from node.foreign.account import Fate
from node.foreign.we import PartyUnknown, We
from node.security import algorithms as a
from tests.foreign.drafts import fate, foreign, gathered


def test_two_pmodes_with_other_security_are_two_agreements() -> None:
    pull, push = gathered("holodeck")
    assert pull.parameters["mep_binding"] == PULL
    assert (pull.services[0].direction, pull.services[0].mpc) == ("receive", "urn:example:mpc:island")
    assert (push.services[0].direction, push.services[0].actions) == ("send", ("Certificate",))
    assert push.url == pull.url == "https://hub.example/holodeckb2b/as4"


def test_the_sender_signs_and_the_receiver_is_encrypted_to() -> None:
    p = gathered("holodeck")[1].parameters
    assert p["leg.x.signature.key_identifier"] == "bst-pkipath"
    assert p["leg.security.x509.signature.algorithm"] == a.RSA_SHA512
    assert p["leg.security.x509.encryption.algorithm"] == a.AES256_GCM
    assert p["leg.x.encryption.key_identifier"] == "ski"
    assert p["leg.reception_awareness.retry_parameters"] == "maxretries=5; period=2m"


def test_what_the_product_means_by_silence() -> None:
    found = foreign("holodeck")
    p = gathered("holodeck")[0].parameters
    assert p["leg.x.signature.key_identifier"] == "issuer-serial"
    assert p["leg.security.x509.encryption.algorithm"] == a.AES128_GCM
    assert p["leg.payload_service.compression_type"] == "none"
    assert {"leg.x.signature.key_identifier", "leg.payload_service.compression_type"} <= {key for key, _, _ in found.implied}


def test_receipts_that_are_signed_in_another_way_are_unsupported() -> None:
    what, why = fate(foreign("holodeck"), "push.xml: /PMode/Responder/SecurityConfiguration/Signing/KeyReferenceMethod")
    assert what is Fate.UNSUPPORTED
    assert "the two sides sign in different ways" in why


def test_certificates_are_asked_for_by_alias_and_our_own_are_not() -> None:
    found = foreign("holodeck")
    assert fate(found, "push.xml: /PMode/Responder/SecurityConfiguration/Encryption/KeystoreAlias")[0] is Fate.ASKS
    assert fate(found, "push.xml: /PMode/Initiator/SecurityConfiguration/Signing/KeystoreAlias")[0] is Fate.IGNORED


@pytest.mark.parametrize(
    ("before", "after", "key", "value"),
    [
        ("<MaxRetries>5</MaxRetries>", "<MaxRetries>0</MaxRetries>", "leg.reception_awareness.retry", False),
        (
            "<MaxRetries>5</MaxRetries>\n      <RetryInterval>120</RetryInterval>",
            "<WaitIntervals>10,60</WaitIntervals>",
            "leg.reception_awareness.retry_parameters",
            "intervals=10s 60s",
        ),
        ("<SoapVersion>1.2</SoapVersion>", "<SoapVersion>1.1</SoapVersion>", "leg.protocol.soap_version", "1.1"),
        ("<ReplyPattern>RESPONSE", "<ReplyPattern>CALLBACK", "leg.error_handling.report.as_response", False),
    ],
)
def test_values(before: str, after: str, key: str, value: object) -> None:
    assert gathered("holodeck", (before, after))[1].parameters[key] == value


def test_an_algorithm_that_this_node_cannot_do() -> None:
    found = foreign("holodeck", ("xmldsig-more#rsa-sha512", "xmldsig-more#rsa-ripemd160"))
    assert fate(found, "push.xml: /PMode/Initiator/SecurityConfiguration/Signing/Algorithm")[0] is Fate.UNSUPPORTED


def test_a_pmode_that_leaves_the_action_to_the_application() -> None:
    found = foreign("holodeck", ("<Action>Certificate</Action>", ""))
    assert [one.action for one in found.exchanges] == ["List"]
    assert fate(found, "push.xml: /PMode/Leg/UserMessageFlow/BusinessInfo")[0] is Fate.ASKS


def test_nobody_guesses_which_party_we_are() -> None:
    with pytest.raises(PartyUnknown) as told:
        foreign("holodeck", we=We())
    assert told.value.parties == ("TW-CUSTOMS", "HUB-CUSTOMS")
