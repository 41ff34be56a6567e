"""Nodes over mutual TLS: what was seen of the connection is in the log of both, and the served node signs it and has it stamped over HTTP."""

import asyncio
import hashlib
import json
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime

from node.customs.seal.token import read_token
from node.ebms.states import OutboundState
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.home import put_certificate
from node.store.log_audit import audit
from tests.homes import free_port, make_pair
from tests.judged_bundles import holds
from tests.seals import STAMP, private_key, usage
from tests.seals import serving as authority
from tests.services import delivered, ended, serving, submission
from tests.test_retrieving import bundled
from tests.time_authorities import OpensslAuthority, authority_under, hanging, time_root, wrong


def test_an_exchange_is_logged_signed_and_stamped(tmp_path):
    tw, kr = make_pair(tmp_path)
    document = tmp_path / "note.xml"
    document.write_bytes(b"<note/>")
    root = time_root("Time root")
    put_certificate(kr.folder, "trust", "time", root.certificate.pem())
    with authority(authority_under(root, "Time", 77, now).stamp) as url:
        configured(kr, f'checkpoint_seconds = 1\ntime_stamp_authority = "{url}"\nallow_private = true\n')

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


def now():
    return datetime.now(UTC)


def configured(side, text):
    """With this in the table of evidence, in place of what was there."""
    path = side.folder / "node.toml"
    before = path.read_text().partition("\n[evidence]")[0]
    path.write_text(f"{before}\n[evidence]\n{text}")


def openssl_under(root, folder):
    """`openssl ts` behind HTTP, whose certificate this root issues."""
    key = private_key("rsa", 78)
    certificate = root.issue("OpenSSL time", key, (usage(digital_signature=True), True), STAMP)
    return authority(OpensslAuthority(key, certificate, folder, root.certificate).stamp)


async def stamped(node, tokens=1):
    """Once the newest checkpoint that has a time has so many; its size."""
    async with asyncio.timeout(40):
        while len(node.evidence.tokens(node.evidence.last_stamped_size())) < tokens:  # noqa: ASYNC110 - a sweep has no event to wait for
            await asyncio.sleep(0.1)
    return node.evidence.last_stamped_size()


def test_whoever_answers_wrongly_is_told_and_the_next_is_asked_and_no_message_waits(tmp_path, require, caplog):
    assert shutil.which(require("openssl"))
    tw, kr = make_pair(tmp_path)
    document = tmp_path / "note.xml"
    document.write_bytes(b"<note/>")
    known, other = time_root("Known"), time_root("Other")
    put_certificate(kr.folder, "trust", "known", known.certificate.pem())
    put_certificate(kr.folder, "trust", "other", other.certificate.pem())
    with ExitStack() as servers:
        ways = {name: servers.enter_context(authority(one)) for name, (one, _) in wrong(known, now).items()}
        ways["hangs"] = servers.enter_context(authority(hanging))
        ways["busy"] = servers.enter_context(authority(lambda _request: b"", status=503))
        ways["closed"] = f"http://127.0.0.1:{free_port()}/"
        urls = [*ways.values(), servers.enter_context(openssl_under(other, tmp_path / "tsa"))]
        settings = f"checkpoint_seconds = 1\ntime_stamp_patience_seconds = 1\ntime_stamp_authority = {json.dumps(urls)}\n"
        configured(kr, settings + 'allow_private = true\ntime_stamp_trust = ["known", "other"]\n')

        async def story():
            async with serving(tw) as here, serving(kr) as there:
                message_id = here.node.submit(submission(here.node, document)).message_id
                here.push.wake()
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, message_id)
                # The sweep has only begun with whoever answers wrongly, and hangs.
                assert there.node.evidence.last_stamped_size() == 0
                await stamped(there.node)
                return message_id

        message_id = asyncio.run(story())
    alarms = [one.message for one in caplog.records if one.message.startswith("ALARM: ")]
    words = {name: said for name, (_, said) in wrong(known, now).items()}
    words |= {"hangs": "no answer", "busy": "HTTP status 503", "closed": "does not answer"}
    for name, said in words.items():
        (told,) = [one for one in alarms if f"the authority for time {ways[name]} " in one]
        assert said in told, name
    assert len(alarms) == len(words)
    verdict = holds(bundled(kr, message_id))
    assert list(verdict.stamped)
    assert [one.says("en") for one in verdict.of(Check.TOKENS) if "OpenSSL time" in one.says("en")]


def times_of(octets):
    """The anchors on which the times of a bundle that holds rest."""
    return {one.certificate for one in holds(octets).anchors if one.whose == "time"}


def test_two_authorities_that_know_nothing_of_each_other_say_the_time(tmp_path, require):
    assert shutil.which(require("openssl"))
    tw, kr = make_pair(tmp_path)
    document = tmp_path / "note.xml"
    document.write_bytes(b"<note/>")
    roots = [time_root("First root"), time_root("Second root")]
    for number, one in enumerate(roots):
        put_certificate(kr.folder, "trust", f"time-{number}", one.certificate.pem())
    first = authority_under(roots[0], "First time", 77, now)
    with authority(first.stamp) as url, openssl_under(roots[1], tmp_path / "tsa") as second:

        async def exchange():
            async with serving(tw) as here, serving(kr):
                message_id = here.node.submit(submission(here.node, document)).message_id
                here.push.wake()
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                return message_id

        async def stamps():
            async with serving(kr) as there:
                size = await stamped(there.node, tokens=2)
                return [read_token(one.token) for one in there.node.evidence.tokens(size)]

        message_id = asyncio.run(exchange())
        settings = f'time_stamp_authority = ["{url}", "{second}"]\nindependent_time_stamps = true\n'
        configured(kr, settings + "allow_private = true\n")
        # No node serves: who exports has both asked.
        at_once = bundled(kr, asyncio.run(exchange()))
        configured(
            kr, settings.replace(f', "{second}"', "").replace("independent_time_stamps = true\n", "") + "allow_private = true\n"
        )
        later = asyncio.run(exchange())
        alone = bundled(kr, later)
        configured(kr, settings + "allow_private = true\n")
        both_later = bundled(kr, later)
        settings = f'checkpoint_seconds = 1\ntime_stamp_authority = ["{url}", "{second}"]\nindependent_time_stamps = true\n'
        configured(kr, settings + "allow_private = true\n")
        tokens = asyncio.run(stamps())
        octets = bundled(kr, message_id)
    assert tokens[0].is_signed_by(first.certificate)
    assert not tokens[1].is_signed_by(first.certificate)
    assert times_of(at_once) == times_of(both_later) == times_of(octets) == {one.certificate for one in roots}
    assert times_of(alone) == {roots[0].certificate}


def entry(evidence, message_id, kind):
    (found,) = [one for one in evidence.of_message(message_id) if one.entry.kind is kind]
    objects = {name: b"".join(bytes(chunk) for chunk in kept.chunks()) for name, kept in evidence.objects(found).items()}
    return found.entry, objects
