"""Two nodes go through all eight gates by commands alone, over several real nights of which one differs; business waits for the eighth."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.root import run
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from node.service import Service
from tests.customs_pair import AUTHORITIES
from tests.exchanges.test_documents import fresh, message_id_of, response_to
from tests.exchanges.test_night import compared
from tests.homes import Side
from tests.services import delivered, ended, serving
from tests.two_homes import PROFILE, Two
from tests.two_nights import Dial, after, set_dial

SERVICES = {"not": ["not.notice"], "res": ["gen.response"], "rec": ["rec.manifest"], "co": ["co.query"]}
ANSWER = (
    '[[service]]\nvalue = "urn:n2n:customs:svc:co"\nactions = ["co.query-response"]\nanswers = "co.query"\nbinding = "sync"\n'
)
NIGHTS = 2


def terms(ours: str) -> str:
    services = "".join(
        f'[[service]]\nvalue = "urn:n2n:customs:svc:{family}"\nactions = {json.dumps(actions)}\ndirection = "both"\n'
        for family, actions in SERVICES.items()
    )
    return (
        f'profile = "{PROFILE}"\ntitle = "Notices"\n{services}{ANSWER}[leg.x.onboarding]\nrequired = true\n'
        f'[ours]\nauthorities = ["{AUTHORITIES[ours]}"]\nseals = "ignore"\n'
    )


class Ended:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def n2n(capsys: Any) -> Any:
    def call(*words: object) -> Ended:
        capsys.readouterr()
        code = run([str(word) for word in words], {"USER": "wang"})
        return Ended(code, *capsys.readouterr())

    return call


class Road:
    """Both sides, and what a test does to them."""

    def __init__(self, two: Two, dial: Dial, n2n: Any) -> None:
        self.two, self.dial, self._n2n = two, dial, n2n

    async def command(self, side: Side, *words: object) -> Ended:
        # Commands have a loop of their own.
        found: Ended = await asyncio.to_thread(self._n2n, "--home", side.folder, *words)
        return found

    async def gate(self, side: Side, number: int, *words: object) -> Ended:
        other = "kr" if side is self.two.tw else "tw"
        return await self.command(side, "partner", "gate", other, number, *words, "--json")

    @asynccontextmanager
    async def both(self) -> Any:
        async with serving(self.two.tw) as here, serving(self.two.kr) as there:
            yield here, there

    def notice(self, number: str, campaign: str = "parallel") -> bytes:
        octets = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
        octets = octets.replace(b"KR-N-2026-0044", number.encode())
        moment = self.dial.now().isoformat(timespec="seconds").encode()
        start = octets.index(b"<IssueDateTime>") + len(b"<IssueDateTime>")
        octets = octets[:start] + moment + octets[octets.index(b"<", start) :]
        mark = f"</RecipientAuthority><ConformanceCampaign>{campaign}</ConformanceCampaign>".encode()
        return octets.replace(b"</RecipientAuthority>", mark) if campaign else octets

    async def night(self, number: str, *, lost: bool = False) -> set[str]:
        """A day with a notice and its answer, and the night after it, in which both sides compare; `lost` is what Korea's disk does to the notice."""
        octets = self.notice(number)
        async with self.both() as (here, there):
            message_id = send(here, octets)
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            assert await response_to(here.node, message_id_of(octets)) == "AP"
            for entry in there.node.documents.entries(500):
                if entry.about.type_id == "gen.response" and entry.carried.direction == "out":
                    await ended(there.node, entry.carried.message_id, OutboundState.ACKNOWLEDGED)
        if lost:
            node = Node.open(self.two.kr.folder)
            node.messages.writer.run(
                lambda cursor: cursor.execute("DELETE FROM document WHERE document_id = ?", [message_id_of(octets)])
            )
            node.close()
        self.dial.turn(after(self.dial.now()))
        async with self.both() as (here, there):
            outcomes = {(await compared(one, name)).outcome for one, name in ((here, "kr"), (there, "tw"))}
            await settled(here, there)
        # The morning after it.
        self.dial.turn(self.dial.now() + timedelta(hours=14))
        return outcomes


def send(service: Service, octets: bytes) -> str:
    message_id = service.node.submit(Submission("kr", "not.notice", (Payload(HeldOctets(octets), "application/xml"),))).message_id
    service.push.wake()
    return message_id


async def settled(*services: Service) -> None:
    """Whatever was sent has its receipt."""
    async with asyncio.timeout(30):
        for service in services:
            while [
                one
                for one in service.node.messages.exchanges(500)
                if one.state not in (OutboundState.ACKNOWLEDGED, OutboundState.FAILED)
            ]:
                service.node.answer()
                service.push.wake()
                await asyncio.sleep(0.05)


@pytest.fixture
def road(tmp_path: Path, n2n: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Road]:
    dial = set_dial(monkeypatch)
    two = Two(tmp_path, n2n)
    files = {side: two.write(f"{side}.toml", terms(side)) for side in ("tw", "kr")}
    korea = two.write("korea.toml", f'[ours]\nauthorities = ["{AUTHORITIES["kr"]}"]\nseals = "ignore"\n')
    offer, accepted = two.file("offer.json"), two.file("accepted.json")
    for made in (
        two.run(two.tw, "offer", "kr", "--out", offer, "--terms", files["tw"]),
        two.run(
            two.kr, "accept", offer, "--as", "tw", "--fingerprint", two.print_of(two.tw), "--terms", korea, "--out", accepted
        ),
        two.run(two.tw, "activate", accepted, "--fingerprint", two.print_of(two.kr)),
    ):
        assert made.code == 0, made.err
    return Road(two, dial, n2n)


