"""Ten years of a real node: what two nodes exchanged over mutual TLS is stamped, renewed by three generations of authorities, exported and verified; and what is left without renewals."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node, World
from node.ebms.states import OutboundState
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.evidence.verify import verify
from node.home import put_certificate
from node.keyring.demo_authority import DemoAuthority
from node.setting import Setting
from tests.homes import PURPOSES, Side, agree, make_side
from tests.judged_bundles import failed, holds
from tests.seals import serving as authority
from tests.services import delivered, ended, serving, submission
from tests.time_authorities import YEAR, Stamping, authority_under, time_root
from verifier import n2n_verify as second

BEGAN = datetime.now(UTC)
DAY = timedelta(days=1)
#: When somebody finds out that the curve of the first two authorities will not be safe for long, and when it falls.
WARNED, FELL = BEGAN + 5 * YEAR, BEGAN + 6 * YEAR
TEN = BEGAN + 10 * YEAR
FALLEN = {"secp256r1": FELL}


class Clock:
    """The clock of the node and of the authorities."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by

    def set(self, at: datetime) -> None:
        self.by = at - datetime.now(UTC)


class Generation:
    """An authority for time under a root of its own, as long as both are valid."""

    def __init__(self, name: str, number: int, kind: str, since: float, until: float, clock: Clock) -> None:
        self.name, self.since, self.until = name, BEGAN + since * YEAR, BEGAN + until * YEAR
        self.root = time_root(f"{name} root", self.since, self.until + DAY, kind)
        within = {"since": self.since, "until": self.until}
        self.stamp: Stamping = authority_under(self.root, name, number, clock.now, kind=kind, **within).stamp


class Story:
    """Two homes, one exchange between them, and the years after it at the receiver's."""

    def __init__(self, root: Path, document: Path) -> None:
        self.clock = Clock()
        self.generations = (
            Generation("First time", 61, "p256", -1, 3, self.clock),
            Generation("Second time", 62, "p256", 2.5, 9, self.clock),
            Generation("Third time", 63, "p521", 5.2, 14, self.clock),
        )
        ca = DemoAuthority(BEGAN, 9 * 365)
        self.tw, self.kr = make_side(root, "tw", ca), make_side(root, "kr", ca)
        agree(self.tw, self.kr)
        agree(self.kr, self.tw)
        self.message_id = asyncio.run(self._exchange(document))
        self._exchanged = datetime.now(UTC)

    def begin(self) -> None:
        """Soon after the exchange, when a further checkpoint is due. The exchange may be long after `BEGAN`, in a long run."""
        self.clock.set(self._exchanged + timedelta(minutes=10))

    async def _exchange(self, document: Path) -> str:
        async with serving(self.tw) as here, serving(self.kr) as there:
            message_id: str = here.node.submit(submission(here.node, document)).message_id
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)
            return message_id

    def stamp(self, request: bytes) -> bytes:
        """Of whoever is there now; the newest."""
        return next(one for one in reversed(self.generations) if one.since < self.clock.now() < one.until).stamp(request)

    @contextmanager
    def node(self, side: Side, url: str, more: str = "") -> Iterator[Node]:
        """The home of now: every authority that there has been is known."""
        for number, one in enumerate(self.generations):
            if one.since <= self.clock.now():
                put_certificate(side.folder, "trust", f"time-{number}", one.root.certificate.pem())
        names = [one.stem for one in sorted((side.folder / "certs" / "trust").glob("time-*"))]
        path = side.folder / "node.toml"
        text = path.read_text().partition("\n[evidence]")[0]
        settings = f'time_stamp_authority = "{url}"\nallow_private = true\ntime_stamp_trust = {json.dumps(names)}\n'
        path.write_text(f"{text}\n[evidence]\n{settings}{more}")
        node = Node(Setting(side.folder), World(clock=self.clock))
        try:
            yield node
        finally:
            node.close()

    def live(self, side: Side, url: str, until: datetime, known: Callable[[datetime], bool] = lambda at: at >= WARNED) -> None:
        """The sweeps of a node that serves, once a month; new settings once a year."""
        while self.clock.now() < until:
            falls = f"[evidence.algorithms_end]\nsecp256r1 = {FELL:%Y-%m-%dT%H:%M:%SZ}\n" if known(self.clock.now()) else ""
            with self.node(side, url, falls) as node:
                proving = node.proof.proving(node.proof.time_authority)
                for _ in range(12):
                    proving.tiles()
                    proving.checkpoint()
                    proving.stamps()
                    self.clock.set(self.clock.now() + 30 * DAY)

    def renew_own_keys(self, side: Side) -> None:
        """New keys of a new authority, as the old ones have ended."""
        ca = DemoAuthority(self.clock.now(), 400)
        put_certificate(side.folder, "trust", "ca-2", ca.certificate)
        for use in PURPOSES:
            issued = ca.issue(side.name, "ecdsa", use)
            (side.folder / "certs" / "own" / f"{use}.pem").write_bytes(issued.private_key + issued.certificate)

    def export(self, side: Side, url: str) -> bytes:
        """At year ten."""
        self.clock.set(TEN)
        self.renew_own_keys(side)
        with self.node(side, url) as node:
            retrieving = node.proof.retrieving()
            evidence = retrieving.gather(retrieving.named(self.message_id), {"messages": [self.message_id]})
            octets = retrieving.bundle(evidence)
            assert retrieving.troubles == []
            return octets


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("years")
    (root / "note.xml").write_bytes(b"<note/>")
    return Story(root, root / "note.xml")


