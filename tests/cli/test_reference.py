"""docs/reference/cli.md says what the commands say."""

from pathlib import Path

from node.cli.problems import MEANINGS
from node.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run: python -m node.cli.reference > docs/reference/cli.md"


def test_every_exit_code_is_documented() -> None:
    assert [code for code in MEANINGS if f"| {int(code)} | " not in reference()] == []
