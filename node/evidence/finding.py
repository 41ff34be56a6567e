"""What a check of a bundle found: its name, whether it holds, the place, and the sentence that says so in two languages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from node.evidence.words import BAD, LANGUAGES, NOTES, sentence


class Check(StrEnum):
    """The checks of the format of evidence, 6, in their order."""

    CONTAINER = "container"
    FILES = "files"
    ENTRIES = "entries"
    INCLUSION = "inclusion"
    CONSISTENCY = "consistency"
    CHECKPOINTS = "checkpoints"
    TOKENS = "tokens"
    SIGNATURES = "signatures"
    RECEIPTS = "receipts"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; `word` is its sentence among the words, `said` fills it in."""

    check: Check
    word: str
    #: A file, an entry, or a message.
    place: str = ""
    said: tuple[tuple[str, str], ...] = ()
    #: Which of the six of a receipt it is, from 1; 0 for none of them.
    step: int = 0

    @property
    def fails(self) -> bool:
        """Whether the check fails by it."""
        return self.word in BAD

    @property
    def is_note(self) -> bool:
        """Whether it neither holds nor fails, and should be known."""
        return self.word in NOTES

    def says(self, language: str = LANGUAGES[0]) -> str:
        """The sentence."""
        return sentence(self.word, dict(self.said), language)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = {
            "check": self.check.value,
            "holds": None if self.is_note else not self.fails,
            "place": self.place,
            "word": self.word,
            "says": {language: self.says(language) for language in LANGUAGES},
        }
        return told | ({"step": self.step} if self.step else {})


def found(check: Check, word: str, place: str = "", **said: object) -> Finding:
    """A finding whose sentence is filled with texts."""
    return Finding(check, word, place, tuple((name, str(value)) for name, value in said.items()))


def said_at(at: datetime) -> str:
    """An instant in UTC as sentences say it, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
