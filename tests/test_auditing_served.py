"""A node that serves tells of what was edited, before it started and while it runs, also where it does not take it in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.app import Node
from node.auditing import OUTSIDE
from tests.bars.bar import until
from tests.bars.nodes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.stop()


def test_what_is_edited_while_a_node_serves_is_told_within_seconds(world: World) -> None:
    node_toml = world.tw.folder / "node.toml"
    Node.open(world.tw.folder).close()
    node_toml.write_text(node_toml.read_text() + "\n# before the start\n")
    world.start(world.tw)
    node = Node.open(world.tw.folder)
    # From here on it is not this process that looks.
    until(lambda: len(outside(node)) == 1)
    node_toml.write_text(node_toml.read_text() + "\n# while it serves\n")
    until(lambda: len(outside(node)) == 2, 20)
    node_toml.write_text(node_toml.read_text() + "\nnonsense = 1\n")
    until(lambda: len(outside(node)) == 3, 20)
    assert node.auditing.untold() == []
    node.close()


def outside(node: Node) -> list[int]:
    return [one.number for one in node.evidence.walk() if one.entry.facts.get("what") == OUTSIDE]
