"""What phase4 is given: names that its converters read, and nothing that they do not."""

import json
from collections.abc import Callable

from node.agreements.agreement import Agreement
from node.foreign.account import rule_of
from node.foreign.exchange import exchanges_of
from node.foreign.items import read_json
from node.foreign.phase4 import RULES
from node.foreign.phase4_writing import write
from tests.foreign.test_comparing import TEXT


def test_one_pmode_for_each_exchange(agreement: Callable[[str], Agreement]) -> None:
    exchanges = list(exchanges_of(agreement(TEXT), "https://us.example/as4"))
    octets = write(exchanges, for_partner=True)["pmodes.json"]
    assert octets == write(exchanges, for_partner=False)["pmodes.json"]
    found = json.loads(octets)
    assert len(found) == len(exchanges)
    assert found[0]["MEP"] == "oneway"
    assert found[0]["Leg1"]["Protocol"]["Address"] == "https://hub.example/as4"
    assert found[1]["Leg1"]["Protocol"]["Address"] == "https://us.example/as4"
    assert found[0]["Leg1"]["Security"]["X509SignatureAlgorithm"] == "rsa-sha-256"
    assert found[0]["RecepetionAwareness"]["RetryIntervalMS"] == 180_000


def test_every_name_is_known_to_the_reader(agreement: Callable[[str], Agreement]) -> None:
    octets = write(list(exchanges_of(agreement(TEXT))), for_partner=True)["pmodes.json"]
    assert [one.path for one in read_json(octets).walk() if "not known" in rule_of(RULES, one.shape).reason] == []
