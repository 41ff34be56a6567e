"""Where an agreement is weaker than its profile."""

import pytest

from node.sheets.weakened import weaknesses
from tests.agreed import PARAMETERS

SHA1 = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"


def test_what_is_as_the_profile_has_it_is_not_weaker():
    assert weaknesses(PARAMETERS, PARAMETERS) == []


@pytest.mark.parametrize(
    ("name", "profile", "agreed"),
    [
        ("leg.security.x509.sign", True, False),
        ("leg.security.x509.encryption.encrypt", True, False),
        ("leg.security.x509.encryption.minimum_strength", 128, 64),
        ("leg.security.x509.encryption.minimum_strength", 128, None),
        ("leg.x.encryption.key_transport", "http://www.w3.org/2009/xmlenc11#rsa-oaep", SHA1),
        ("leg.security.send_receipt.non_repudiation", True, False),
    ],
)
def test_what_is_weaker_is_named(name, profile, agreed):
    (found,) = weaknesses({name: profile}, {name: agreed})
    assert (found.parameter, found.profile, found.agreed) == (name, profile, agreed)
    assert weaknesses({name: profile}, {name: profile}) == []


def test_algorithms_that_are_allowed_on_top_are_weaker_whatever_the_profile_says():
    (found,) = weaknesses({}, {"leg.x.inbound.allowed_algorithms": ["x"]})
    assert found.agreed == ["x"]
    assert weaknesses({"leg.security.x509.sign": False}, {"leg.security.x509.sign": True}) == []
