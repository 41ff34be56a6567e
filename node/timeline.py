"""Everything that was said about one consignment, certificate or manifest, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.customs.checking.reading import Malformed, read_rows
from node.customs.filing.filing import named_in
from node.customs.filing.moving import Subject
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import Entry
from node.customs.packs.library import Packs
from node.store.documents import StoredDocuments
from node.store.lives import StoredLives, Turn
from node.store.messages import StoredMessages

#: Names by which the documents of one consignment find each other; a container or an invoice is shared by many.
_LEADS: Final = ("ucr", "transport-document", "certificate", "declaration")
#: Documents of one timeline at most.
MOST: Final = 1000
#: How often what was found leads further: from a UCR to a bill of lading, from there to a certificate, and so on.
_HOPS: Final = 4


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened."""

    at: datetime
    #: `document`, `state`, `message`.
    kind: str
    #: The document that it is about or that brought it.
    entry: Entry
    #: The life cycle that moved, and the number of its document; None and empty for other kinds.
    turn: Turn | None = None
    number: str = ""
    #: The step in the story of the message.
    event: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was found about a name."""

    value: str
    #: What the value is in documents: `ucr`, `certificate`, ..
    kinds: tuple[str, ...]
    #: The other names of the same consignment that led further.
    names: tuple[tuple[str, str], ...]
    documents: tuple[Entry, ...]
    happenings: tuple[Happening, ...]
    #: There are more documents than are shown.
    more: bool


class Timelines:
    """Follows names from document to document."""

    def __init__(self, documents: StoredDocuments, lives: StoredLives, messages: StoredMessages, packs: Packs) -> None:
        self._documents, self._lives, self._messages, self._packs = documents, lives, messages, packs

    def about(self, value: str) -> Timeline:
        """Everything about a UCR, a transport document, a certificate, a manifest, a declaration or a container."""
        found: dict[int, Entry] = {}
        kinds: dict[str, None] = {}
        names: dict[tuple[str, str], None] = {}
        asked, waiting = {value}, [value]
        for _ in range(_HOPS):
            following: list[str] = []
            for name in waiting:
                for kind, entry in self._with(name):
                    if name == value and kind:
                        kinds[kind] = None
                    if entry.id in found or len(found) >= MOST:
                        continue
                    found[entry.id] = entry
                    for lead in self._leads(entry, asked):
                        names[lead] = None
                        following.append(lead[1])
            waiting = [name for name in dict.fromkeys(following) if name not in asked]
            asked |= set(waiting)
        self._add_responses(found)
        documents = tuple(sorted(found.values(), key=lambda one: one.id))
        happenings = tuple(sorted(self._happenings(documents), key=lambda one: (one.at, one.entry.id, _ORDER.index(one.kind))))
        return Timeline(value, tuple(kinds), tuple(names), documents, happenings, more=len(found) >= MOST)

    def _with(self, name: str) -> Iterator[tuple[str, Entry]]:
        """Documents in which a name stands, and those that have it as their number."""
        yield from self._lives.named(name)
        for entry in self._documents.with_number(name, MOST):
            yield ("" if entry.outcome == "RE" else "number"), entry

    def _leads(self, entry: Entry, asked: set[str]) -> Iterator[tuple[str, str]]:
        """The other names of the consignments of a document in which a name stands that was asked for."""
        definition = self._packs.named(entry.about.type_id)
        if definition is None or not entry.accepted or not definition.references:
            return
        reader = _Rows(definition, asked)
        try:
            root = read_rows(self._documents.octets(entry.id), definition, reader)
        except (NoLongerThere, Malformed):
            return
        whole = [(one.kind, one.value) for one in named_in(definition, None, root)]
        yield from (lead for lead in (*whole, *reader.found) if lead[0] in _LEADS and lead[1] not in asked)

    def _add_responses(self, found: dict[int, Entry]) -> None:
        for entry in list(found.values()):
            # The number of a response is the MessageID of what it answers.
            for response in self._documents.with_number(entry.about.document_id, 100) if entry.about.document_id else ():
                found.setdefault(response.id, response)

    def _happenings(self, documents: Iterable[Entry]) -> Iterator[Happening]:
        known = {entry.id: entry for entry in documents}
        subjects: dict[Subject, None] = {}
        for entry in known.values():
            yield Happening(entry.registered_at, "document", entry)
            subjects[entry.about.type_id, entry.about.number, entry.about.issuer] = None
            yield from self._of_message(entry)
        for subject in subjects:
            for turn in self._lives.turns(subject) if subject[1] else ():
                if turn.document in known:
                    yield Happening(turn.at, "state", known[turn.document], turn, subject[1])

    def _of_message(self, entry: Entry) -> Iterator[Happening]:
        """What became of our message; what comes in has come when it is registered."""
        if entry.carried.direction == "out":
            for step in self._messages.history(entry.carried.message_id):
                if step.from_state != step.to_state or step.event in _TOLD:
                    yield Happening(step.at, "message", entry, event=step.event, detail=step.to_state)


#: Of one instant, a document comes before what it moves.
_ORDER: Final = ("document", "state", "message")
#: Steps that change no state and are of interest all the same.
_TOLD: Final = frozenset({"STEP_LATE", "HELD", "RELEASED"})


class _Rows:
    """Keeps the names of the rows in which one stands that was asked for."""

    def __init__(self, definition: Any, asked: set[str]) -> None:
        self._definition, self._asked = definition, asked
        self.found: list[tuple[str, str]] = []

    def row(self, element: Any, _place: int) -> None:
        """See `Reader`."""
        names = [(one.kind, one.value) for one in named_in(self._definition, element.tag.rpartition("}")[2], element)]
        if any(value in self._asked for _, value in names):
            self.found += names
