"""One document as the register takes it: what it says, which message carried it, how it was judged, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from node.customs.checking.check import Checked
from node.customs.checking.prior import RECORD_SET, read_unjudged
from node.customs.filing.filing import Filing, file
from node.customs.filing.moving import moving
from node.customs.filing.on_file import OnFile
from node.customs.finding import Outcome, Verdict
from node.customs.packs.library import Packs

IN: Final = "in"
OUT: Final = "out"
#: The rows of these go to a register of their own: of the document itself the digest is enough.
ELSEWHERE: Final = frozenset({RECORD_SET})


class CheckAgain(Exception):
    """Since the document was checked, what is on file has changed: check it again."""


class NotHeld(ValueError):
    """The document is not held: nothing is to be decided."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The AS4 message that carries a document."""

    direction: str
    message_id: str
    partner: str
    #: The place of the payload in the message, from 0.
    payload: int = 0
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself, as texts; empty where it has none."""

    type_id: str = ""
    document_id: str = ""
    sender: str = ""
    recipient: str = ""
    function: str = ""
    profile: str = ""
    correlation: str = ""
    campaign: str = ""
    issued_at: datetime | None = None
    number: str = ""
    #: 0 where the type has no versions.
    version: int = 0
    issuer: str = ""
    #: The class of retention.
    retention: str = ""
    #: The type of document that answers it; empty where nothing does.
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """One document that came in or goes out."""

    carried: Carried
    octets: bytes = field(repr=False)
    #: SHA-256.
    digest: bytes
    about: About
    verdict: Verdict
    at: datetime
    #: What it changes; None for what was refused or is held, and for the same document once more.
    filing: Filing | None = None
    #: The same octets are on file already.
    duplicate: bool = False

    @property
    def keeps_octets(self) -> bool:
        """Whether the register keeps the octets: of a list that is held too, until somebody has decided."""
        return self.about.type_id not in ELSEWHERE or (self.filing is None and not self.duplicate)


def registration(octets: bytes, digest: bytes, checked: Checked, carried: Carried, at: datetime) -> Registration:
    """A document that was checked at an instant."""
    return Registration(carried, octets, digest, about(checked), checked.verdict, at, checked.filing, checked.duplicate)


def about(checked: Checked) -> About:
    """What a checked document says of itself; its type alone where it does not follow its schema."""
    document = checked.document
    if document is None:
        return About(checked.verdict.type_id)
    header, definition = document.header, document.definition
    return About(
        definition.id,
        header.message_id,
        header.sender,
        header.recipient,
        header.function,
        header.profile,
        header.correlation,
        header.campaign,
        header.issued_at,
        document.number,
        document.version,
        document.issuer,
        definition.retention,
        definition.reply,
    )


def unjudged(octets: bytes, packs: Packs, on_file: OnFile, carried: Carried, at: datetime) -> Registration:
    """A document of our own making, which nobody need judge. Raises NotOnFile."""
    document, named = read_unjudged(octets, packs)
    verdict = Verdict(document.definition.id)
    filing = file(document, verdict, moving(document, packs, on_file).moves, packs, on_file, at, named)
    return registration(octets, document.digest, Checked(verdict, document, filing), carried, at)


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in the register."""

    id: int
    carried: Carried
    about: About
    digest: bytes
    size: int
    registered_at: datetime
    #: AP, CA, RE or AJ.
    outcome: str
    #: As `Finding.as_json` has them.
    findings: tuple[Mapping[str, Any], ...]
    not_listed: int
    duplicate_of: int | None
    removed_at: datetime | None
    kept_because: str
    decided_at: datetime | None
    decided_by: str
    decided_because: str
    #: The document that this one answers.
    answers: int | None
    #: DUE, SENT, or empty for what the node does not send on its own.
    sending: str

    @property
    def held(self) -> bool:
        """Whether it waits for a person."""
        return self.outcome == "AJ" and self.decided_at is None

    @property
    def accepted(self) -> bool:
        """Whether it is on file, warnings or not."""
        return self.outcome in {"AP", "CA"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the register has of a document, and the answers that it owes or has sent for it."""

    entry: Entry
    #: It was there before, and nothing has changed.
    again: bool
    answers: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """An answer that is to be sent under the MessageId that it was given when it was recorded: to send it twice is to send it once."""

    entry: Entry
    octets: bytes = field(repr=False)
    #: The AS4 MessageId of what it answers.
    ref_to_message_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a document that was held."""

    id: int
    who: str
    why: str
    at: datetime
    #: What the document changes, when it is released; None refuses it.
    filing: Filing | None

    @property
    def outcome(self) -> str:
        """AP, CA or RE."""
        return self.filing.outcome.value if self.filing is not None else Outcome.REFUSED.value
