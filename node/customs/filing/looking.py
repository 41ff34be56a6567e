"""What a check was told about the documents on file, so that it can be asked once more when the document is written."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from node.customs.filing.on_file import Filed, OnFile, Standing

#: The question's name and what it asked about.
Question = tuple[str, tuple[object, ...]]


class Looking:
    """An `OnFile` for one check: it asks another one, and remembers every question with what tells a later answer from this one."""

    def __init__(self, on_file: OnFile) -> None:
        self._on_file = on_file
        self._seen: dict[Question, object] = {}

    def message(self, sender: str, message_id: str) -> Filed | None:
        """See `OnFile`."""
        found = self._on_file.message(sender, message_id)
        self._seen["message", (sender, message_id)] = _mark([found] if found else [])
        return found

    def numbered(self, type_id: str, number: str, issuer: str | None) -> Sequence[Filed]:
        """See `OnFile`."""
        found = self._on_file.numbered(type_id, number, issuer)
        self._seen["numbered", (type_id, number, issuer)] = _mark(found)
        return found

    def naming(self, type_id: str, subject: tuple[str, str, str], sender: str) -> Sequence[Filed]:
        """See `OnFile`."""
        found = self._on_file.naming(type_id, subject, sender)
        self._seen["naming", (type_id, subject, sender)] = _mark(found)
        return found

    def state(self, subject: tuple[str, str, str], machine: str) -> str:
        """See `OnFile`."""
        found = self._on_file.state(subject, machine)
        self._seen["state", (subject, machine)] = found
        return found

    def written_off(self, subject: tuple[str, str, str], item: str) -> Decimal:
        """See `OnFile`."""
        found = self._on_file.written_off(subject, item)
        self._seen["written_off", (subject, item)] = found
        return found

    def standing(self, sender: str, message_id: str) -> Standing:
        """See `OnFile`."""
        found = self._on_file.standing(sender, message_id)
        self._seen["standing", (sender, message_id)] = found
        return found

    def changed(self, on_file: OnFile) -> str:
        """The name of the first question that is answered otherwise now; empty when the check would be told the same."""
        again = Looking(on_file)
        for (name, about), seen in self._seen.items():
            getattr(again, name)(*about)
            if again._seen[name, about] != seen:
                return name
        return ""

    def asked_about(self) -> Iterator[tuple[str, str]]:
        """The keys of what was asked about: whoever writes under one of them changes an answer, and nobody else does."""
        for name, about in self._seen:
            match name, about:
                case "numbered", (str(type_id), str(number), _):
                    yield type_id, number
                case (("message" | "standing"), (str(sender), str(message_id))):
                    yield sender, message_id
                case "naming", (_, (str(type_id), str(number), _), _):
                    yield type_id, number
                case _, ((str(type_id), str(number), _), _):
                    yield type_id, number


def _mark(found: Sequence[Filed]) -> tuple[int, bytes]:
    # Documents are never taken from the file, and new ones come last.
    return len(found), found[-1].digest if found else b""
