"""A first sheet is compared with the agreement that was written by hand, and one that changes what protects or where messages go needs two persons."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.agreeing import Agreed, Times
from node.app import Node
from node.sheets.effects import Risk
from node.sheets.signing import write_signed
from node.sheets.states import VersionState
from node.store.people import Acted
from tests.homes import ACTION, SERVICE, Side, make_pair

NOW = datetime.now(UTC).replace(microsecond=0)
ANN, BEN = Acted("ann", NOW), Acted("ben", NOW)
TERMS = {"profile": "edelivery-as4-2.0-ecdsa", "service": [{"value": SERVICE, "actions": [ACTION]}]}
URL = "https://as4.tw.example/as4"


class Written:
    """Two homes with agreements by hand: tw offers, kr accepts."""

    def __init__(self, pair: tuple[Side, Side]) -> None:
        self.tw, self.kr = pair
        self.nodes: dict[str, Node] = {}

    def open(self, side: Side) -> Node:
        return self.nodes.setdefault(side.name, Node.open(side.folder))

    def accept(self, **terms: object) -> Agreed:
        tw, kr = self.open(self.tw), self.open(self.kr)
        offer = tw.agreeing.offer("kr", {**TERMS, **terms}, Times(), ANN)
        said = tw.setting.certificates.own["sign"].certificate.sha256
        return kr.agreeing.accept(write_signed(offer.signed), "tw", said, {}, ANN)

    def changes(self, agreed: Agreed) -> dict[str, Risk]:
        return {one.path: one.risk for one in self.open(self.kr).agreeing.changes("tw", agreed.kept.sheet)}


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(make_pair(tmp_path, trust="pinned"))
    yield made
    for node in made.nodes.values():
        node.close()


def test_what_says_what_the_file_says_is_active_at_once_on_both_sides(written: Written) -> None:
    agreed = written.accept()
    assert written.changes(agreed) == {}
    assert (agreed.kept.state, agreed.kept.risk, agreed.waits_for) == (VersionState.ACTIVE, Risk.LOW, "")
    tw = written.open(written.tw).agreeing
    said = written.open(written.kr).setting.certificates.own["sign"].certificate.sha256
    taken = tw.activate(write_signed(agreed.kept.signed), "", said, ANN)
    assert (taken.kept.state, taken.kept.risk) == (VersionState.ACTIVE, Risk.LOW)


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"ours": {"url": URL}}, "partner.url"),
        ({"ours": {"tls": ["sign"]}}, "certificates.tls"),
        ({"ours": {"encrypt": ["sign"]}}, "certificates.encrypt"),
        ({"ours": {"trust": "path"}}, "certificates.trust"),
        ({"ours": {"authorities": ["TW-BOFT"]}}, "parties.partner.documents.authorities"),
        ({"check_documents": False}, "check_documents"),
        ({"ours": {"calendar": {"policy": "fall back", "fall_back": "https://x.example/as4", "window": [{"every": "sunday", "from": "22:00", "to": "23:00"}]}}}, "parties.partner.calendar.fall_back"),
        ({"leg": {"x": {"inbound": {"allowed_algorithms": ["http://www.w3.org/2000/09/xmldsig#sha1"]}}}}, "profile.parameters.leg.x.inbound.allowed_algorithms"),
        ({"leg": {"reception_awareness": {"retry": False}}}, "profile.parameters.leg.reception_awareness.retry"),
    ],
)  # fmt: skip
def test_what_protects_or_where_messages_go_needs_a_second_person(written: Written, terms: dict[str, object], path: str) -> None:
    weaker = [{"parameter": path.removeprefix("profile.parameters."), "reason": "x"}] if path.startswith("profile.") else []
    agreed = written.accept(**terms, weakened=weaker)
    assert written.changes(agreed)[path] is Risk.HIGH
    assert (agreed.kept.state, agreed.kept.risk) == (VersionState.ACCEPTED, Risk.HIGH)
    assert "only one person" in agreed.waits_for
    kr = written.open(written.kr)
    assert kr.agreeing.compared_with("tw", agreed.kept.sheet) == "partners/tw/agreement.toml"
    assert kr.agreeing.approve("tw", 1, BEN).kept.state is VersionState.ACTIVE


def test_services_that_come_and_go_are_told(written: Written) -> None:
    agreed = written.accept(service=[{"value": SERVICE, "actions": ["other"]}])
    found = written.changes(agreed)
    assert found == {
        f"services.{way} {SERVICE} {action}": Risk.MEDIUM for way in ("send", "receive") for action in (ACTION, "other")
    }
    assert (agreed.kept.state, agreed.kept.risk) == (VersionState.ACTIVE, Risk.MEDIUM)


def test_a_change_of_low_risk_is_told_and_needs_nobody(written: Written) -> None:
    agreed = written.accept(leg={"x": {"retry": {"period": "7m"}}})
    assert written.changes(agreed) == {"profile.parameters.leg.reception_awareness.retry_parameters": Risk.LOW}
    assert agreed.kept.state is VersionState.ACTIVE


def test_an_open_offer_of_ours_is_compared_with_nothing_yet(written: Written) -> None:
    tw = written.open(written.tw).agreeing
    offer = tw.offer("kr", {**TERMS, "ours": {"url": URL}}, Times(), ANN)
    assert (tw.changes("kr", offer.sheet), tw.compared_with("kr", offer.sheet), offer.risk) == ([], "", Risk.LOW)
    kr = written.open(written.kr).agreeing
    assert {one.path: one.risk for one in kr.changes("tw", offer.sheet)} == {"partner.url": Risk.HIGH}
    assert kr.changes("nobody", offer.sheet) == []


def test_after_the_first_sheet_the_file_is_no_measure_any_more(written: Written) -> None:
    written.accept()
    tw, kr = (written.open(one).agreeing for one in (written.tw, written.kr))
    accepted = kr.newest("tw")
    said = written.open(written.kr).setting.certificates.own["sign"].certificate.sha256
    tw.activate(write_signed(accepted.signed), "", said, ANN)
    proposed = tw.propose("kr", {"title": "x"}, Times(), ANN)
    assert tw.compared_with("kr", proposed.sheet) == "version 1"
    assert [one.path for one in tw.changes("kr", proposed.sheet) if not one.for_people] == []
