"""Which party of a file we are."""

import pytest

from node.ebms.message import PartyId
from node.foreign.we import PartyUnknown, We

PARTIES = {"blue_gw": (PartyId("BLUE", "urn:t"),), "red_gw": (PartyId("RED", "urn:t"), PartyId("R", "urn:u"))}


@pytest.mark.parametrize(
    ("we", "otherwise", "found"),
    [
        (We("red_gw"), "", "red_gw"),
        (We("R"), "", "red_gw"),
        (We("", (PartyId("BLUE", "urn:t"),)), "red_gw", "blue_gw"),
        (We("", (PartyId("BLUE", "urn:other"),)), "", "blue_gw"),
        (We("", (PartyId("US"),), (PartyId("RED", "urn:t"),)), "", "blue_gw"),
        (We("", (PartyId("US"),)), "red_gw", "red_gw"),
    ],
)
def test_we_are_found(we: We, otherwise: str, found: str) -> None:
    assert we.among(PARTIES, otherwise) == found


@pytest.mark.parametrize(
    "we", [We("green_gw", (PartyId("BLUE", "urn:t"),)), We("", (PartyId("US"),)), We("", (PartyId("US"),), (PartyId("X"),))]
)
def test_nobody_is_guessed(we: We) -> None:
    with pytest.raises(PartyUnknown) as told:
        we.among(PARTIES)
    assert told.value.parties == ("blue_gw", "red_gw")
