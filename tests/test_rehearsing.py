"""Good samples go out fresh, in a campaign, under our authority, and sealed where their type demands that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.app import Node
from node.ebms.xml import parse_xml
from node.msh.ports import SubmissionError
from node.msh.submit import Submission
from node.rehearsing import Rehearsing
from tests.customs_pair import make_customs_pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(make_customs_pair(tmp_path, 'seal = "sign"\n')[0].folder)
    yield opened
    opened.close()


def rehearsing(node: Node, sent: list[bytes], refuses: int = 0) -> Rehearsing:
    def submit(submission: Submission) -> None:
        octets = b"".join(map(bytes, submission.payloads[0].octets.chunks()))
        sent.append(octets)
        if len(sent) <= refuses:
            raise SubmissionError("not so")

    return Rehearsing(node.checking, submit, node.clock, node.ports.identifiers.unique)


def test_a_sample_goes_out_fresh_under_our_authority_and_in_the_campaign(node: Node) -> None:
    sent: list[bytes] = []
    found = rehearsing(node, sent).send("kr", "not.notice", "C-1")
    assert found.why == ""
    root = parse_xml(sent[0])
    header = {one.tag.rpartition("}")[2]: one.text for one in root.find("{*}DocumentHeader")}
    assert (header["MessageID"], header["ConformanceCampaign"]) == (found.document_id, "C-1")
    assert (header["SenderAuthority"], header["RecipientAuthority"]) == ("TW-CUSTOMS", "KR-KCS")
    assert header["IssueDateTime"].startswith(f"{node.clock.now():%Y-%m-%dT%H}")


@pytest.mark.parametrize(("type_id", "sealed"), [("co.certificate", True), ("not.notice", False)])
def test_it_is_sealed_with_the_agreed_key_where_the_type_demands(node: Node, type_id: str, sealed: bool) -> None:
    sent: list[bytes] = []
    assert rehearsing(node, sent).send("kr", type_id, "C-1").why == ""
    assert (b"SignatureValue" in sent[0]) is sealed


def test_what_is_refused_is_tried_otherwise_and_then_told(node: Node) -> None:
    sent: list[bytes] = []
    assert rehearsing(node, sent, refuses=1).send("kr", "co.certificate", "C-1").why == ""
    assert len(sent) == 2
    told = rehearsing(node, sent, refuses=99).send("kr", "not.notice", "C-1")
    assert (told.document_id, told.why.endswith(".xml: not so")) == ("", True)


def test_what_has_no_sample_of_its_own_is_told(node: Node) -> None:
    made = rehearsing(node, [])
    assert made.send("kr", "man.arrival", "C-1").why == "its pack has no good sample that needs no other document before it"
    assert made.send("kr", "urn:other", "C-1").why == "no document pack of this node has this type"
