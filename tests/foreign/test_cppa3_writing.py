"""What is written as CPPA 3.0: every reference leads somewhere, and certificates travel in it."""

from collections.abc import Callable

from lxml import etree

from node.agreements.agreement import Agreement
from node.foreign.cppa3 import NAMESPACE
from node.foreign.cppa3_writing import write
from node.foreign.exchange import exchanges_of
from node.foreign.formats import Format, read_foreign
from node.foreign.we import We
from tests.foreign.conftest import US
from tests.foreign.test_comparing import TEXT

OURS, THEIRS = {"sign": b"\x30\x01\x01", "encrypt": b"\x30\x01\x02"}, {"sign": b"\x30\x01\x03", "encrypt": b"\x30\x01\x04"}


def test_every_reference_has_its_id(agreement: Callable[[str], Agreement]) -> None:
    exchanges = list(exchanges_of(agreement(TEXT), "https://us.example/as4", OURS, THEIRS))
    root = etree.fromstring(write(exchanges, for_partner=True)["cpa.xml"])
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    refers = {one.text for one in root.iter() if etree.QName(one).localname.endswith("ChannelId")}
    refers |= {
        one.get(name) for one in root.iter() for name in ("certId", "transport", "replyTo", "propertySetId") if one.get(name)
    }
    assert refers <= ids
    assert root.findtext(f"{{{NAMESPACE}}}PartyInfo/{{{NAMESPACE}}}PartyName") == "hub"


def test_certificates_come_back(agreement: Callable[[str], Agreement]) -> None:
    exchanges = list(exchanges_of(agreement(TEXT), "https://us.example/as4", OURS, THEIRS))
    for for_partner in (True, False):
        found = read_foreign(write(exchanges, for_partner=for_partner), We("", (US,)), Format.CPPA3)
        assert found.certificates == {("hub", purpose): der for purpose, der in THEIRS.items()}
