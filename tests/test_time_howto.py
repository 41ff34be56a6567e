"""What docs/howto/keep-the-clock-honest.md says to write can be written, and what it calls standard is."""

import re
from pathlib import Path

import pytest

from node.agreements.parameters import PARAMETERS, why_refused
from node.configuration import Problems, Table, parse_toml
from node.references import References, read_references

PAGE = (Path(__file__).parents[1] / "docs" / "howto" / "keep-the-clock-honest.md").read_text("utf-8")
SNIPPETS = [parse_toml(re.sub(r"(?m)^   ", "", one).encode()) for one in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]


def test_the_page_has_both_tables() -> None:
    assert [next(iter(one)) for one in SNIPPETS] == ["time", "time", "leg", "leg"]


@pytest.mark.parametrize("snippet", [one["time"] for one in SNIPPETS if "time" in one])
def test_a_table_of_the_node_is_read(snippet: dict[str, object]) -> None:
    problems = Problems()
    assert read_references(Table(snippet, "node.toml", problems, "time")) != References()
    assert problems.found == []


@pytest.mark.parametrize("snippet", [one["leg"] for one in SNIPPETS if "leg" in one])
def test_a_table_of_an_agreement_is_its_standard(snippet: dict[str, dict[str, dict[str, object]]]) -> None:
    for name, value in snippet["x"]["time"].items():
        parameter = PARAMETERS[f"leg.x.time.{name}"]
        assert why_refused(parameter, value) is None
        assert value == parameter.default
