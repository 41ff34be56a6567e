"""Two homes that have exchanged, the archive of one of them, and bundles of what either has."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.app import Node
from node.archiving import Archived
from node.evidence.archive import Scope
from node.evidence.archive_check import Checked, check_archive
from node.store.evidence_places import EvidenceFolder
from tests.exchanged import exchanged
from tests.homes import Side, make_pair


def bundled(side: Side | Path, *message_ids: str, redact: bool = False) -> bytes:
    """What a node that is not served says of some messages."""
    node = Node.open(side if isinstance(side, Path) else side.folder)
    try:
        retrieving = node.proof.retrieving()
        messages = [one for message_id in message_ids for one in retrieving.named(message_id)]
        evidence = retrieving.gather(messages, {"messages": list(message_ids)})
        return retrieving.bundle(evidence, redact=redact)
    finally:
        node.close()


class Archive:
    """Two homes, and the archive of one of them."""

    def __init__(self, folder: Path, document: Path, many: int = 3) -> None:
        self.tw, self.kr = make_pair(folder)
        self.document, self.folder = document, folder / "archive"
        self.folder.mkdir()
        self.sent: list[str] = []
        self.send(many)

    def send(self, many: int = 1) -> list[str]:
        more = [f"m{len(self.sent) + number}@tw.example" for number in range(1, many + 1)]
        exchanged(self.tw, self.kr, self.document, more)
        self.sent += more
        return more

    def run(self, scope: Scope | None = None, place: Any = None, side: Side | None = None) -> Archived:
        node = Node.open((side or self.tw).folder)
        try:
            archiving = node.proof.archiving(place or EvidenceFolder(self.folder))
            return archiving.run(scope or Scope(), node.proof.sign_log, lambda what: self.note(node, what))
        finally:
            node.close()

    def note(self, node: Node, what: str) -> None:
        node.evidence.retrieved(node.clock.now(), "Lin", what, "a test")

    def check(self, **more: Any) -> Checked:
        return check_archive(EvidenceFolder(self.folder), datetime.now(UTC), **more)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, octets: bytes) -> None:
        (self.folder / name).write_bytes(octets)
