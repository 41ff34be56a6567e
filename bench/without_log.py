"""Runs a node that writes no log of evidence: what `bench.evidence` measures the others against, and nothing else may use.

`python -m bench.without_log bench.sender HOME PARTNER ACTION` or `python -m bench.without_log serve HOME json --json`.
"""

import sys
from typing import Any

from node.keyring.keyring import Keyring
from node.proving import Proving
from node.store import inbound, outbound
from node.store.entries import Entries


class _Nothing:
    """Stands for whatever would have been written."""

    def __call__(self, *_: object, **__: object) -> Any:
        return self

    def said(self, *_: object) -> Any:
        return ()


def silence() -> None:
    """No entry of a message is made, numbered, kept or signed, and nothing is looked up for one; what is written once at a start stays."""
    nothing: Any = _Nothing()
    for name in ("received", "delivered", "packaged", "settled"):
        setattr(Entries, name, nothing)
    for module in (inbound, outbound):
        module.append_noted = nothing
    Keyring.grounds = lambda *_: None  # type: ignore[method-assign]
    Proving.checkpoint = Proving.tiles = lambda *_, **__: 0  # type: ignore[method-assign,assignment]


def main() -> None:
    """Run what the arguments name."""
    silence()
    name = sys.argv.pop(1)
    if name == "bench.sender":
        from bench.sender import main as send

        send()
        return
    from node.cli.serving import main as serve

    sys.exit(serve(sys.argv[1:]))


if __name__ == "__main__":
    main()
