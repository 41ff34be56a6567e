"""The chapter on evidence: what is exported holds for both verifiers, and does not once an octet is another."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from node.app import Node
from node.cli.demo_proof import altered, prove, second_verifier
from tests.homes import Side


def test_both_verifiers_say_so(traded: tuple[Side, Side], tmp_path: Path) -> None:
    out = StringIO()
    node = Node.open(traded[0].folder)
    try:
        told = prove(node, "m1@tw.example", tmp_path, Console(file=out, width=200))
    finally:
        node.close()
    assert told["good"] is True
    assert told["failed"]["whole"] == []
    assert "container" in told["failed"]["changed"]
    lines = out.getvalue().splitlines()
    assert [line[27:].partition(":")[0] for line in lines if "verifier" in line or "by itself" in line] == [
        "holds",
        "holds",
        "does not hold",
        "does not hold",
    ]
    assert (tmp_path / "evidence.asice").exists()


def test_one_octet_is_another() -> None:
    bundle = b"..." + b'"kind":"message.acknowledged"' + b"..."
    for octets in (bundle, b"0123456789"):
        assert sum(one != other for one, other in zip(octets, altered(octets), strict=True)) == 1


def test_the_second_verifier_is_there() -> None:
    assert second_verifier().is_file()
