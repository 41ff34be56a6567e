"""An agreement as exchanges, which say what its P-Modes say."""

from collections.abc import Callable
from dataclasses import replace

from node.agreements.agreement import Agreement
from node.agreements.parameters import PARAMETERS
from node.agreements.pmodes import pmodes_of
from node.foreign.exchange import OF_FIELDS, exchanges_of, mirrored, swapped
from tests.foreign.test_comparing import TEXT
from tests.foreign.test_formats import SERVICES


def test_each_pmode_is_an_exchange(agreement: Callable[[str], Agreement]) -> None:
    ours = agreement(TEXT + "\n".join(["", *SERVICES.values()]).replace("urn:co", "urn:co2").replace("urn:aeo", "urn:aeo2"))
    pmodes, found = list(pmodes_of(ours)), list(exchanges_of(ours, "https://us.example/as4"))
    assert len(found) == len(pmodes) == len({one.place for one in found})
    for pmode, one in zip(pmodes, found, strict=True):
        sender, receiver = pmode.initiator, pmode.responder
        assert (one.sender.party_ids, one.sender.role) == (sender.party_ids, sender.role)
        assert (one.receiver.party_ids, one.receiver.role) == (receiver.party_ids, receiver.role)
        assert one.mpc == pmode.leg.business_info.mpc
        assert one.pulled is (pmode.pulling is not None)
        assert one.sync is bool(pmode.sync and pmode.answers)
        assert one.test is pmode.test_service
        assert one.partner.url == "https://hub.example/as4"
        assert one.us.url == "https://us.example/as4"


def test_every_parameter_is_stated_or_a_field(agreement: Callable[[str], Agreement]) -> None:
    one = next(exchanges_of(agreement(TEXT)))
    assert set(PARAMETERS) - set(one.parameters) - OF_FIELDS - {"initiator.authorization.username"} == {
        key for key in PARAMETERS if key.startswith("leg.x.retry.")
    }


def test_twice_mirrored_is_the_same(agreement: Callable[[str], Agreement]) -> None:
    for one in exchanges_of(agreement(TEXT)):
        assert mirrored(mirrored(one)) == one
        assert mirrored(one).sender == one.sender
        assert mirrored(one).sends is not one.sends


def test_who_is_pulled_from_and_who_answers_is_the_responder(agreement: Callable[[str], Agreement]) -> None:
    ours = agreement(TEXT + SERVICES["pulled"] + SERVICES["asked"])
    places = {one.place: one for one in exchanges_of(ours)}
    assert [place[2] for place, one in places.items() if swapped(one, places)] == ["Wait", "Tell"]
    # Who pulled the question pushes the answer, and is the initiator of both.
    answer = replace(places["receive", "urn:mra", "Wait"], action="Done", sends=True, answers="Wait", pulled=False)
    assert not swapped(answer, places)
