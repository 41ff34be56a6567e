"""A notice: something that a person at the other authority must read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.customs.making.heading import Heading, said
from node.customs.making.writer import Item, write_document

TYPE: Final = "not.notice"
NAMESPACE: Final = "urn:n2n:customs:not:1"
PROFILE: Final = "notice.1"


@dataclass(frozen=True, slots=True)
class Said:
    """A text in one language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What it is about: UCR, TRANSPORT-DOCUMENT, EQUIPMENT, TIN, MESSAGE; or DOCUMENT, with its type."""

    kind: str
    number: str
    type_id: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says."""

    number: str
    category: str
    priority: str
    #: Each once in every language.
    subjects: Sequence[Said]
    texts: Sequence[Said]
    handling: str = "GENERAL"
    acknowledge_by: datetime | None = None
    about: Sequence[About] = ()
    #: Later ones withdraw.
    version: int = 1


def make_notice(heading: Heading, notice: Notice, *, profile: str = PROFILE) -> bytes:
    """The octets of what the function of the heading says: 9 a notice, 1 its withdrawal."""
    by = notice.acknowledge_by
    items: tuple[Item | None, ...] = (
        heading.item(),
        ("ID", notice.number),
        ("VersionID", str(notice.version)),
        ("PriorityCode", notice.priority),
        ("CategoryCode", notice.category),
        ("HandlingCode", notice.handling),
        ("AcknowledgeBy", None if by is None else said(by)),
        *(("Subject", one.text, {"languageID": one.language}) for one in notice.subjects),
        *(("Text", one.text, {"languageID": one.language}) for one in notice.texts),
        *(_about(one) for one in notice.about),
    )
    return write_document(NAMESPACE, "Notice", {"schemaVersion": "1.0", "profile": profile}, items)


def _about(one: About) -> Item:
    return ("Reference", (("KindCode", one.kind), ("ID", one.number), ("TypeID", one.type_id or None)))
