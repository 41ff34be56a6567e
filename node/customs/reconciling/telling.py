"""What a comparison comes to, as people and programs are told."""

from typing import Any, Final

from node.customs.reconciling.comparing import Difference, Kind, Reconciliation
from node.customs.reconciling.entry import moment

#: Differences that are told one by one; the others are counted.
MOST: Final = 1000


def as_json(result: Reconciliation, most: int | None = None) -> dict[str, Any]:
    """Everything, or the first differences and how many there are more; what cannot be told yet comes last."""
    found = result.differences
    if most is not None and len(found) > most:
        found = tuple(sorted(found, key=lambda one: one.kind is Kind.UNDECIDED))[:most]
    undecided = sum(one.kind is Kind.UNDECIDED for one in result.differences)
    told = {
        "us": result.us,
        "them": result.them,
        "from": moment(result.period.begins),
        "to": moment(result.period.ends),
        "agrees": result.agrees,
        "outcome": result.verdict.outcome.value,
        "agreed": result.agreed,
        "differ": len(result.differences) - undecided,
        "undecided": undecided,
        "differences": [_difference(one) for one in found],
    }
    if len(found) < len(result.differences):
        told["not_listed"] = len(result.differences) - len(found)
    return told


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "rule": found.finding.rule,
        "what": found.kind.name.lower().replace("_", " "),
        "direction": found.direction.value,
        "document": found.message_id,
        "type": found.type_id,
        "message_id": found.transport_id,
        "ours": found.ours.standing if found.ours else "",
        "theirs": found.theirs.standing if found.theirs else "",
        "remedy": found.remedy.value,
        "actor": found.actor,
        "en": found.finding.en,
        "zh": found.finding.zh,
    }
