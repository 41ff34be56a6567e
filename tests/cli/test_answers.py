"""The answer to a question of the command line: awaited for a while; two nodes answer in tests/exchanges/test_origin.py."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.answers import awaited, check_served
from node.cli.problems import CommandFailed, ExitCode
from node.msh.submit import Submission
from node.origin import Made
from tests.homes import make_pair
from tests.services import serving

MADE = Made(Submission("kr", "co.query", ()), "urn:uuid:q1")


class Asked:
    """A node on which the answer is there at the second look."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)

    def answer_to(self, document_id: str, type_id: str) -> bytes | None:
        assert (document_id, type_id) == ("urn:uuid:q1", "co.query-response")
        return self.answers.pop(0) if self.answers else None


def ask(node: Any, timeout: float) -> bytes:
    return awaited(node, MADE, "co.query-response", timeout)


def test_it_is_looked_for_until_it_is_there() -> None:
    assert ask(Asked(None, b"<a/>"), 20) == b"<a/>"


def test_no_answer_in_time_is_told_with_the_remedy() -> None:
    with pytest.raises(CommandFailed) as error:
        ask(Asked(), 0)
    (told,) = error.value.told
    assert (error.value.code, told.where, told.problem) == (ExitCode.TIMED_OUT, "kr", "no answer in 0 s")
    assert told.remedy is not None
    assert "stays sent" in told.remedy


def test_nobody_asks_who_is_not_served(tmp_path: Path) -> None:
    side = make_pair(tmp_path)[0]
    node = Node.open(side.folder)
    with pytest.raises(CommandFailed) as error:
        check_served(node)
    (told,) = error.value.told
    assert (error.value.code, told.where, told.remedy) == (ExitCode.UNREACHABLE, str(side.folder), "n2n serve")

    async def story() -> None:
        async with serving(side):
            check_served(node)

    asyncio.run(story())
    node.close()
