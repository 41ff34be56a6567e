"""What the register shows of a campaign; the whole way there and back is walked in tests/cli/test_partner_gates.py."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from node.showing import Showing
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(make_customs_pair(tmp_path)[0].folder)
    yield opened
    opened.close()


def notice(campaign: bool) -> bytes:
    octets = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
    octets = octets.replace(b"KR-N-2026-0044", b"TW-N-1" if campaign else b"TW-N-2")
    mark = b"</RecipientAuthority><ConformanceCampaign>C1</ConformanceCampaign>"
    return octets.replace(b"</RecipientAuthority>", mark) if campaign else octets


def test_documents_of_campaigns_alone_are_looked_at_in_their_direction_and_time(node: Node) -> None:
    for campaign in (False, True):
        payload = Payload(HeldOctets(notice(campaign)), "application/xml")
        node.submit(Submission("kr", "not.notice", (payload,)))
    showing, now = Showing(node.documents, node._ladders, node.checking.packs), node.clock.now()
    (shown,) = showing.shown("kr", {"not.notice": "out"}, None, now)
    assert (shown.function, shown.outcome, shown.right) == ("9", "", False)
    assert list(showing.shown("kr", {"not.notice": "in"}, None, now)) == []
    assert list(showing.shown("kr", {"not.notice": "out"}, now + timedelta(seconds=1), now)) == []
    assert showing.function_of("not.notice", "1") == "withdraw"
    assert showing.function_of("urn:other", "1") == "1"


def test_answers_are_what_a_node_makes_by_itself(node: Node) -> None:
    showing = Showing(node.documents, node._ladders, node.checking.packs)
    assert showing.answers(["co.query", "not.notice", "co.verification-reply"]) == {"co.query-response", "gen.response"}
