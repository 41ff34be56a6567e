"""Two presets, parameter by parameter."""

import pytest

from node.agreements.comparing import differences, plain
from node.agreements.presets import read_preset
from node.configuration import Problems


@pytest.fixture
def compared(a):
    """The differences of two shipped presets by key."""

    def between(first, second):
        one, other = (read_preset(name, (a.presets,), Problems()) for name in (first, second))
        return {each.key: each for each in differences(one, other)}

    return between


def test_a_preset_is_like_itself(compared):
    assert compared("customs-n2n", "customs-n2n") == {}


def test_what_differs_is_rated_and_equal_values_are_left_out(compared):
    found = compared("edelivery-as4-1.15", "ics2-trader")
    encrypt = found["leg.security.x509.encryption.encrypt"]
    assert (encrypt.kind, encrypt.a, encrypt.b, encrypt.rating) == ("differs", True, False, "weaker")
    assert encrypt.a_origin.file == "profiles/messaging/edelivery-as4-1.15.toml"
    assert encrypt.b_origin.file == "profiles/messaging/ics2-trader.toml"
    assert found["leg.x.signature.key_identifier"].rating == "other"
    assert "leg.security.x509.sign" not in found
    back = compared("ics2-trader", "edelivery-as4-1.15")["leg.security.x509.encryption.encrypt"]
    assert back.rating == "stronger"


def test_what_only_one_says_is_told_so(compared):
    key = "leg.business_info.properties"
    assert (compared("edelivery-as4-1.15", "customs-n2n")[key].kind, compared("customs-n2n", "edelivery-as4-1.15")[key].kind) == (
        "only B",
        "only A",
    )


def test_demands_are_compared_too(compared):
    found = compared("entsog-as4-3.6", "edelivery-as4-1.15")
    assert (found["requires.party.id"].kind, found["requires.party.id"].b) == ("only A", None)
    assert (found["requires.party.type"].kind, found["requires.party.type"].a) == (
        "differs",
        "must: http://www.entsoe.eu/eic-codes/eic-party-codes-x",
    )


def test_a_list_and_a_tuple_of_the_same_are_the_same():
    assert (plain(()), plain([1]), plain("x")) == ([], [1], "x")
