"""A partner whose clock is ten minutes wrong: by what was agreed it is flagged or refused, and the evidence of either side says so."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import World
from node.ebms.states import OutboundState
from node.evidence.bundle import open_bundle
from tests.archives import bundled
from tests.homes import Side, make_pair
from tests.judged_bundles import holds
from tests.services import delivered, ended, serving, submission

WRONG = timedelta(minutes=10)
#: What is older than the retries of its sender cannot be refused: an agreement that says so is refused itself.
POLICY = {
    "flag": '\n[leg.x.time]\nmax_age = "5m"\nmax_ahead = "5m"\naction = "flag"\n',
    "refuse": '\n[leg.x.time]\nmax_ahead = "5m"\naction = "refuse"\n',
}


class Clock:
    """The machine's clock, wrong by so much."""

    def __init__(self, wrong: timedelta) -> None:
        self._wrong = wrong

    def now(self) -> datetime:
        return datetime.now(UTC) + self._wrong


def sent(folder: Path, document: Path, wrong: timedelta, action: str) -> tuple[Side, Side, str]:
    """A message of a node with a wrong clock to one with a right clock and a policy; the detail of what became of it."""
    tw, kr = make_pair(folder)
    agreement = kr.folder / "partners" / "tw" / "agreement.toml"
    agreement.write_text(agreement.read_text() + POLICY[action])
    told = ""

    async def story() -> None:
        nonlocal told
        async with serving(tw, World(clock=Clock(wrong))) as here, serving(kr) as there:
            here.node.submit(replace(submission(here.node, document), message_id="m1@tw.example"))
            here.push.wake()
            refused = action == "refuse"
            await ended(here.node, "m1@tw.example", OutboundState.FAILED if refused else OutboundState.ACKNOWLEDGED)
            if not refused:
                await delivered(there.node, "m1@tw.example")
            told = " ".join(one.detail for one in here.node.messages.history("m1@tw.example"))

    asyncio.run(story())
    return tw, kr, told


def report(octets: bytes, language: str = "en") -> str:
    return open_bundle(octets).files[f"report.{language}.html"].decode()


@pytest.mark.parametrize(
    ("wrong", "said", "chinese"),
    [
        (WRONG, "after it came by the clock of the node: more than was agreed", "晚於到達時間 "),
        (-WRONG, "before it came: more than was agreed", "早於到達時間 "),
    ],
    ids=["ahead", "behind"],
)
def test_what_is_flagged_is_accepted_and_the_report_says_it(
    tmp_path: Path, document: Path, wrong: timedelta, said: str, chinese: str
) -> None:
    _, kr, _ = sent(tmp_path, document, wrong, "flag")
    octets = bundled(kr, "m1@tw.example")
    holds(octets)
    assert said in report(octets)
    assert chinese in report(octets, "zh-Hant")


def test_what_is_refused_ends_at_its_sender_and_his_evidence_says_why(tmp_path: Path, document: Path) -> None:
    tw, _, told = sent(tmp_path, document, WRONG, "refuse")
    assert "EBMS:0003" in told
    octets = bundled(tw, "m1@tw.example")
    holds(octets)
    assert "Not delivered: it was given up, or refused." in report(octets)
    assert "EBMS:0003" in report(octets)
