"""Nodes over mutual TLS: what was seen of the connection is in the log of both, and the served node signs it and has it stamped over HTTP."""

import asyncio
import hashlib
from datetime import UTC, datetime

from node.ebms.states import OutboundState
from node.evidence.entry import Kind
from node.store.log_audit import audit
from tests.homes import make_pair
from tests.seals import World
from tests.seals import serving as authority
from tests.services import delivered, ended, serving, submission


def test_an_exchange_is_logged_signed_and_stamped(tmp_path):
    tw, kr = make_pair(tmp_path)
    document = tmp_path / "note.xml"
    document.write_bytes(b"<note/>")
    world = World()

    def stamp(request):
        world.stamps_at = datetime.now(UTC)
        return world.tsa.stamp(request)

    with authority(stamp) as url:
        with (kr.folder / "node.toml").open("a") as settings:
            settings.write(f'\n[evidence]\ncheckpoint_seconds = 1\ntime_stamp_authority = "{url}"\nallow_private = true\n')

        async def story():
            async with serving(tw) as here, serving(kr) as there:
                message_id = here.node.submit(submission(here.node, document)).message_id
                here.push.wake()
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, message_id)
                async with asyncio.timeout(30):
                    while there.node.evidence.last_stamped() is None:  # noqa: ASYNC110 - a sweep has no event to wait for
                        await asyncio.sleep(0.1)
                for node in (here.node, there.node):
                    assert not list(audit(node.messages))
                return (
                    entry(here.node.evidence, message_id, Kind.ACKNOWLEDGED),
                    entry(there.node.evidence, message_id, Kind.RECEIVED),
                    there.node.evidence.log().name,
                )

        (acknowledged, answer), (received, request), name = asyncio.run(story())
    assert request["http"].startswith(b"POST /as4 HTTP/1.1\r\nHost: ")
    assert answer["http"].startswith(b"HTTP/1.1 200 OK\r\n")
    for one, objects in ((acknowledged, answer), (received, request)):
        assert one.facts["tls"]["version"] == "TLSv1.3"
        assert {name: hashlib.sha256(octets).hexdigest() for name, octets in objects.items()} == one.objects
        assert objects["tls"] != objects["signer"]
        assert one.facts["verified"]["revocation"] in ("unknown", "off")
    assert "/20" in name


def entry(evidence, message_id, kind):
    (found,) = [one for one in evidence.of_message(message_id) if one.entry.kind is kind]
    objects = {name: b"".join(bytes(chunk) for chunk in kept.chunks()) for name, kept in evidence.objects(found).items()}
    return found.entry, objects
