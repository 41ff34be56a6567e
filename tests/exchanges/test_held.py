"""A list that shrank is held by a rule, released by a person, takes effect, and its sender is told both times."""

import asyncio
import json
import re

from node.cli.root import run
from node.customs.operators.digest import Line, SetDigest
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from tests.customs_pair import make_customs_pair
from tests.documents import sample
from tests.services import delivered, ended, serving


def shrunk(text: str, records: int) -> bytes:
    """The list with its first records alone, as the next one."""
    found = re.findall(r"  <Record>.*?</Record>\n", text, re.DOTALL)
    lines = []
    for one in found[:records]:
        names = ("TIN", "TierCode", "StatusCode", "RecordVersion")
        tin, tier, status, version = (re.search(rf"<{name}>([^<]*)<", one)[1] for name in names)
        lines.append(Line(tin, tier, status, int(version)))
    digest = SetDigest()
    for line in sorted(lines):
        digest.add(line)
    for one in found[records:]:
        text = text.replace(one, "")
    for name, value in (
        ("MessageID", "urn:uuid:7c1e8a52-6a55-4c5e-9d6e-0c1f0a5b7e22"),
        ("ToSequence", "1201"),
        ("RecordQuantity", str(records)),
        ("SetDigest", digest.value()),
    ):
        text = re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text, count=1)
    return text.encode()


def test_a_list_that_shrank_waits_for_a_person(tmp_path, capsys):
    tw, kr = make_customs_pair(tmp_path)
    text = sample("aeo-full-50").read_text()
    said = {}

    def n2n(*words):
        assert run(["--home", str(kr.folder), *words, "--json"], {"USER": "kim"}) == 0
        return json.loads(capsys.readouterr().out)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            for octets in (text.encode(), shrunk(text, 10)):
                payload = Payload(HeldOctets(octets), "application/xml")
                message_id = here.node.submit(Submission("kr", "aeo.recordset", (payload,))).message_id
                here.push.wake()
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await heard(here.node, message_id, 1)
            (held,) = (await asyncio.to_thread(n2n, "document", "list", "--held"))["documents"]
            assert there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 1200
            waiting = await delivered(there.node, message_id)
            assert waiting.parent == kr.folder / "data" / "held" / "tw"
            said.update(await asyncio.to_thread(n2n, "document", "release", str(held["id"]), "--reason", "confirmed"))
            there.push.wake()
            await heard(here.node, message_id, 2)
            # The Consumer gets it where it gets everything, and nothing waits any more.
            there.delivery.wake()
            folder = await delivered(there.node, message_id)
            assert (folder.parent, folder.name) == (kr.folder / "data" / "inbox" / "tw", waiting.name)
            assert json.loads((folder / "message.json").read_text())["documents"][0]["outcome"] == "AP"
            assert not waiting.exists()
            (entry,) = here.node.documents.carried_by("out", message_id)
            return here.node.following.ladder(entry)

    ladder = asyncio.run(story())
    assert [(one.level, one.outcome) for one in ladder.reached] == [("L0", ""), ("L1", ""), ("L3", "AJ"), ("L4", "AP")]
    assert said["outcome"] == "AP"
    assert n2n("document", "list", "--held")["documents"] == []
    (shown,) = (one for one in n2n("document", "list")["documents"] if one["id"] == said["id"])
    assert shown["outcome"] == "AP"


async def heard(node, message_id, answers):
    """Wait until so many responses have come for the document of a message."""
    (entry,) = node.documents.carried_by("out", message_id)
    async with asyncio.timeout(20):
        while len(node.documents.with_number(entry.about.document_id)) < answers:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)
