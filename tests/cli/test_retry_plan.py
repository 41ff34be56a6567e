"""A schedule and a calendar, tried before they are saved."""

import re
import shlex
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.homes import Side, make_pair

PLAN = """
[leg.x.retry]
intervals = ["5m", "1h", "6h"]
horizon = "2d"

[calendar]
time_zone = "Asia/Seoul"
[[calendar.window]]
name = "weekly maintenance"
every = "saturday"
from = 22:00:00
to = "04:00"
"""


@pytest.fixture(scope="module")
def tw(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return make_pair(tmp_path_factory.mktemp("homes"))[0]


@pytest.fixture
def tried(tw: Side, tmp_path: Path) -> Path:
    path = tmp_path / "tried.toml"
    path.write_text((tw.folder / "partners" / "kr" / "agreement.toml").read_text() + PLAN)
    return path


def test_the_saved_schedule_is_told_in_words(n2n: Any, tw: Side) -> None:
    ended = n2n("--home", tw.folder, "partner", "retry-plan", "kr")
    assert ended.code == 0
    assert "schedule  retries after 10s, each wait 2 times the last, at most 1h, full jitter, for 3d" in ended.out


def test_an_agreement_is_tried_before_it_is_saved(n2n: Any, tw: Side, tried: Path) -> None:
    words = ["partner", "retry-plan", "kr", "--file", tried, "--simulate", "--from", "2026-11-28T12:30:00Z"]
    document = n2n("--home", tw.folder, *words, "--json").document
    assert document["windows"] == ["weekly maintenance: saturday 22:00 to 04:00 Asia/Seoul, buffer"]
    # 12:30Z, 12:35Z, then an hour of open time: the window begins at 13:00Z and ends at 19:00Z.
    assert [one["at"] for one in document["attempts"][:4]] == [
        "2026-11-28T12:30:00.000Z",
        "2026-11-28T12:35:00.000Z",
        "2026-11-28T19:35:00.000Z",
        "2026-11-29T01:35:00.000Z",
    ]
    assert document["attempts"][2]["waited_for"] == "weekly maintenance until 2026-11-28T19:00Z"
    # Two days of open time after the first attempt.
    assert document["given_up"]["at"] == "2026-11-30T18:30:00.000Z"
    out = n2n("--home", tw.folder, *words).out
    assert "weekly maintenance until 2026-11-28T19:00Z" in out
    assert "given up: no receipt within 2d" in out
    assert "2 d 06:00:00" in out
    assert "retry" not in (tw.folder / "partners" / "kr" / "agreement.toml").read_text()


def test_the_same_seed_shows_the_same_times(n2n: Any, tw: Side) -> None:
    words = ["--home", tw.folder, "partner", "retry-plan", "kr", "--simulate", "--from", "2026-11-28", "--json", "--seed"]
    first, again, other = (n2n(*words, seed).document["attempts"] for seed in (7, 7, 8))
    assert first == again != other
    assert len(first) > 70


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["jp"], 7, "no such folder in partners"),
        (["kr", "--simulate", "--from", "noon"], 2, "is no instant"),
        (["../kr"], 2, "name"),
    ],
)
def test_what_cannot_be_planned_is_told(n2n: Any, tw: Side, words: list[str], code: int, said: str) -> None:
    ended = n2n("--home", tw.folder, "partner", "retry-plan", *words)
    assert (ended.code, said in ended.err) == (code, True)


def test_a_mistake_in_what_is_tried_is_told_with_its_key(n2n: Any, tw: Side, tried: Path) -> None:
    tried.write_text(tried.read_text().replace("horizon", "horizen"))
    ended = n2n("--home", tw.folder, "partner", "retry-plan", "kr", "--file", tried)
    assert ended.code == 3
    assert "leg.x.retry.horizen" in ended.err


# -- the how-to page ---------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "decide-how-often-to-retry.md"


def test_the_how_to_page_is_true(n2n: Any, tmp_path: Path) -> None:
    side = make_pair(tmp_path)[0]
    document, text = tmp_path / "certificate.xml", PAGE.read_text("utf-8")
    document.write_text("<certificate/>")
    agreement = side.folder / "partners" / "kr" / "agreement.toml"
    written = textwrap.dedent("\n".join(re.findall(r"^   ```toml\n(.*?)^   ```", text, re.DOTALL | re.MULTILINE)))
    copy = tmp_path / "agreement.toml"
    copy.write_text(agreement.read_text() + written)
    agreement.write_text(copy.read_text())
    submitted = n2n("--home", side.folder, "submit", "--partner", "kr", document, "--json").document["message_id"]
    commands = re.findall(r"^   n2n (.+)$|`n2n ([^`]+)`", text, re.MULTILINE)
    assert len(commands) >= 12
    real = {"ID": submitted, "FILE": str(document), "agreement.toml": str(copy)}
    for one in ("".join(both) for both in commands):
        ended = n2n("--home", side.folder, *(real.get(word, word) for word in shlex.split(one)))
        assert ended.code == 0, (one, ended.out, ended.err)
    plan = n2n("--home", side.folder, "partner", "retry-plan", "kr", "--json").document
    assert plan["schedule"] == "retries after 30s, each wait 2 times the last, at most 6h, full jitter, for 14d"
    assert plan["windows"] == [
        "weekly maintenance: saturday 22:00 to 04:00 Asia/Seoul, buffer",
        "new data centre: 2026-12-26T09:00Z to 2026-12-26T21:00Z, fall back to https://dr.as4.example.kr/as4",
    ]
