"""How urgent a document says it is: its priority among messages, and until when it wants which step of its ladder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from node.customs.packs.definition import TypeDefinition, asked


@dataclass(frozen=True, slots=True)
class Urgency:
    """What a document asks of those who carry and answer it."""

    #: 0 to 9; None where the type or the document does not say.
    priority: int | None = None
    #: By step of the ladder (`L4`): the moment by which it is wanted. What an agreement says of the step counts where nothing is here.
    deadlines: Mapping[str, datetime] = field(default_factory=dict)


def urgency(definition: TypeDefinition, root: Any) -> Urgency:
    """What a document of that type says; `root` may be without its rows."""
    said = definition.priority
    priority = said.values.get(asked(said.path, root)) if said is not None else None
    deadlines = {}
    for level, path in definition.deadlines.items():
        at = _moment(asked(path, root))
        if at is not None:
            deadlines[level] = at
    return Urgency(priority, deadlines)


def _moment(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    # A moment without a zone is none: whose clock would it be?
    return at if at.tzinfo else None
