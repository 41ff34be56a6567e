"""The commands of the tree compute what the tree computes."""

import hashlib
import re
from types import SimpleNamespace

import pytest

from node.evidence.chain import leaf_hash
from node.evidence.merkle import LeafHashes, consistency, inclusion, root
from node.evidence.proof import CONSISTENCY, INCLUSION, write_proof
from node.evidence.tree_commands import consistency_lines, inclusion_lines

LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]


def run(lines: str, begin: dict[str, str]) -> dict[str, str]:
    """The variables of the shell after these lines."""
    held = dict(begin)
    for name, left, right in re.findall(r"^(\w)=\$\(printf '01%s%s' (\S+) (\S+) \| raw \| h\)$", lines, re.MULTILINE):
        sides = [held[one[2]] if one.startswith('"') else one for one in (left, right)]
        held[name] = hashlib.sha256(bytes.fromhex("01" + "".join(sides))).hexdigest()
    return held


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 33, 40])
def test_inclusion_of_every_entry(size: int) -> None:
    tree = LeafHashes(LEAVES[:size])
    for number in range(1, size + 1):
        proof = write_proof(INCLUSION, number, size, inclusion(tree, number - 1, size))
        case = SimpleNamespace(files={f"log/{number}.proof.json": proof})
        lines = "".join(inclusion_lines(case, [number, number + 1]))
        assert run(lines, {"x": LEAVES[number - 1].hex()})["x"] == root(tree, size).hex()
        assert lines.count("same ") == 1


@pytest.mark.parametrize(("before", "size"), [(a, b) for b in (2, 3, 7, 8, 21, 40) for a in range(1, b)])
def test_consistency_of_every_two(before: int, size: int) -> None:
    tree = LeafHashes(LEAVES[:size])
    proof = write_proof(CONSISTENCY, before, size, consistency(tree, before, size))
    case = SimpleNamespace(files={f"checkpoints/{size}.proof.json": proof}, checkpoints={before: None, size: None})
    lines = "".join(consistency_lines(case))
    roots = root(LeafHashes(LEAVES[:before]), before).hex(), root(tree, size).hex()
    first = re.match(r"o=(.+?); n=\$o", lines)
    assert first is not None
    begin = roots[0] if first[1].startswith('"') else first[1]
    found = run(lines, {"o": begin, "n": begin})
    assert (found["o"], found["n"]) == roots


def test_a_proof_that_is_missing_has_no_commands() -> None:
    case = SimpleNamespace(files={}, checkpoints={1: None, 2: None})
    assert "same" not in "".join([*inclusion_lines(case, [1]), *consistency_lines(case)])
