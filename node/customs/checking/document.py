"""A document as far as every check and register needs it: its octets, its type and what its header says."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from node.customs.moment import read_moment
from node.customs.packs.definition import TypeDefinition, asked
from node.customs.xpath.expression import Expression
from node.customs.xpath.functions import text


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says, as texts; empty where the document does not have it."""

    message_id: str = ""
    function: str = ""
    issued: str = ""
    sender: str = ""
    recipient: str = ""
    correlation: str = ""
    campaign: str = ""
    profile: str = ""
    schema_version: str = ""

    @property
    def issued_at(self) -> datetime | None:
        """The moment the message was made."""
        return read_moment(self.issued)

    @property
    def day(self) -> date | None:
        """The date of that moment in the document's own zone."""
        try:
            return date.fromisoformat(self.issued[:10])
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Document:
    """One document that follows its schema."""

    octets: bytes = field(repr=False)
    definition: TypeDefinition
    header: Header
    #: Without the rows of a long document.
    root: Any
    number: str
    #: 0 where the type has no versions.
    version: int
    issuer: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the octets."""
        return hashlib.sha256(self.octets).digest()


def read_header(definition: TypeDefinition, root: Any) -> Header:
    """What the header of a document says; `root` may still be growing rows."""
    paths: Mapping[str, Expression] = definition.header
    return Header(**{name: text(path.ask(root, {})) for name, path in paths.items()})


def describe(octets: bytes, definition: TypeDefinition, header: Header, root: Any) -> Document:
    """The document with its key."""
    key = definition.key
    version = asked(key.version, root)
    # 862 is certified by the exporter: the sender stands in for an issuing authority.
    issuer = asked(key.issuer, root) or header.sender
    return Document(octets, definition, header, root, asked(key.number, root), int(version) if version.isdigit() else 0, issuer)
