"""Bundles of real exchanges of every kind, for a campaign to verify and to tamper with."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.app import Node, World
from node.ebms.states import OutboundState
from node.home import put_certificate
from node.msh.submit import Submission
from node.setting import Setting
from node.transport.stamp_server import stamping
from tests.exchanges.test_evidence import TEXT, UNCOMPRESSED, UNENCRYPTED, XML, payloads
from tests.homes import ACTION, Side, make_pair
from tests.services import delivered, ended, serving
from tests.test_pulling import PULL
from tests.test_two_way import ANSWER, PULLED
from tests.time_authorities import authority_under, time_root

_PURGING = '[retention]\npayload = "1d"\n'
_COMMENT = b"mimetype=application/vnd.etsi.asic-e+zip sha256="


@dataclass(frozen=True)
class Scenario:
    """How two sides exchange."""

    name: str
    more: str = ""
    trust: str = "path"
    stamped: bool = False


SCENARIOS = (
    Scenario("push", stamped=True),
    Scenario("push uncompressed", UNCOMPRESSED),
    Scenario("push unencrypted", UNENCRYPTED, stamped=True),
    Scenario("pull with callback", PULL),
    Scenario("push and push", ANSWER, stamped=True),
    Scenario("push and pull", ANSWER + PULLED),
    Scenario("pinned", trust="pinned", stamped=True),
)


@dataclass(frozen=True)
class Bundled:
    """One bundle, and what it is of."""

    name: str
    octets: bytes
    #: The moment at which it is verified.
    at: datetime


class Later:
    """The clock of a node, some days on."""

    def __init__(self, days: float = 0) -> None:
        self.by = timedelta(days=days)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


def make_bundles(folder: Path, scenarios: tuple[Scenario, ...] = SCENARIOS, messages: int = 2) -> list[Bundled]:
    """Of each scenario every message, whole and redacted, by either side, alone and together; then what is left after a purge."""
    root = time_root("Time root")
    clock = Later()
    found: list[Bundled] = []
    with stamping(authority_under(root, "Time", 71, clock.now)) as url:
        for number, one in enumerate(scenarios):
            clock.by = timedelta()
            sides = make_pair(folder / str(number), more=one.more, trust=one.trust)
            for side in sides:
                put_certificate(side.folder, "trust", "time", root.certificate.pem())
                asked = f'[evidence]\ntime_stamp_authority = "{url}"\nallow_private = true\ntime_stamp_trust = ["time"]\n'
                settings = side.folder / "node.toml"
                settings.write_text(f"{settings.read_text()}\n{_PURGING}{asked if one.stamped else ''}")
            ids = asyncio.run(exchange(sides, folder, one, messages))
            for days in (0, 3):
                clock.by = timedelta(days=days)
                for side in sides:
                    found += bundles_of(side, ids, clock, f"{one.name}, {side.name}{', purged' if days else ''}")
    return found


async def exchange(sides: tuple[Side, Side], folder: Path, scenario: Scenario, messages: int) -> list[str]:
    """tw sends, and kr answers where that was agreed."""
    tw, kr = sides
    ids: list[str] = []
    async with serving(tw) as here, serving(kr) as there:
        for number in range(messages):
            submission = Submission("kr", ACTION, payloads(here.node, folder, [XML, TEXT] if number else [XML]))
            ids.append(here.node.submit(submission).message_id)
            here.push.wake()
            await delivered(there.node, ids[-1])
            await ended(here.node, ids[-1], OutboundState.ACKNOWLEDGED)
            if ANSWER in scenario.more:
                made = payloads(there.node, folder, [XML])
                answer = Submission("tw", "co.answer", made, ref_to_message_id=ids[-1])
                ids.append(there.node.submit(answer).message_id)
                there.push.wake()
                await delivered(here.node, ids[-1])
                await ended(there.node, ids[-1], OutboundState.ACKNOWLEDGED)
    return ids


def bundles_of(side: Side, ids: list[str], clock: Later, name: str) -> Iterator[Bundled]:
    """What a side says of each message, and of all of them."""
    with opened(side, clock) as node:
        if clock.by:
            node.keeping.sweep()
        retrieving = node.proof.retrieving()
        for some in (*([one] for one in ids), ids):
            messages = [one for message_id in some for one in retrieving.named(message_id)]
            evidence = retrieving.gather(messages, {"messages": list(some)})
            for redact in (False, True):
                said = f"{name}, {'all' if len(some) > 1 else 'one'}{', redacted' if redact else ''}"
                yield Bundled(said, retrieving.bundle(evidence, redact=redact), clock.now())


@contextmanager
def opened(side: Side, clock: Later) -> Iterator[Node]:
    node = Node(Setting(side.folder), World(clock=clock))
    try:
        yield node
    finally:
        node.close()


# -- the container, taken apart and put together ---------------------------------------------------------------------


def files_in(octets: bytes) -> dict[str, bytes]:
    """Every file of a container, in its order."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(files: dict[str, bytes]) -> bytes:
    """A container of these files with a right sum, as whoever knows the format makes one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, octets in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 28, 0, 0, 0)), octets)
        archive.comment = _COMMENT + b"0" * 64
    return summed(made.getvalue()[:-64])


def summed(octets: bytes) -> bytes:
    """A container without the digits at its end, and those that are right."""
    return octets + hashlib.sha256(octets).hexdigest().encode()
