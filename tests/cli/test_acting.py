"""The command line as a reason has no secrets, and a home that cannot be read is mended all the same."""

from pathlib import Path
from typing import Any

import pytest

from node.cli import acting
from node.cli.invocation import current
from node.redacting import LEFT_OUT
from tests.homes import make_pair


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("partner", "add", "kr"), "n2n partner add kr"),
        (("x", "https://me:hunter2@y/"), f"n2n x 'https://me:{LEFT_OUT}@y/'"),
        (("submit", "--property", "token=hunter2"), f"n2n submit --property 'token={LEFT_OUT}'"),
        (("notice", "send", "--text", "hunter2", "--subject=hunter2"), f"n2n notice send --text '{LEFT_OUT}' '{LEFT_OUT}'"),
        (("x", "a" * 300), f"n2n x {'a' * 200}"),
    ],
)
def test_the_command_line_is_told_without_secrets(words: tuple[str, ...], told: str) -> None:
    current.words = words
    assert acting.said() == told


def test_where_the_settings_are_broken_the_change_is_made_and_told_later(n2n: Any, tmp_path: Path, files: Path) -> None:
    home = make_pair(tmp_path)[0].folder
    whole = (home / "node.toml").read_text()
    (home / "node.toml").write_text(whole + "\nnonsense = 1\n")
    ended = n2n("--home", home, "cert", "add", "--trust", files / "ca.pem", "--name", "two", environment={"USER": "lin"})
    assert (ended.code, "told of this change when they are mended" in ended.err) == (0, True)
    (home / "node.toml").write_text(whole)
    (first,) = n2n("--home", home, "audit", "list", "--json").document["acts"]
    assert "certs/trust/two.pem" in [one["file"] for one in first["files"]]


def test_what_fails_behind_its_act_is_told_too(tmp_path: Path) -> None:
    from node.app import Node
    from node.auditing import Order

    node = Node.open(make_pair(tmp_path)[0].folder)

    def fails(wrote: bool) -> None:
        with node.ordered(Order("lin", "submit", "because", {"partner": "kr"})):
            if wrote:
                node.messages.writer.run(lambda _cursor: None)
            raise LookupError("no room")

    for wrote in (False, True):
        with pytest.raises(LookupError):
            fails(wrote)
    first, second = [one.entry for one in node.evidence.walk(1)]
    assert (first.facts.get("stage"), second.facts["stage"], second.facts["problem"]) == (None, "failed", "no room")
    assert first.about == second.about and first.about["partner"] == "kr"
    node.close()
