"""Exchanges become agreements: together what can share one, apart what cannot."""

from dataclasses import replace

import pytest

from node.ebms.message import PartyId, Service
from node.ebms.namespaces import PULL, PUSH, TEST_ACTION, TEST_SERVICE
from node.foreign.exchange import Exchange, Side
from node.foreign.gathering import gather

US, THEM = Side((PartyId("US", "t"),), "A", "", "us"), Side((PartyId("THEM", "t"),), "B", "https://them.example", "them")
SENT = Exchange(Service("urn:s"), "Go", True, US, THEM, parameters={"leg.protocol.soap_version": "1.2"})
RECEIVED = replace(SENT, sends=False, us=replace(US, role="B"), partner=replace(THEM, role="A"))
TEST = replace(SENT, service=Service(TEST_SERVICE), action=TEST_ACTION)


def test_both_directions_are_one_service() -> None:
    (one,) = gather([SENT, RECEIVED, replace(SENT, action="Back")], whole=True)
    assert [(s.actions, s.direction) for s in one.services] == [(("Go",), "both"), (("Back",), "send")]
    assert (one.parameters["initiator.role"], one.parameters["responder.role"]) == ("A", "B")
    assert one.parameters["mep_binding"] == PUSH


def test_roles_that_hold_whoever_sends() -> None:
    (one,) = gather([SENT, replace(RECEIVED, us=US, partner=THEM)], whole=True)
    assert (one.our_role, one.partner_role) == ("A", "B")
    assert "initiator.role" not in one.parameters


def test_a_role_that_node_toml_fixes_is_not_repeated() -> None:
    (one,) = gather([SENT], whole=True, our_role="A")
    assert (one.our_role, one.partner_role) == ("", "B")


def test_roles_that_fit_no_pair_are_told() -> None:
    (one,) = gather(
        [SENT, replace(SENT, action="Other", us=replace(US, role="C")), replace(RECEIVED, partner=replace(THEM, role="D"))],
        whole=True,
    )
    assert "the roles differ" in one.doubts[0]


@pytest.mark.parametrize(
    "other",
    [
        replace(SENT, action="Other", parameters={"leg.protocol.soap_version": "1.1"}),
        replace(SENT, action="Other", partner=replace(THEM, url="https://elsewhere.example")),
        replace(SENT, action="Other", partner=replace(THEM, party_ids=(PartyId("OTHER", "t"),))),
        replace(SENT, parameters={"leg.protocol.soap_version": "1.2", "leg.splitting": False}),
    ],
)
def test_what_one_agreement_cannot_say_is_two(other: Exchange) -> None:
    assert len(gather([SENT, other], whole=True)) == 2


def test_an_answer_stays_with_its_question() -> None:
    answer = replace(RECEIVED, us=US, partner=THEM, action="Done", answers="Go", parameters={"leg.protocol.soap_version": "1.1"})
    (one,) = gather([SENT, answer], whole=True)
    assert one.parameters["leg.protocol.soap_version"] == "1.2"
    assert "another Protocol.SOAPVersion than what it answers" in one.doubts[0]


def test_what_is_said_twice_counts_once() -> None:
    (one,) = gather([SENT, SENT], whole=True)
    assert [s.actions for s in one.services] == [("Go",)]


def test_what_all_pull_is_said_once() -> None:
    pulled = replace(SENT, pulled=True, mpc="urn:mpc")
    (one,) = gather([pulled], whole=True)
    assert one.parameters["mep_binding"] == PULL
    assert (one.services[0].pulled, one.services[0].mpc) == (None, "urn:mpc")
    (mixed,) = gather([pulled, replace(SENT, action="Other")], whole=True)
    assert [s.pulled for s in mixed.services] == [True, None]


@pytest.mark.parametrize(
    ("exchanges", "whole", "agreed"),
    [([SENT, TEST], True, True), ([SENT], True, False), ([SENT], False, None), ([TEST], False, True)],
)
def test_the_test_service(exchanges: list[Exchange], whole: bool, agreed: bool | None) -> None:
    (one,) = gather(exchanges, whole=whole)
    assert one.test_service is agreed
