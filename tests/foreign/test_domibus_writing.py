"""What Domibus is given: every name that is referred to exists, and what the schema requires is there."""

from collections.abc import Callable

import pytest
from lxml import etree

from node.agreements.agreement import Agreement
from node.foreign.domibus_writing import write, written_retry
from node.foreign.exchange import exchanges_of
from tests.foreign.test_comparing import TEXT

NS = "{http://domibus.eu/configuration}"


@pytest.fixture
def root(agreement: Callable[[str], Agreement]) -> etree._Element:
    (octets,) = write(list(exchanges_of(agreement(TEXT), "https://us.example/as4")), for_partner=True).values()
    return etree.fromstring(octets)


def test_the_partner_owns_the_file(root: etree._Element, agreement: Callable[[str], Agreement]) -> None:
    assert (root.tag, root.get("party")) == (f"{NS}configuration", "hub")
    (octets,) = write(list(exchanges_of(agreement(TEXT))), for_partner=False).values()
    assert etree.fromstring(octets).get("party") == "us"


def test_every_reference_has_its_name(root: etree._Element) -> None:
    names = {one.tag: {other.get("name") for other in root.iter(one.tag)} for one in root.iter() if one.get("name")}
    for leg in root.iter("legConfiguration"):
        for attribute, tag in (
            *(("service", "service"), ("action", "action"), ("security", "security"), ("defaultMpc", "mpc")),
            *(("receptionAwareness", "receptionAwareness"), ("reliability", "reliability"), ("errorHandling", "errorHandling")),
            ("propertySet", "propertySet"),
        ):
            assert leg.get(attribute) in names[tag]
    for process in root.iter("process"):
        for attribute, tag in (("mep", "mep"), ("binding", "binding"), ("initiatorRole", "role"), ("agreement", "agreement")):
            assert process.get(attribute) in names[tag]
        assert {one.get("name") for one in process.iter("leg")} <= names["legConfiguration"]


def test_the_parts_stand_in_the_order_of_the_schema(root: etree._Element) -> None:
    order = ["roles", "parties", "meps", "properties", "payloadProfiles", "securities", "errorHandlings", "agreements"]
    order += ["services", "actions", "as4", "legConfigurations"]
    tags = [one.tag for one in root.find("businessProcesses")]
    assert tags[: len(order)] == order
    assert set(tags[len(order) :]) == {"process"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("maxretries=4; period=3m", "12;4;CONSTANT"),
        ("maxretries=0", "0;0;SEND_ONCE"),
        ("maxretries=1; period=1s", "1;1;CONSTANT"),
    ],
)
def test_schedules(text: str, written: str) -> None:
    assert written_retry(text) == written
