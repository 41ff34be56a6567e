"""Check digits of identifiers."""

import pytest

from node.customs.operators.identifiers import is_lei, is_ubn, is_uscc, is_well_formed


@pytest.mark.parametrize("number", ["04595257", "45725232", "10458570", "10458574"])
def test_a_business_number_is_divisible_by_five(number):
    # The third has a seven in the seventh place: there the sum may be one less.
    assert is_ubn(number)


@pytest.mark.parametrize("number", ["04595258", "4595257", "045952570", "0459525a", "", "\uff104595257"])
def test_a_wrong_business_number_is_none(number):
    assert not is_ubn(number)


def test_a_seven_in_the_seventh_place_counts_in_two_ways():
    with_seven = [text for digit in range(10) if is_ubn(text := f"1045857{digit}")]
    without = [text for digit in range(10) if is_ubn(text := f"1045856{digit}")]
    assert (len(with_seven), len(without)) == (4, 2)


def test_a_social_credit_code_has_its_check_character():
    assert is_uscc("91350100M000100Y43")
    assert not is_uscc("91350100M000100Y44")
    assert not is_uscc("91350100M000100Y4")
    assert not is_uscc("91350100I000100Y43")


def test_a_legal_entity_identifier_is_one_modulo_97():
    assert is_lei("5493000IBP32UQZ0KL24")
    assert not is_lei("5493000IBP32UQZ0KL25")
    assert not is_lei("5493000IBP32UQZ0KLAA")
    assert not is_lei("5493000ibp32uqz0kl24")


def test_schemes_without_a_check_digit_take_anything():
    assert is_well_formed("LOCAL", "x")
    assert not is_well_formed("LEI", "x")
