"""Programme staff see every arrangement."""

from typing import Any

import pytest

from node.app import Node
from tests.cli.test_aeo import aeo, told_of
from tests.homes import Side
from tests.operators import delta


@pytest.fixture
def kr(tmp_path: Any) -> Side:
    return told_of(tmp_path)


def test_the_board_tells_of_each_arrangement(n2n: Any, kr: Side) -> None:
    node = Node.open(kr.folder)
    delta(node.operators, [], 11, 12, days=12)
    node.close()
    told = aeo(n2n, kr, "board", "--json").document
    (line,) = told["partners"]
    assert told["as_of"]
    assert (line["partner"], line["arrangement"], line["direction"], line["sequence"]) == ("tw", "in force", "both", 8)
    assert (line["by_status"], line["changes"], line["last_out"]) == ({"ACTIVE": 1, "SUSPENDED": 1}, {"CHANGED": 1}, None)
    assert line["not_applied"][0]["why"] == "sequence 8 expected, 11 received: send FULL"
    assert line["coverage"] == {"TW-UBN": 1.0}
    out = aeo(n2n, kr, "board").out
    assert out.startswith("as of ")
    assert (
        "  not applied                 DELTA 12 GAP: sequence 8 expected, 11 received: send FULL (doc-TW-CUSTOMS-DELTA-12-1)"
        in out.splitlines()
    )
    assert "OLDER THAN AGREED" in out


def test_a_home_with_a_wrong_aeo_toml_says_so(n2n: Any, kr: Side) -> None:
    (kr.folder / "aeo.toml").write_text("pace = 1")
    answer = aeo(n2n, kr, "board")
    assert (answer.code, "aeo.toml: pace" in answer.err) == (3, True)
