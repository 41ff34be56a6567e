"""A node that serves takes in changed files, and goes on with the old ones where the new ones are wrong."""

import asyncio
import os
import shutil
import signal
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.ebms.states import OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.renewing import read_in_force
from node.service import Service
from tests.bars.bar import until as bars_until
from tests.bars.nodes import World, use_database
from tests.bars.two_nodes import second, set_port
from tests.homes import agree, free_port, make_pair, make_side
from tests.services import delivered, ended, run, serving, submission


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.duties.RENEW_SECONDS", 0.1)


async def until(look, patience: float = 20.0) -> None:
    async with asyncio.timeout(patience):
        while not look():  # noqa: ASYNC110 - a node has no event to wait for
            await asyncio.sleep(0.02)


async def exchanged(sender: Service, receiver: Service, document: Path, partner: str) -> None:
    exchange = sender.node.submit(submission(sender.node, document, partner))
    sender.push.wake()
    await ended(sender.node, exchange.message_id, OutboundState.ACKNOWLEDGED)
    await delivered(receiver.node, exchange.message_id)


def test_a_new_partner_is_served_without_a_restart(tmp_path: Path, document: Path) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            assert here.node.setting.agreements.partners() == []
            agree(tw, kr)
            agree(kr, tw)
            await until(lambda: all(one.node.setting.agreements.partners() for one in (here, there)))
            await exchanged(here, there, document, "kr")
            await exchanged(there, here, document, "tw")

    run(story)


def test_what_is_wrong_is_told_and_the_old_setting_stays_in_force(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    good = agreement.read_text()

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            before = here.node.setting
            agreement.write_text(good.replace("kr-sign", "kr-sing"))
            # It is told in memory first, then in the file.
            await until(lambda: read_in_force(tw.folder / "data").problems)
            assert here.node.setting is before
            told = (await here._status())["setting"]
            assert any("certs/partners has no certificate 'kr-sing'" in one for one in told["problems"])
            assert read_in_force(tw.folder / "data").problems == here._swapping.in_force.problems
            await exchanged(here, there, document, "kr")
            agreement.write_text(good)
            await until(lambda: not read_in_force(tw.folder / "data").problems)
            assert here._swapping.in_force.problems == ()

    run(story)


def test_what_cannot_change_while_the_node_runs_is_told(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    path = tw.folder / "node.toml"

    async def story() -> None:
        async with serving(tw) as here:
            path.write_text(path.read_text().replace(f"port = {tw.port}", "port = 1").replace('"TW-CUSTOMS"', '"TW-2"'))
            await until(lambda: list(read_in_force(tw.folder / "data").findings()))
            assert here._swapping.in_force.next_start == ("node.toml: listen.port",)
            assert here.address.endswith(f":{tw.port}/as4")
            (found,) = read_in_force(tw.folder / "data").findings()
            assert (found.where, found.remedy) == ("node.toml: listen.port", "restart n2n serve when it suits")
            # What can change has changed.
            assert (await here._status())["party_ids"] == ["TW-2"]

    run(story)


def test_another_tls_key_is_shown_to_whoever_connects_next(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    own = kr.folder / "certs" / "own" / "tls.pem"

    async def shown() -> bytes:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        identity = tw.folder / "certs" / "own" / "tls.pem"
        context.load_cert_chain(identity)
        _, writer = await asyncio.open_connection("127.0.0.1", kr.port, ssl=context)
        der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return der

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            await exchanged(here, there, document, "kr")
            first = await shown()
            authority = DemoAuthority(datetime.now(UTC))
            new = authority.issue("kr", "ecdsa", "tls")
            (tw.folder / "certs" / "trust" / "new.pem").write_bytes(authority.certificate)
            (tw.folder / "certs" / "partners" / "kr-tls.pem").write_bytes(new.certificate)
            own.write_bytes(new.private_key + new.certificate)
            async with asyncio.timeout(20):
                while await shown() == first:  # noqa: ASYNC110 - a listener has no event to wait for
                    await asyncio.sleep(0.05)
            await exchanged(here, there, document, "kr")

    run(story)


def test_retention_arrangements_and_calendar_change_with_the_files(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    now, old = node.clock.now(), node.ports
    assert node.ports.calendar_of("kr").closed(now) is None
    assert node.checking is not None
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(
        agreement.read_text() + '\n[[calendar.window]]\nname = "closed"\nevery = "day"\nfrom = 00:00:00\nto = 23:59:59\n'
    )
    toml = tw.folder / "node.toml"
    toml.write_text(toml.read_text() + '\n[retention]\npayload = "3d"\n[retention.classes]\norigin = "9d"\n')
    judge = node.checking
    assert node.take(node.read_again()) == []
    # Packs that were not changed are not read again.
    assert node.checking.packs is judge.packs
    assert node.ports.calendar_of("kr").closed(now.replace(hour=12)) is not None
    assert node.shelving.period("origin") == timedelta(days=9)
    assert node.keeping._payload == timedelta(days=3)
    assert node.checking is not judge
    # Whoever has begun with the old one goes on with it.
    assert old.calendar_of("kr").closed(now.replace(hour=12)) is None
    node.close()


def test_a_pack_that_cannot_be_read_keeps_everything_as_it_was(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    judge, before = node.checking, node.setting
    lists = tw.folder / "profiles" / "codelists" / "iso3166"
    lists.mkdir(parents=True)
    (lists / "2026.csv").write_text("nonsense")
    with pytest.raises(ConfigurationError):
        node.take(node.read_again())
    assert (node.checking, node.setting) == (judge, before)
    node.close()


def test_a_signal_reads_what_lies_outside_of_the_home(tmp_path: Path) -> None:
    world = World(tmp_path)
    own, secret = world.tw.folder / "certs" / "own", tmp_path / "secret.pem"
    (own / "sign.pem").rename(secret)
    (own / "sign.ref").write_text(f"file:{secret}\n")
    process = world.start(world.tw)
    log = world.tw.folder.with_suffix(".log")
    # No sweep sees that.
    secret.write_bytes(b"nonsense")
    os.kill(process.pid, signal.SIGHUP)
    assert bars_until(lambda: "stays in force" in log.read_text(), 20)
    assert "certs/own/sign.ref" in str(read_in_force(world.tw.folder / "data").problems)  # type: ignore[union-attr]
    assert process.alive
    world.stop()


@pytest.mark.server
def test_each_process_of_a_node_takes_in_what_was_changed(tmp_path: Path, document: Path, postgres: Any) -> None:
    """Two processes on one database: a message is packaged by either, and both know the new partner."""
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    use_database(tw.folder, postgres.database())
    other = replace(tw, folder=second(tw), port=free_port())
    set_port(other.folder, tw.port, other.port)
    agree(kr, tw)

    async def story() -> None:
        async with serving(tw) as here, serving(other) as beside, serving(kr):
            agree(tw, kr)
            shutil.copytree(tw.folder / "partners", other.folder / "partners", dirs_exist_ok=True)
            shutil.copytree(tw.folder / "certs" / "partners", other.folder / "certs" / "partners", dirs_exist_ok=True)
            await until(lambda: all(one.node.setting.agreements.partners() for one in (here, beside)))
            for one in (here, beside):
                exchange = one.node.submit(submission(one.node, document, "kr"))
                one.push.wake()
                await ended(one.node, exchange.message_id, OutboundState.ACKNOWLEDGED)

    run(story)
