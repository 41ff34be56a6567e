"""The documents in a message and where each stands on the ladder, for people and as JSON."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from node.cli.invocation import plain
from node.cli.problems import one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.filing.registration import Entry
    from node.customs.ladder import Ladder

#: The words of this page, English and Chinese.
_WORDS = {"refused": ("refused", "已拒絕"), "late": ("LATE", "逾期"), "due": ("due", "期限"), "ended": ("ended", "已終結")}
#: UN/EDIFACT 4343.
OUTCOMES = {
    "AP": ("accepted", "接受"),
    "CA": ("accepted with warnings", "有條件接受"),
    "RE": ("refused", "拒絕"),
    "AJ": ("held for a person", "待人員審核"),
    "": ("", ""),
}


def carried(node: "Node", direction: str, message_id: str) -> list[dict[str, Any]]:
    """The documents that a message carries, each with its ladder."""
    entries = node.documents.carried_by(direction, message_id)
    return [{**head(entry), "ladder": ladder_json(node.following.ladder(entry))} for entry in entries]


def head(entry: "Entry") -> dict[str, Any]:
    """What tells one document of the register from another."""
    about = entry.about
    return {
        "id": entry.id,
        "at": entry.registered_at,
        "direction": "sent" if entry.carried.direction == "out" else "received",
        "partner": entry.carried.partner,
        "type": about.type_id,
        "number": about.number,
        "version": about.version or None,
        "outcome": entry.outcome,
        "held": entry.held,
        "document_id": about.document_id,
        "message_id": entry.carried.message_id,
    }


def ladder_json(ladder: "Ladder") -> dict[str, Any]:
    """Every step that was taken, and the one that is expected."""
    return {
        "level": ladder.level,
        "ended": ladder.ended,
        "awaits": ladder.awaits or None,
        "due_at": ladder.due_at,
        "late": ladder.late,
        "steps": [
            {"level": one.level, "outcome": one.outcome or None, "at": one.at, "heard_at": one.heard_at, "by": one.by or None}
            for one in ladder.reached
        ],
    }


def ladder_lines(ladder: Mapping[str, Any], zh: int = 0) -> Iterable[str]:
    """The ladder for people: each step with when, what and by which message, then what is expected."""
    from node.customs.ladder import RUNGS

    words = {level: (rung.en, rung.zh)[zh] for level, rung in RUNGS.items()}
    for step in ladder["steps"]:
        outcome = OUTCOMES.get(step["outcome"] or "", (step["outcome"],) * 2)[zh]
        by = f"  ({one_line(step['by'])})" if step["by"] else ""
        yield f"  {step['level']}  {plain(step['at'])}  {words[step['level']]}{f': {outcome}' if outcome else ''}{by}"
    if ladder["awaits"]:
        late = f"  {_WORDS['late'][zh]}" if ladder["late"] else ""
        yield f"  {ladder['awaits']}  {_WORDS['due'][zh]} {plain(ladder['due_at'])}  {words[ladder['awaits']]}{late}"
    elif ladder["ended"]:
        yield f"  --  {_WORDS['ended'][zh]}"


def document_lines(documents: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The documents of a message for people."""
    for one in documents:
        version = f" version {one['version']}" if one["version"] else ""
        number = one["number"] or one["document_id"]
        outcome = OUTCOMES.get(one["outcome"], (one["outcome"],))[0]
        yield f"{'document ' + str(one['id']):18} {one_line(one['type'] or 'of no known type')} {one_line(number)}{version}: {outcome}"
        yield from ladder_lines(one["ladder"])
