"""Documents between two whole nodes: judged before they go, judged when they come, answered, and on file on both sides."""

import asyncio
import json
import re
import uuid
from datetime import UTC, datetime

import pytest

from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.ports import SubmissionError
from node.msh.submit import Payload, Submission
from tests.customs_pair import make_customs_pair
from tests.documents import sample
from tests.services import delivered, ended, serving

RESPONSE = "gen.response"


def fresh(name: str, **changed: str) -> bytes:
    """A sample with a MessageID of its own, made now."""
    text = sample(name).read_text("utf-8")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"MessageID": f"urn:uuid:{uuid.uuid4()}", "IssueDateTime": now, **changed}
    for element, value in said.items():
        text, count = re.subn(rf"<{element}>[^<]*<", f"<{element}>{value}<", text, count=1)
        assert count == 1, element
    return text.encode()


def send(node, octets: bytes, action: str, partner: str = "kr", media_type: str = "application/xml") -> str:
    payload = Payload(HeldOctets(octets), media_type)
    return node.submit(Submission(partner, action, (payload,))).message_id


async def response_to(node, document_id: str) -> str:
    """The outcome of the response that came for one of our documents."""
    async with asyncio.timeout(20):
        while True:
            found = [e for e in node.documents.entries() if e.about.type_id == RESPONSE and e.about.correlation == document_id]
            if found:
                octets = node.documents.octets(found[0].id)
                return re.search(rb"<OutcomeCode>(..)<", octets)[1].decode()
            await asyncio.sleep(0.02)


def message_id_of(octets: bytes) -> str:
    return re.search(rb"<MessageID>([^<]+)<", octets)[1].decode()


@pytest.fixture
def pair(tmp_path):
    return make_customs_pair(tmp_path)


def test_a_document_is_judged_registered_answered_and_delivered(pair):
    tw, kr = pair
    octets = fresh("aeo-full-50")

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = send(here.node, octets, "aeo.recordset")
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            folder = await delivered(there.node, message_id)
            assert folder.parent == kr.folder / "data" / "inbox" / "tw"
            said = json.loads((folder / "message.json").read_text())
            (judged,) = said["documents"]
            assert (judged["type"], judged["outcome"], judged["findings"]) == ("aeo.recordset", "AP", [])
            assert {one["name"]: one["value"] for one in said["message_properties"]}["profile"] == "mra.tw-kr.1"
            assert await response_to(here.node, message_id_of(octets)) == "AP"
            assert there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 1200
            (mine,) = here.node.documents.carried_by("out", message_id)
            assert mine.outcome == "AP"
            # The response is delivered like any message, and nobody answers it.
            (answer,) = [e for e in there.node.documents.entries() if e.about.type_id == RESPONSE]
            assert answer.sending == "SENT"
            await ended(there.node, answer.carried.message_id, OutboundState.ACKNOWLEDGED)

    asyncio.run(story())


def test_a_document_that_breaks_a_rule_does_not_go_out(pair):
    tw, _ = pair

    async def story():
        async with serving(tw) as here:
            octets = fresh("aeo-full-50").replace(b"<RecordVersion>4<", b"<RecordVersion>5<", 1)
            with pytest.raises(SubmissionError, match="AEO-15 at /AeoRecordSet/SetDigest: The set digest does not match"):
                send(here.node, octets, "aeo.recordset")
            with pytest.raises(
                SubmissionError,
                match=r"AGR-04 at /AeoRecordSet: A document of type aeo\.recordset may not travel under the action aeo\.query",
            ):
                send(here.node, fresh("aeo-full-50"), "aeo.query")
            assert here.node.documents.entries() == []

    asyncio.run(story())


def test_a_partner_that_does_not_judge_its_own_is_answered_with_every_finding(pair):
    tw, kr = pair
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("[documents]\n", "[documents]\ncheck = false\n"))
    octets = fresh("aeo-full-50", SenderAuthority="TW-OTHER").replace(b"<RecordVersion>4<", b"<RecordVersion>5<", 1)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = send(here.node, octets, "aeo.recordset")
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            folder = await delivered(there.node, message_id)
            assert folder.parent == kr.folder / "data" / "refused" / "tw"
            (entry,) = there.node.documents.carried_by("in", message_id)
            assert (entry.outcome, [one["rule"] for one in entry.findings]) == ("RE", ["AEO-15"])
            (answer,) = there.node.documents.answers_of(entry.id)
            response = there.node.documents.octets(answer.id)
            assert b"<ValidationCode>AEO-15<" in response
            assert b"<FunctionCode>27<" in response
            assert "名單摘要值與紀錄不符" in response.decode()
            assert there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 0

    asyncio.run(story())


def test_an_authority_that_was_not_agreed_is_refused(pair):
    tw, kr = pair
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace('ours = ["TW-CUSTOMS"]', 'ours = ["TW-CUSTOMS", "TW-OTHER"]'))
    octets = fresh("aeo-query", SenderAuthority="TW-OTHER", RecipientAuthority="KR-KCS")

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = send(here.node, octets, "aeo.query")
            here.push.wake()
            folder = await delivered(there.node, message_id)
            (judged,) = json.loads((folder / "message.json").read_text())["documents"]
            assert (folder.parent.parent.name, [one["rule"] for one in judged["findings"]]) == ("refused", ["AGR-01"])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("action", "media_type", "octets", "rules"),
    [
        ("aeo.query", "application/octet-stream", b"no document at all", ["GEN-01"]),
        ("aeo.query", "application/octet-stream", b"<a/>", ["GEN-02"]),
        ("aeo.query", "application/xml", fresh("aeo-full-50"), ["AGR-04"]),
    ],
)
def test_neither_a_label_nor_an_action_carries_a_document_past_its_rules(pair, action, media_type, octets, rules):
    tw, kr = pair
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("[documents]\n", "[documents]\ncheck = false\n"))

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = send(here.node, octets, action, media_type=media_type)
            here.push.wake()
            folder = await delivered(there.node, message_id)
            (judged,) = json.loads((folder / "message.json").read_text())["documents"]
            assert (folder.parent.parent.name, [one["rule"] for one in judged["findings"]]) == ("refused", rules)
            assert there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 0

    asyncio.run(story())


def test_the_same_document_in_another_message_is_a_duplicate_and_changes_nothing(pair):
    tw, kr = pair
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("[documents]\n", "[documents]\ncheck = false\n"))
    octets = fresh("aeo-full-50")

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            folders = []
            for _ in range(2):
                message_id = send(here.node, octets, "aeo.recordset")
                here.push.wake()
                folders.append(await delivered(there.node, message_id))
            assert [folder.parent.parent.name for folder in folders] == ["inbox", "duplicate"]
            outcomes = [entry.outcome for entry in there.node.documents.entries() if entry.about.type_id == "aeo.recordset"]
            assert outcomes == ["AP", "AP"]

    asyncio.run(story())
