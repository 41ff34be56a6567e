"""A document climbs the ladder between two whole nodes, and whoever asks for its message is told."""

import asyncio
import json

from node.cli.root import run
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from tests.customs_pair import make_customs_pair
from tests.registered import certificate, utilisation
from tests.services import ended, serving


async def submitted(service, octets, action, partner):
    payload = Payload(HeldOctets(octets), "application/xml")
    message_id = service.node.submit(Submission(partner, action, (payload,))).message_id
    service.push.wake()
    await ended(service.node, message_id, OutboundState.ACKNOWLEDGED)
    return message_id


async def stands(node, message_id, level):
    """Wait until the document of a message has come so far."""
    (entry,) = node.documents.carried_by("out", message_id)
    async with asyncio.timeout(20):
        while node.following.ladder(entry).level != level:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)


def test_the_message_tells_how_far_its_document_has_come(tmp_path, capsys):
    tw, kr = make_customs_pair(tmp_path)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = await submitted(there, certificate(), "co.certificate", "tw")
            await stands(there.node, message_id, "L2")
            use = await submitted(here, utilisation("u1", "5"), "co.utilisation", "kr")
            await stands(here.node, use, "L2")
            await stands(there.node, message_id, "L5")
            return message_id, use

    message_id, use = asyncio.run(story())
    assert run(["--home", str(kr.folder), "message", "show", message_id, "--json"], {}) == 0
    (told,) = json.loads(capsys.readouterr().out)["documents"]
    steps = told["ladder"]["steps"]
    assert [(one["level"], one["outcome"]) for one in steps] == [("L0", None), ("L1", None), ("L2", "AP"), ("L5", "AP")]
    assert [one["by"] for one in steps][::3] == [message_id, use]
    assert told["ladder"]["ended"]
    assert run(["--home", str(kr.folder), "message", "show", message_id], {}) == 0
    shown = capsys.readouterr().out
    for said in ("archived here", "held there", "readable and valid: accepted", f"used: accepted  ({use})"):
        assert said in shown, shown
    # On the other side it has come, and was answered; the same certificate, the same life.
    for side in (tw, kr):
        assert run(["--home", str(side.folder), "co", "show", "013-26-0771204", "--json"], {}) == 0
        (found,) = json.loads(capsys.readouterr().out)["certificates"]
        assert {name: one["state"] for name, one in found["lives"].items()} == {
            "issue": "ISSUED",
            "use": "PARTLY-USED",
            "verification": "NONE",
        }
        assert found["items"][0]["quantities"][0]["remaining"] == "8995"
        assert sorted(one["type"] for one in found["messages"]) == [
            "co.certificate",
            "co.utilisation",
            "gen.response",
            "gen.response",
        ]