def test_all_eight_gates(road: Road, tmp_path: Path) -> None:
    two, sides = road.two, (road.two.tw, road.two.kr)

    async def passes(side: Side, number: int, *words: object) -> Any:
        found = await road.gate(side, number, *words)
        assert found.code == 0, (side.name, number, found.out[-1500:], found.err)
        return found.document

    async def six_gates() -> None:
        async with road.both() as (here, there):
            for side in sides:
                for number in (1, 2, 3):
                    await passes(side, number)
            for side in sides:
                await passes(side, 4)
            for number, side in ((5, two.tw), (5, two.kr)):
                await passes(side, number, "--wait", 20)
            await settled(here, there)
            assert not (two.kr.folder / "data" / "inbox").exists()
            shut = await road.gate(two.tw, 8)
            assert (shut.code, [one.split(",")[0] for one in shut.document["missing"]]) == (1, ["gate 6", "gate 7"])

    async def drill(side: Side, other: Side) -> None:
        """The other side's node goes away in the middle and comes again."""
        async with serving(side):
            async with serving(other):
                before = seen_by(other)
                running = asyncio.create_task(passes(side, 6, "--outage", 60))
                while seen_by(other) < before + 200:  # noqa: ASYNC110 - the store has no event to wait for
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            async with serving(other):
                found = await running
                assert found["facts"]["outage"]["receipted_after"]

    async def story() -> None:
        await six_gates()
        for side, other in (sides, sides[::-1]):
            await drill(side, other)
        # What was exchanged until now belongs to the night that ends today.
        assert await road.night("TW-N-1") == {"AP"}
        assert await road.night("TW-N-2", lost=True) == {"AJ"}
        for side in sides:
            shut = await road.gate(side, 7, "--nights", NIGHTS)
            assert shut.code == 1
            (told,) = [one for one in shut.document["missing"] if "do not agree, AJ" in one]
            where = "missing there" if side is two.tw else "missing here"
            assert f"({where}: not.notice urn:uuid:" in told
        assert await road.night("TW-N-3") == {"AP"}
        # One clean night is not yet enough of them.
        assert (await road.gate(two.tw, 7, "--nights", NIGHTS)).code == 1
        assert await road.night("TW-N-4") == {"AP"}
        for side in sides:
            found = await passes(side, 7, "--nights", NIGHTS)
            assert [one["outcome"] for one in found["facts"]["nights"]] == ["AP", "AP"]
            await passes(side, 8)
        async with road.both() as (_here, there):
            file = tmp_path / "business.xml"
            file.write_bytes(road.notice("TW-N-5", campaign=""))
            sent = await road.command(two.tw, "submit", "--partner", "kr", "--action", "not.notice", file, "--json")
            assert sent.code == 0, sent.err
            folder = await delivered(there.node, sent.document["message_id"])
            assert folder.parent == two.kr.folder / "data" / "inbox" / "tw"
        for side in sides:
            await records_are_verified(side)

    async def records_are_verified(side: Side) -> None:
        other, out = "kr" if side is two.tw else "tw", tmp_path / f"gates-{side.name}.json"
        standings = await road.command(side, "partner", "gates", other, "--out", out, "--json")
        assert [one["standing"] for one in standings.document["gates"]] == ["PASSED"] * 8
        assert standings.document["next"] == ""
        told = await road.command(side, "partner", "gate-records", out, "--fingerprint", two.print_of(side), "--json")
        assert (told.code, [one["gate"] for one in told.document["records"]]) == (0, list(range(1, 9)))
        assert {one["who"] for one in told.document["records"]} == {"wang"}
        stranger = await road.command(side, "partner", "gate-records", out, "--fingerprint", "0" * 16)
        assert (stranger.code, "another certificate" in stranger.err) == (1, True)
        changed = tmp_path / "changed.json"
        changed.write_text(out.read_text().replace('"passed": true', '"passed": false', 1))
        told = await road.command(side, "partner", "gate-records", changed)
        assert (told.code, "was changed: its digest is another" in told.err) == (1, True)

    asyncio.run(story())


def test_business_waits_for_the_eighth_gate_where_the_agreement_says_so(road: Road, tmp_path: Path) -> None:
    two, file = road.two, tmp_path / "notice.xml"

    async def story() -> None:
        async with road.both() as (here, there):
            file.write_bytes(road.notice("TW-N-0", campaign=""))
            told = await road.command(two.tw, "submit", "--partner", "kr", "--action", "not.notice", file)
            assert (told.code != 0, "AGR-05" in told.err) == (True, True), told.err
            # A partner that sends it all the same is refused, and the business sees nothing of it.
            payload = Payload(HeldOctets(file.read_bytes()), "application/xml")
            message_id = here.node._submit_answer(Submission("kr", "not.notice", (payload,))).message_id
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            folder = await delivered(there.node, message_id)
            assert folder.parent == two.kr.folder / "data" / "refused" / "tw"
            (entry,) = there.node.documents.carried_by("in", message_id)
            assert (entry.outcome, [one["rule"] for one in entry.findings]) == ("RE", ["AGR-05"])
            # In a campaign it goes.
            await ended(here.node, send(here, road.notice("TW-N-1")), OutboundState.ACKNOWLEDGED)

    asyncio.run(story())


def seen_by(side: Side) -> int:
    """How many test messages a side has got."""
    node = Node.open(side.folder)
    try:
        return len([one for one in node.messages.inbounds(5_000) if one.test_service])
    finally:
        node.close()
