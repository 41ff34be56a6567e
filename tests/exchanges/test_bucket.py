"""Two whole nodes whose large payloads lie in a bucket of a real S3 server."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.examining import examine
from node.msh.ports import StorageUnavailable
from node.msh.submit import Submission
from tests.bars.nodes import ROOT, World
from tests.homes import ACTION, make_pair
from tests.services import delivered, ended, serving

MEGABYTE = 1 << 20


def submit(node: Node, path: Path) -> str:
    return node.submit(Submission("kr", ACTION, (node.payload(path, "application/octet-stream"),))).message_id


def test_a_large_message_goes_from_bucket_to_bucket(tmp_path, s3):
    tw, kr = make_pair(tmp_path)
    for side in (tw, kr):
        s3.use_in(side)
    document = tmp_path / "large.bin"
    document.write_bytes(os.urandom(3 * MEGABYTE))

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = submit(here.node, document)
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            folder = await delivered(there.node, message_id)
            assert any(path.read_bytes() == document.read_bytes() for path in folder.iterdir())

    asyncio.run(story())
    # What was submitted and what travelled; and what arrived.
    assert (len(s3.objects("tw")), len(s3.objects("kr"))) == (2, 1)
    for side in (tw, kr):
        assert [path for path in (side.folder / "data" / "payloads").rglob("*") if path.is_file()] == []
        assert list((side.folder / "data" / "quarantine").iterdir()) == []
        assert list(examine(side.folder)) == []


def test_while_the_bucket_is_away_the_partner_keeps_the_message(tmp_path, s3):
    tw, kr = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "retries=1000; period=500ms"\n')
    s3.use_in(kr)
    document = tmp_path / "large.bin"
    document.write_bytes(os.urandom(MEGABYTE))

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            s3.kill()
            message_id = submit(here.node, document)
            here.push.wake()
            async with asyncio.timeout(60):
                while not any("503" in one.detail for one in here.node.messages.history(message_id)):  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.05)
            assert there.node.messages.counts()["inbound"] == {}
            s3.start()
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)

    asyncio.run(story())
    assert list(examine(kr.folder)) == []
    s3.kill()
    assert {one.id for one in examine(kr.folder)} >= {"payloads", "INV-12"}


@pytest.mark.parametrize("point", ["in.14.before_upload", "in.14.after_upload"])
def test_a_crash_around_the_upload_leaves_a_message_or_nothing(tmp_path, s3, point):
    tw, _ = make_pair(tmp_path)
    s3.use_in(tw)
    document = tmp_path / "large.bin"
    document.write_bytes(os.urandom(MEGABYTE))
    words = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())", "--home", tw.folder]
    words += ["submit", "--partner", "kr", document, "--message-id", "m1@tw.example"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dead = subprocess.run(words, env={**environment, "N2N_FAILPOINT": point}, capture_output=True, check=False)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    node = Node.open(tw.folder)
    assert node.messages.exchange("m1@tw.example") is None
    assert len(s3.objects()) == (point == "in.14.after_upload")
    node.close()
    again = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert list(examine(tw.folder)) == []


def test_a_submission_is_refused_while_the_bucket_is_away(tmp_path, s3, document):
    tw, _ = make_pair(tmp_path)
    s3.use_in(tw)
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(MEGABYTE))
    s3.kill()
    node = Node.open(tw.folder)
    with pytest.raises(StorageUnavailable, match="s3://customs/tw"):
        submit(node, large)
    # What fits into a row needs no bucket.
    submit(node, document)
    assert node.messages.counts()["outbound"] == {"SUBMITTED": 1}
    node.close()


def test_what_retention_removes_leaves_both_buckets_and_lies_in_the_archive(tmp_path, s3):
    """Serving nodes whose payloads are kept for no time at all: the sweep at the next start removes them."""
    tw, kr = make_pair(tmp_path)
    for side in (tw, kr):
        s3.use_in(side)
        toml = side.folder / "node.toml"
        toml.write_text(toml.read_text() + '\n[retention]\npayload = "0d"\narchive = "archive"\n')
        (side.folder / "archive").mkdir()
    document = tmp_path / "large.bin"
    document.write_bytes(os.urandom(MEGABYTE))

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            message_id = submit(here.node, document)
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)

    async def swept():
        async with serving(tw) as here, serving(kr) as there, asyncio.timeout(30):
            while not (here.node.messages.removals() and there.node.messages.removals()):  # noqa: ASYNC110 - the store has no event to wait for
                await asyncio.sleep(0.05)

    asyncio.run(story())
    (kr.folder / "archive").rmdir()
    assert [(one.id, one.what) for one in examine(kr.folder)] == [("archive", f"archive {kr.folder}/archive: no such folder")]
    (kr.folder / "archive").mkdir()
    asyncio.run(swept())
    for side in (tw, kr):
        assert list(examine(side.folder)) == []
        assert len(list((side.folder / "archive").rglob("*-payloads.tar"))) == 1
        node = Node.open(side.folder)
        # A day later the objects go too.
        assert node.messages.remove_files(node.clock.now() + timedelta(days=1), 9) == (2 if side is tw else 1)
        node.close()
        assert s3.objects(side.name) == []
        assert list(examine(side.folder)) == []


@pytest.mark.slow
def test_300_megabytes_pass_through_both_nodes_in_little_memory(tmp_path, s3):
    world = World(tmp_path)
    for side in (world.tw, world.kr):
        s3.use_in(side)
    kr, tw = world.start(world.kr), world.start(world.tw)
    path = tmp_path / "payload.bin"
    with path.open("wb") as file:
        for _ in range(300):
            file.write(os.urandom(MEGABYTE))
    with world.sender() as node:
        # One that is as large as a part first: what a node needs at all is not growth.
        world.submit(node, world.file("first.bin", os.urandom(20 * MEGABYTE)))
        assert world.ended(node)
        before = {"tw": tw.peak_rss(), "kr": kr.peak_rss()}
        submit(node, path)
        assert world.ended(node, 600)
    assert world.delivered(600)
    growth = {"tw": tw.peak_rss() - before["tw"], "kr": kr.peak_rss() - before["kr"]}
    world.stop()
    assert all(grown < 64 * MEGABYTE for grown in growth.values()), growth
    print(growth)
    assert [found for side in (world.tw, world.kr) for found in examine(side.folder)] == []
