"""What of a home's files the log of evidence has told last; a difference becomes an entry in the transaction that notes it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from node.evidence.entry import Kind
from node.msh.octets import HeldOctets
from node.store import prepared
from node.store.connection import Cursor
from node.store.kept import Piece, piece_of
from node.store.log import append_noted
from node.store.messages import StoredMessages
from node.store.once import keep

#: Files that one entry tells of, so that it stays far below what an entry may have.
FILES: Final = 100


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One file as it lies there."""

    #: Its size and times.
    stat: str
    #: By which another content is known.
    seal: str
    #: What may be kept of it; None for nothing.
    octets: bytes | None = field(repr=False)
    #: The SHA-256 that may be told: of the file, or of what is kept of it; None for none.
    sha256: str | None = None
    #: How much of it is kept: `whole`, `part` (without what is secret) or `none`.
    kept: str = "none"
    #: When it was changed, as the disk says; empty where that is not known.
    modified_at: str = ""

    def told(self) -> dict[str, Any]:
        """As the log says it."""
        return {"sha256": self.sha256, "kept": self.kept, "modified_at": self.modified_at}


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file as the log says that it is."""

    stat: str
    seal: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One home on this store."""

    salt: str
    mark: str
    #: The order that changes files right now, or was cut off.
    under_way: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did what and why, as an entry says it."""

    who: str
    what: str
    why: str
    about: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what the log says; None on the side on which there is none."""

    path: str
    was: RecordedFile | None
    now: SeenFile | None


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that was done, or was not."""

    order: str
    #: Octets that it took in and that are no files of the settings.
    taken: Sequence[bytes] = ()


class StoredConfiguration:
    """Of one home; `place` is its name where several work on one store."""

    def __init__(self, messages: StoredMessages, place: str = "") -> None:
        self._messages, self._place = messages, place

    def place(self) -> Place | None:
        """What is known of this home; None before the first record."""
        row = self._messages.one(prepared.CONFIGURED_PLACE, of_place=self._place)
        return _place(row["salt"], row["mark"], row["under_way"]) if row else None

    def begin(self, salt: str) -> Place:
        """The same, made where it is not there. Raises StorageUnavailable."""
        row = {"place": self._place, "salt": salt, "mark": "", "under_way": ""}

        def work(cursor: Cursor) -> Place:
            cursor.execute(prepared.ADD_CONFIGURED_PLACE, row)
            return self._locked(cursor)

        return self._messages.writer.run(work)

    def files(self) -> dict[str, RecordedFile]:
        """Every file that the log has told of, by its path."""
        rows = self._messages.all(prepared.CONFIGURED_FILES, of_place=self._place)
        return {row["path"]: RecordedFile(row["stat"], row["seal"], json.loads(row["told"])) for row in rows}

    def record(
        self,
        mark: str,
        seen: Mapping[str, SeenFile],
        at: datetime,
        doer: Callable[[Place, Sequence[str]], Doer],
        ended: "Ended | None" = None,
    ) -> list[Difference]:
        """Write down what differs from what the log says, and who did it, in one transaction; what differs. Raises StorageUnavailable.

        `seen` has every file of the home. `doer` is asked in the transaction, with the order that is under way and the files that differ. An order that
        has `ended` is written down whether or not something differs.
        """
        files = self._messages.files
        pieces = {
            one.sha256: piece_of(HeldOctets(one.octets, one.sha256), files)
            for one in seen.values()
            if one.octets is not None and one.sha256 and not self._is_kept(one.sha256)
        }
        taken = [self._messages.entries.keep(one) for one in ended.taken] if ended else []

        def work(cursor: Cursor) -> list[Difference]:
            place, known = self._locked(cursor), self._known(cursor)
            found = sorted(_differences(known, seen), key=lambda one: one.path)
            self._note(cursor, known, seen)
            cursor.execute(prepared.MARK_CONFIGURED, {"of_place": self._place, "new_mark": mark})
            if ended is not None and (place.under_way or {}).get("id") == ended.order:
                cursor.execute(prepared.ORDER_CONFIGURED, {"of_place": self._place, "new_under_way": ""})
            if not found and ended is None:
                return found
            who = doer(place, [one.path for one in found])
            for first in range(0, max(len(found), 1), FILES):
                self._append(cursor, at, who, found[first : first + FILES], pieces, taken if not first else ())
            return found

        return self._messages.writer.run(work)

    def order(self, order: Mapping[str, Any], at: datetime, doer: Doer) -> None:
        """Write down what somebody is about to do to the files. Raises StorageUnavailable."""

        def work(cursor: Cursor) -> None:
            self._locked(cursor)
            cursor.execute(prepared.ORDER_CONFIGURED, {"of_place": self._place, "new_under_way": json.dumps(order)})
            self._append(cursor, at, doer, (), {}, ())

        self._messages.writer.run(work)

    # -- within a transaction ------------------------------------------------------------------------------------------

    def _is_kept(self, sha256: str) -> bool:
        return self._messages.one(prepared.OBJECT, sha256=sha256) is not None

    def _locked(self, cursor: Cursor) -> Place:
        row = cursor.execute(prepared.LOCK_CONFIGURED_PLACE, {"of_place": self._place}).fetchone()
        return _place(row[1], row[2], row[3])

    def _known(self, cursor: Cursor) -> dict[str, RecordedFile]:
        rows = cursor.execute(prepared.CONFIGURED_FILES, {"of_place": self._place}).fetchall()
        return {row[1]: RecordedFile(row[2], row[3], json.loads(row[4])) for row in rows}

    def _note(self, cursor: Cursor, known: Mapping[str, RecordedFile], seen: Mapping[str, SeenFile]) -> None:
        for path, one in seen.items():
            was = known.get(path)
            new = {"stat": one.stat, "seal": one.seal, "told": json.dumps(one.told())}
            if was is None:
                cursor.execute(prepared.ADD_CONFIGURED_FILE, {"place": self._place, "path": path, **new})
            elif was.stat != one.stat or was.seal != one.seal:
                values = {f"new_{name}": value for name, value in new.items()}
                cursor.execute(prepared.MOVE_CONFIGURED_FILE, {"of_place": self._place, "of_path": path, **values})
        for path in known.keys() - seen.keys():
            cursor.execute(prepared.DROP_CONFIGURED_FILE, {"of_place": self._place, "of_path": path})

    def _append(
        self,
        cursor: Cursor,
        at: datetime,
        doer: Doer,
        differences: Sequence[Difference],
        pieces: Mapping[str, Piece],
        taken: Sequence[str],
    ) -> None:
        told, objects = [], {f"file-{number}": one for number, one in enumerate(taken, 1)}
        for number, one in enumerate(differences, 1):
            told.append(_told(one))
            if one.now is not None and one.now.octets is not None and one.now.sha256:
                objects[f"is-{number}"] = one.now.sha256
                if one.now.sha256 in pieces:
                    keep(cursor, one.now.sha256, pieces[one.now.sha256])
            if one.was is not None and one.was.told["kept"] != "none":
                objects[f"was-{number}"] = one.was.told["sha256"]
        facts = {**doer.facts, **({"files": told} if told else {}), **({"place": self._place} if self._place else {})}
        entries = self._messages.entries
        append_noted(cursor, entries.done(Kind.ACTED, at, doer.who, doer.what, doer.why, doer.about, objects, facts))


def _differences(known: Mapping[str, RecordedFile], seen: Mapping[str, SeenFile]) -> Iterator[Difference]:
    for path, one in seen.items():
        was = known.get(path)
        if was is None or was.seal != one.seal:
            yield Difference(path, was, one)
    for path in known.keys() - seen.keys():
        yield Difference(path, known[path], None)


def _told(one: Difference) -> dict[str, Any]:
    event = "added" if one.was is None else "removed" if one.now is None else "changed"
    return {
        "file": one.path,
        "event": event,
        "was": one.was.told["sha256"] if one.was else None,
        "is": one.now.sha256 if one.now else None,
        "kept": one.now.kept if one.now else "none",
        "modified_at": one.now.modified_at if one.now else "",
    }


def _place(salt: str, mark: str, under_way: str) -> Place:
    return Place(salt, mark, json.loads(under_way) if under_way else None)
