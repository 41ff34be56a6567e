"""Pages about the standards and the life of a message."""

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from docs.drawing.tables import ROOT, sentences, table
from node.ebms import errors, states


def implemented_standards() -> str:
    index = tomllib.loads((ROOT / "docs" / "standards" / "index.toml").read_text("utf-8"))
    text = "# Implemented standards\n\nEach row is cited in the code at the line that obeys it (`# spec: A 5.1.8`). What is only partly there says what is missing.\n"
    for short, title in index["documents"].items():
        rows = [row for row in index["clause"] if document_of(row["ref"], index["documents"]) == short]
        if rows:
            text += f"\n## {title}\n\n"
            text += table(
                ["clause", "what", "status", "note"], [[r["ref"], r["title"], r["status"], r.get("note", "")] for r in rows]
            )
    return text


def document_of(ref: str, documents: Iterable[str]) -> str:
    return max((short for short in documents if ref == short or ref.startswith(f"{short} ")), key=len)


def error_codes() -> str:
    rows = [
        [e.code, e.short_description, e.severity, e.category] for e in sorted(errors.CATALOGUE.values(), key=lambda e: e.code)
    ]
    return (
        "# Error codes\n\nEvery code that the node may raise or understand. A peer is told the code and the short description; the true reason is in our log alone.\n\n"
        + table(["code", "short description", "severity", "category"], rows)
    )


def lives() -> str:
    said = sentences(states)
    text = "# States of a message\n\nDrawn from the tables in `node/ebms/states.py`; a step that is in no table is refused. Steps that lead back to the\nsame state (a hint, a second receipt) are left out of the pictures.\n"
    parts: list[tuple[str, type[StrEnum], Mapping[Any, Mapping[Any, Any]]]] = [
        ("Sending", states.OutboundState, states.OUTBOUND),
        ("Receiving", states.InboundState, states.INBOUND),
    ]
    for title, kind, steps in parts:
        text += f"\n## {title}\n\n" + table(["state", "meaning"], [[s.value, said[kind.__name__, s.name]] for s in kind])
        text += "\n```mermaid\nstateDiagram-v2\n"
        text += "".join(f"    {a} --> {b}: {event}\n" for a, row in steps.items() for event, b in row.items() if a != b)
        text += "```\n"
    text += "\n## Events\n\n"
    for event in (states.OutboundEvent, states.InboundEvent):
        text += (
            table(
                [f"when {'sending' if event is states.OutboundEvent else 'receiving'}", "meaning"],
                [[e.value, said[event.__name__, e.name]] for e in event],
            )
            + "\n"
        )
    return text.rstrip() + "\n"
