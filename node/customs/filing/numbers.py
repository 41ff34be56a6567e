"""What a document names by number alone: two issuers may use one number, and the likelier one is meant."""

from collections.abc import Sequence

from node.customs.checking.document import Document
from node.customs.filing.on_file import Filed, OnFile


def by_number(on_file: OnFile, type_id: str, number: str, likely: str) -> Sequence[Filed]:
    """Every version of a number, looked up by number alone. Two issuers may use one number: then those of the likely one."""
    return on_file.numbered(type_id, number, likely) or on_file.numbered(type_id, number, None)


def likely_issuer(document: Document, type_id: str) -> str:
    """Who has most likely issued what a document names by number alone: its own issuer, or whom it goes back to."""
    return document.issuer if type_id == document.definition.id else document.header.recipient
