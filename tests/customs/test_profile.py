"""Agreement profiles from their files."""

from datetime import date

import pytest

from node.customs.profile import ProfileRefused, read_profile

GOOD = b'{"id": "rcep.1", "types": ["co.certificate"], "schemaVersion": "1.0", "from": "2022-01-01", "to": "2026-12-31", "hsDigits": [6]}'


def test_a_profile_keeps_all_its_parameters():
    profile = read_profile(GOOD)
    assert (profile.id, profile.types, profile.values["hsDigits"]) == ("rcep.1", ("co.certificate",), [6])


@pytest.mark.parametrize(
    ("day", "holds"), [("2021-12-31", False), ("2022-01-01", True), ("2026-12-31", True), ("2027-01-01", False)]
)
def test_a_profile_holds_from_its_first_to_its_last_day(day, holds):
    assert read_profile(GOOD).in_force(date.fromisoformat(day)) is holds


def test_a_profile_without_an_end_holds_on():
    assert read_profile(GOOD.replace(b'"2026-12-31"', b"null")).in_force(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (GOOD.replace(b'"types"', b'"type"'), "types is missing"),
        (GOOD.replace(b'"2022-01-01"', b'"2022-13-01"'), "month"),
        (GOOD.replace(b'"rcep.1"', b"1"), "id: 1 is not a text"),
    ],
)
def test_what_is_no_profile_is_refused_with_the_place(octets, told):
    with pytest.raises(ProfileRefused, match=told):
        read_profile(octets)
