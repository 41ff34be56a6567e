"""The demo's last chapter: one message as a file of evidence, judged by two verifiers, and refused by both once an octet of it is another."""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from node.app import Node
from node.durable import put
from node.evidence.verify import verify

if TYPE_CHECKING:
    from rich.console import Console

#: What the file is called, in the folder of the demo.
FILE: Final = "evidence.asice"
#: The entry of which one octet is changed.
_CHANGED: Final = b'"kind":"message.acknowledged"'


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The checks that fail, by the node's verifier and by the second one; empty where the bundle holds."""

    first: tuple[str, ...]
    second: tuple[str, ...]


def prove(node: Node, message_id: str, folder: Path, console: "Console") -> dict[str, Any]:
    """Export a message of ours, have both verifiers judge it, then change one octet; what was shown, for the JSON form."""
    console.rule("[bold]Evidence that stands without us[/]")
    bundle = _exported(node, message_id)
    file = folder / FILE
    put(file, bundle)
    console.print(f"one message as one sealed file, {len(bundle):,} octets: {file.name}")
    whole = judged(file, bundle, node)
    changed = altered(bundle)
    other = folder / f"changed-{FILE}"
    put(other, changed)
    damaged = judged(other, changed, node)
    console.print(f"  our verifier             {_said(whole.first)}")
    console.print(f"  a second one, by itself  {_said(whole.second)}: one Python file that shares no line of code with us")
    console.print("one octet of it changed")
    console.print(f"  our verifier             {_said(damaged.first)}")
    console.print(f"  a second one, by itself  {_said(damaged.second)}\n")
    return {
        "good": not whole.first and not whole.second and bool(damaged.first) and bool(damaged.second),
        "file": str(file),
        "failed": {"whole": [*whole.first, *whole.second], "changed": sorted({*damaged.first, *damaged.second})},
    }


def _exported(node: Node, message_id: str) -> bytes:
    about = {"message_id": message_id}
    node.evidence.retrieved(node.clock.now(), "demo", "export", "to be shown", about)
    retrieving = node.proof.retrieving()
    return retrieving.bundle(retrieving.gather(retrieving.named(message_id), {"messages": [message_id]}))


def judged(file: Path, octets: bytes, node: Node) -> Verdicts:
    """What both say of a file: the second as a program that knows nothing of us."""
    first = verify(octets, node.clock.now()).failed
    command = [sys.executable, "-I", str(second_verifier()), str(file), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={})  # noqa: S603 - our own interpreter and arguments
    told = json.loads(ended.stdout)
    return Verdicts(tuple(one.value for one in first), tuple(failed_checks(told)))


def failed_checks(told: Any) -> list[str]:
    """The checks that the second verifier names."""
    return [one["name"] for one in told["checks"] if one["failures"]]


def second_verifier() -> Path:
    """Where the file lies: beside the installed packages, or in the checkout."""
    installed = find_spec("n2n_verify")
    if installed is not None and installed.origin is not None:
        return Path(installed.origin)
    return Path(str(resources.files("node"))).parent / "verifier" / "n2n_verify.py"


def altered(bundle: bytes) -> bytes:
    """One octet in the middle is another."""
    at = bundle.find(_CHANGED)
    at = at + len(_CHANGED) // 2 if at >= 0 else len(bundle) // 2
    return bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]


def _said(failed: tuple[str, ...]) -> str:
    return f"[red]does not hold: {', '.join(failed)}[/]" if failed else "[green]holds[/]"
