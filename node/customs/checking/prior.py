"""Documents that were accepted before a check of files: they go on file as they are and are not judged. Source: DESIGN 10."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any, Final, Protocol

from node.customs.checking.document import Document, describe, read_header
from node.customs.checking.reading import Malformed, read_rows
from node.customs.checking.safe import Oversized, Unsafe, read_safely
from node.customs.filing.filing import Filing, Named, file, named_in
from node.customs.filing.moving import moved_unjudged
from node.customs.filing.on_file import OnFile
from node.customs.finding import Verdict
from node.customs.operators.port import OperatorRegister, SetResult
from node.customs.operators.record import Source
from node.customs.operators.record_set import RecordSetReader
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.library import Packs

#: The type whose rows go to the register of operators.
RECORD_SET: Final = "aeo.recordset"


def take_records(octets: bytes, operators: OperatorRegister, message_id: str, at: datetime) -> SetResult:
    """Put the records of an accepted list into the register; `message_id` is that of the AS4 message. Raises StorageUnavailable."""
    reader = RecordSetReader(BytesIO(octets))
    source = Source(reader.head.document_id, message_id, at, hashlib.sha256(octets).hexdigest())
    return operators.take(reader.head, reader.records(), source)


class NotOnFile(ValueError):
    """The octets cannot have been accepted; the text says why."""


class Register(OnFile, Protocol):
    """Documents on file that takes more in."""

    def file(self, filing: Filing) -> None:
        """Take one accepted document in, with everything that it changes."""
        ...


class _Names:
    """Keeps what finds the rows' consignments again."""

    def __init__(self, definition: TypeDefinition) -> None:
        self._definition = definition
        self.found: dict[Named, None] = {}

    def row(self, element: Any, _place: int) -> None:
        """See `Reader`."""
        self.found.update(dict.fromkeys(named_in(self._definition, element.tag.rpartition("}")[2], element)))


def read_unjudged(octets: bytes, packs: Packs) -> tuple[Document, Iterable[Named]]:
    """The document of octets that were accepted once, and what finds its consignments. Raises NotOnFile."""
    try:
        root = read_safely(octets)
        definition = packs.with_root(root.namespace, root.name)
        if definition is None:
            raise NotOnFile(f"unknown document type {{{root.namespace}}}{root.name}")
        names = _Names(definition)
        element = read_rows(octets, definition, names)
    except (Unsafe, Oversized, Malformed) as error:
        raise NotOnFile(str(error)) from None
    return describe(octets, definition, read_header(definition, element), element), names.found


def take_in(octets: bytes, packs: Packs, register: Register, operators: OperatorRegister, at: datetime) -> Document:
    """Put an accepted document on file, and the records of an AEO list into their register. Raises NotOnFile."""
    document, named = read_unjudged(octets, packs)
    moves = moved_unjudged(document, packs, register)
    register.file(file(document, Verdict(document.definition.id), moves, packs, register, at, named))
    if document.definition.id == RECORD_SET:
        take_records(octets, operators, "", at)
    return document
