"""Good samples go out fresh, in a campaign, under our authority, and sealed where their type demands that."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.ebms.xml import parse_xml
from node.msh.ports import Clock, SubmissionError
from node.msh.submit import Submission
from node.onboarding.documents import BAD
from node.rehearsing import Rehearsing
from tests.conftest import FixtureClock
from tests.customs_pair import make_customs_pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(make_customs_pair(tmp_path, 'seal = "sign"\n')[0].folder)
    yield opened
    opened.close()


def rehearsing(node: Node, sent: list[bytes], refuses: int = 0, clock: Clock | None = None) -> Rehearsing:
    def submit(submission: Submission) -> None:
        sent.append(octets_of(submission))
        if len(sent) <= refuses:
            raise SubmissionError("not so")

    def unjudged(submission: Submission) -> None:
        sent.append(b"unjudged" + octets_of(submission))

    ports = node.ports
    return Rehearsing(
        node.checking, Answered(node), submit, unjudged, clock or node.clock, ports.identifiers.unique, lambda _: None
    )  # type: ignore[arg-type]


def octets_of(submission: Submission) -> bytes:
    return b"".join(map(bytes, submission.payloads[0].octets.chunks()))


class Answered:
    """The register, in which everything is answered at once."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def correlated(self, _: str) -> list[str]:
        return ["answer"]

    def __getattr__(self, name: str) -> object:
        return getattr(self._node.documents, name)


def text_of(octets: bytes, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)<".encode(), octets)
    assert found is not None
    return found[1].decode()


def test_a_sample_goes_out_fresh_under_our_authority_and_in_the_campaign(node: Node) -> None:
    sent: list[bytes] = []
    found = rehearsing(node, sent).send("kr", "not.notice", "C-1", ("1", BAD))
    assert [(one.what, one.why) for one in found] == [("send", "")]
    root = parse_xml(sent[0])
    header = {one.tag.rpartition("}")[2]: one.text for one in root.find("{*}DocumentHeader")}
    assert (header["MessageID"], header["ConformanceCampaign"]) == (found[0].document_id, "C-1")
    assert (header["SenderAuthority"], header["RecipientAuthority"]) == ("TW-CUSTOMS", "KR-KCS")
    assert header["IssueDateTime"].startswith(f"{node.clock.now():%Y-%m-%dT%H}")


def test_what_goes_before_goes_out_before_and_the_sample_names_it_as_it_is_now(node: Node) -> None:
    sent: list[bytes] = []
    (found,) = rehearsing(node, sent).send("kr", "not.notice", "C-1", ("9", BAD))
    # Neither is on file here, since nothing is really sent: so the withdrawal is judged to be of nothing, and it is the notice that counts.
    assert found.what == "withdraw"
    first, second = sent[0], sent[1]
    assert (text_of(first, "FunctionCode"), text_of(second, "FunctionCode")) == ("9", "1")
    assert text_of(first, "ID") == text_of(second, "ID") != "TW-N-2026-0119"
    assert re.fullmatch(r"TW-N-2026-\d{4}", text_of(first, "ID"))


@pytest.mark.parametrize("hour", [0, 4, 8, 15, 16, 23])
def test_a_deadline_is_as_far_from_the_issue_as_in_the_sample_at_whatever_hour(node: Node, hour: int) -> None:
    sent: list[bytes] = []
    now = datetime(2027, 2, 28, hour, 30, tzinfo=UTC)
    rehearsing(node, sent, clock=FixtureClock(now)).send("kr", "not.notice", "C-1", ("9", BAD))
    # It rests on an acknowledgement by the next noon of Taipei; the withdrawal was written at four in the afternoon.
    assert datetime.fromisoformat(text_of(sent[0], "AcknowledgeBy")) - now == timedelta(hours=20)


@pytest.mark.parametrize(("type_id", "sealed"), [("co.certificate", True), ("not.notice", False)])
def test_it_is_sealed_with_the_agreed_key_where_the_type_demands(node: Node, type_id: str, sealed: bool) -> None:
    sent: list[bytes] = []
    found = rehearsing(node, sent).send("kr", type_id, "C-1", (BAD,))
    assert found[0].why == ""
    assert (b"SignatureValue" in sent[0]) is sealed


def test_what_is_refused_is_tried_otherwise_and_then_told(node: Node) -> None:
    sent: list[bytes] = []
    (found,) = rehearsing(node, sent, refuses=1).send("kr", "not.notice", "C-1", ("1", BAD))
    assert found.why == ""
    assert len(sent) == 2
    (told,) = rehearsing(node, sent, refuses=99).send("kr", "not.notice", "C-1", ("1", BAD))
    assert (told.document_id, told.why.endswith(".xml: not so")) == ("", True)


def test_what_rests_on_documents_of_the_partner_waits_for_them(node: Node) -> None:
    sent: list[bytes] = []
    (told,) = rehearsing(node, sent).send("kr", "man.arrival", "C-1")
    assert "a man.cargo-report of the partner under man.sea.1, and none that fits has come in a campaign" in told.why
    assert sent == []


def test_what_has_no_sample_is_told(node: Node) -> None:
    made = rehearsing(node, [])
    assert [one.why for one in made.send("kr", "aeo.reconcile", "C-1")] == ["its pack has no good sample"]
    assert [one.why for one in made.send("kr", "urn:other", "C-1")] == ["no document pack of this node has this type"]


def test_a_bad_sample_goes_past_our_judge_and_is_on_file_as_refused(node: Node) -> None:
    sent: list[bytes] = []
    (bad,) = rehearsing(node, sent).send("kr", "not.notice", "C-1", ("1", "9"))
    assert sent[0].startswith(b"unjudged")
    (entry,) = node.documents.said(bad.document_id)
    assert (entry.outcome, entry.carried.direction, entry.about.campaign) == ("RE", "out", "C-1")
    assert [one["rule"] for one in entry.findings] == [bad.rule]