def copy(story: Story, to: Path, name: str = "kr") -> Side:
    """The home of a side as it was after the exchange."""
    side: Side = getattr(story, name)
    shutil.copytree(side.folder, to)
    return replace(side, folder=to)


@pytest.mark.parametrize("name", ["tw", "kr"])
def test_what_was_renewed_in_time_is_proven_ten_years_later(story: Story, tmp_path: Path, name: str) -> None:
    kr = copy(story, tmp_path / name, name)
    story.begin()
    with authority(story.stamp) as url:
        story.live(kr, url, TEN)
        with story.node(kr, url) as node:
            # Later ones are over what the log says of settings that were changed by hand.
            last = max(one.number for one in node.evidence.walk() if one.entry.kind in (Kind.PACKAGED, Kind.RECEIVED))
            over = node.evidence.checkpoint_over(last, stamped=True)
            assert over is not None
            made = [one.at for one in node.evidence.tokens(over.checkpoint.size)]
        octets = story.export(kr, url)
    # The first when it began, the second before the first authority's certificate ended, the third before the curve fell.
    assert len(made) == 3
    assert made[0] < BEGAN + DAY
    assert BEGAN + 3 * YEAR - 90 * DAY <= made[1] < BEGAN + 3 * YEAR
    assert FELL - 90 * DAY <= made[2] < FELL
    verdict = holds(octets, TEN)
    (said,) = verdict.of(Check.TOKENS)
    assert said.word == "tokens.renewed"
    assert dict(said.said)["number"] == "2"
    # The sender has the receipt, and each of its six.
    assert [one.step for one in verdict.of(Check.RECEIPTS) if not one.is_note] == ([1, 2, 3, 4, 5, 6] if name == "tw" else [])
    assert verify(octets, TEN, fallen=FALLEN).holds
    assert second.verify_bundle(octets, TEN, FALLEN).holds
    # The third authority's certificate ends as well, some day.
    assert failed(octets, BEGAN + 15 * YEAR, FALLEN) == ({"tokens"}, {"tokens"})


def test_what_was_never_renewed_is_told_and_what_still_stands(story: Story, tmp_path: Path) -> None:
    kr = copy(story, tmp_path / "kr")
    story.begin()
    with authority(story.stamp) as url:
        story.live(kr, url, BEGAN + 2 * DAY)
        octets = story.export(kr, url)
    verdict = verify(octets, TEN)
    assert {one.value for one in verdict.failed} == {"tokens"}
    (said,) = [one for one in verdict.of(Check.TOKENS) if one.fails]
    assert "First time, was not renewed before it aged" in said.says("en").replace("CN=", "").replace(",C=KR", "")
    assert "the signatures stand for themselves" in said.says("en")
    assert "未經更新" in said.says("zh-Hant")
    report = second.verify_bundle(octets, TEN)
    ((check, place, why),) = report.failures
    assert (check, place.startswith("checkpoints/")) == ("tokens", True)
    assert "It was not renewed in time: token 0 is the last one" in why
    assert "stands for itself" in why


def test_what_was_renewed_too_late_is_told(story: Story, tmp_path: Path) -> None:
    kr = copy(story, tmp_path / "kr")
    story.begin()
    with authority(story.stamp) as url:
        story.live(kr, url, BEGAN + 2 * DAY)
        story.clock.set(BEGAN + 4 * YEAR)
        story.live(kr, url, BEGAN + 4 * YEAR + DAY)
        octets = story.export(kr, url)
    verdict = verify(octets, TEN)
    assert {one.value for one in verdict.failed} == {"tokens"}
    assert [one.word for one in verdict.of(Check.TOKENS) if one.fails] == ["tokens.late"]
    ((check, place, why),) = {one for one in second.verify_bundle(octets, TEN).failures if "stamp-1" in one[1]}
    assert (check, place[-11:]) == ("tokens", "stamp-1.tst")
    assert "too late" in why


def test_an_algorithm_that_fell_before_anybody_renewed_is_told(story: Story, tmp_path: Path) -> None:
    kr = copy(story, tmp_path / "kr")
    story.begin()
    with authority(story.stamp) as url:
        # The node is never told, and goes on until the second authority's certificate ends.
        story.live(kr, url, TEN, lambda _at: False)
        octets = story.export(kr, url)
    holds(octets, TEN)
    assert failed(octets, TEN, FALLEN) == ({"tokens"}, {"tokens"})
    said = [one.says("en") for one in verify(octets, TEN, fallen=FALLEN).of(Check.TOKENS) if one.fails]
    assert any("secp256r1" in one for one in said)
    assert any("the algorithm secp256r1 fell" in why for _, _, why in second.verify_bundle(octets, TEN, FALLEN).failures)
