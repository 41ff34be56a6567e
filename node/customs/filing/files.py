"""What the functions of a rule of stage 7 see of the documents on file: their root elements."""

import base64
from decimal import Decimal
from typing import Any, Final

from node.customs.checking.document import Document
from node.customs.checking.spaces import collapse, is_padded
from node.customs.filing.numbers import by_number, likely_issuer
from node.customs.filing.on_file import Filed, NoLongerThere, OnFile
from node.ebms.xml import XmlLimits, new_root, parse_xml

#: What is on file was accepted, so it is as large as a document may be.
_LIMITS: Final = XmlLimits(octets=21 << 20, elements=2_000_000, text=21 << 20, names=1 << 20, only_elements=False)


def _read(filed: Filed) -> Any:
    try:
        octets = filed.octets
    except NoLongerThere:
        # It is on file, and nothing is to be found in it: a rule that compares with it does not hold.
        return new_root("NoLongerKept")
    root = parse_xml(octets, _LIMITS)
    if is_padded(octets):
        collapse(root)
    return root


class FilesFor:
    """The documents on file, as a check of one document sees them. See `node.customs.xpath.scope.Files`."""

    def __init__(self, document: Document, on_file: OnFile) -> None:
        self._document, self._on_file = document, on_file
        # An element of lxml is alive as long as somebody holds its root.
        self._roots: dict[bytes, Any] = {}

    def _root(self, filed: Filed) -> Any:
        root = self._roots.get(filed.digest)
        if root is None:
            root = self._roots[filed.digest] = _read(filed)
        return root

    def _versions(self) -> list[Filed]:
        document = self._document
        return list(by_number(self._on_file, document.definition.id, document.number, document.issuer))

    def latest(self) -> list[Any]:
        """See `Files`."""
        return [self._root(filed) for filed in self._versions()[-1:]]

    def first(self) -> list[Any]:
        """See `Files`."""
        return [self._root(filed) for filed in self._versions()[:1]]

    def version(self, type_id: str, number: str, version: str, issuer: str) -> list[Any]:
        """See `Files`."""
        likely = issuer or likely_issuer(self._document, type_id)
        found = self._on_file.numbered(type_id, number, issuer) if issuer else by_number(self._on_file, type_id, number, likely)
        return [self._root(filed) for filed in found if not version or str(filed.version) == version][-1:]

    def written_off(self, type_id: str, number: str, issuer: str, item: str) -> Decimal:
        """See `Files`."""
        return self._on_file.written_off((type_id, number, issuer), item)

    def standing(self, message_id: str) -> tuple[str, bool]:
        """See `Files`."""
        standing = self._on_file.standing(self._document.header.recipient, message_id)
        return standing.level, standing.ended

    def digest(self, message_id: str) -> str:
        """See `Files`."""
        # A response goes back: what it answers came from its recipient, to its sender.
        header = self._document.header
        filed = self._on_file.message(header.recipient, message_id)
        return base64.b64encode(filed.digest).decode() if filed is not None and filed.recipient == header.sender else ""
