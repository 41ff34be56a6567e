"""`n2n aeo verify`: its words; two nodes answer in tests/test_publish_howto.py and tests/exchanges/test_operators.py."""

import asyncio
from datetime import date
from typing import Any

import pytest

from node.cli.aeo_verify import _lines
from node.customs.operators.asking import Told
from tests.customs_pair import make_customs_pair
from tests.homes import Side
from tests.operators import at, status
from tests.own_lists import aeo_toml
from tests.services import serving


@pytest.fixture
def side(tmp_path: Any) -> Side:
    side = make_customs_pair(tmp_path)[0]
    (side.folder / "aeo.toml").write_text(aeo_toml("tw", "kr"))
    return side


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--partner", "jp"), 2, "jp has no arrangement in aeo.toml"),
        (("--partner", "kr", "--scheme", "NAME"), 2, "'NAME' is none"),
        (("--partner", "kr", "--purpose", "FUN"), 2, "one of CLEARANCE, AUDIT, RISK"),
        (("--partner", "kr", "--as-of", "soon"), 2, "'soon' is no day"),
        (("--partner", "kr", "--known-at", "soon"), 2, "'soon' is no instant"),
        # Nobody serves, and so nothing is asked.
        (("--partner", "kr"), 4, "nobody serves this home: n2n serve"),
    ],
)
def test_what_cannot_be_asked_or_is_not_answered_is_told(
    n2n: Any, side: Side, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = n2n("--home", side.folder, "aeo", "verify", "KR1234567890", *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert "aeo.query" not in n2n("--home", side.folder, "message", "list").out


def test_a_node_that_serves_waits_no_longer_than_it_was_told(n2n: Any, side: Side) -> None:
    """The partner is not there, and so no answer is."""

    async def story() -> Any:
        async with serving(side):
            words = ("aeo", "verify", "KR1234567890", "--partner", "kr", "--timeout", "0")
            return await asyncio.to_thread(n2n, "--home", side.folder, *words)

    ended = asyncio.run(story())
    assert (ended.code, "no answer in 0 s" in ended.err) == (6, True), ended.err
    assert "aeo.query" in n2n("--home", side.folder, "message", "list").out


@pytest.mark.parametrize(
    ("zh", "first"), [(0, "tw: TW1 found, as of 2026-11-20, "), (1, "tw: TW1 查有紀錄, 基準日 2026-11-20, ")]
)
def test_an_answer_is_shown_in_both_languages(zh: int, first: str) -> None:
    told = Told("FOUND", date(2026, 11, 20), at(1), (status("TW1", 2, 1),))
    lines = _lines("tw", "TW1", told, zh)
    assert lines[0].startswith(first)
    assert ("SUSPENDED" in lines[1], "SECURITY" in lines[2]) == (True, True)
