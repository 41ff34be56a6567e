"""Check digits of transport, by published examples."""

import pytest

from node.customs import digits


@pytest.mark.parametrize("number", ["CSQU3054383", "HTSU4001376", "MSKU9070323"])
def test_right_containers(number):
    assert digits.container(number)
    assert digits.freight_container(number)


@pytest.mark.parametrize(
    "number",
    [
        "CSQU3054384",
        "CSQU305438",
        "csqu3054383",
        "CSQ13054383",
        "CSQU30543831",
        "",
        "\N{FULLWIDTH LATIN CAPITAL LETTER C}SQU3054383",
    ],
)
def test_wrong_containers(number):
    assert not digits.container(number)


def test_every_single_wrong_sign_of_a_container_is_seen():
    # Modulo 11 finds each; only a remainder of 10, which is written 0, hides some.
    number = "CSQU3054383"
    for place in range(10):
        others = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if place < 4 else "0123456789"
        wrong = [number[:place] + sign + number[place + 1 :] for sign in others if sign != number[place]]
        assert sum(map(digits.container, wrong)) <= 3


def test_a_container_of_no_freight_category_has_a_check_digit_as_well():
    assert digits.container("HTSA4001376")
    assert not digits.freight_container("HTSA4001376")
    assert digits.container_form("HTSA4001370")
    assert not digits.container("HTSA4001370")


def test_a_remainder_of_ten_is_written_as_nought():
    numbers = [f"CSQU{serial:06}0" for serial in range(300)]
    assert any(digits.container(number) for number in numbers)


@pytest.mark.parametrize(
    ("number", "right"), [("9074729", True), ("9812341", True), ("9074728", False), ("907472", False), ("90747290", False)]
)
def test_ships(number, right):
    assert digits.ship(number) is right


@pytest.mark.parametrize(
    ("number", "right"),
    [("888-11111111", True), ("988-44112202", True), ("888-11111112", False), ("88811111111", False), ("888-1111111", False)],
)
def test_air_waybills(number, right):
    assert digits.air_waybill(number) is right
