"""The inbox: one folder per delivered message, complete when it appears, the same octets if it is made twice."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from node.durable import start_writing, sync
from node.ebms.message import Party, Property, UserMessage
from node.failpoints import failpoint
from node.msh.deliver import payload_chunks
from node.msh.ports import AcceptedPayload

#: Only the kind of file is shown by its ending; a name that a peer chose is never a path.
_ENDINGS = {
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/edifact": ".edi",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "application/zip": ".zip",
}
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One accepted message on its way to the Consumer; `delivery_id` never changes between attempts."""

    delivery_id: str
    partner: str
    user_message: UserMessage
    payloads: tuple[AcceptedPayload, ...]
    received_at: datetime
    signer_sha256: str | None
    #: What was found in its documents, as message.json tells it.
    documents: tuple[Mapping[str, Any], ...] = ()
    #: Further files that the node made, by name.
    files: Mapping[str, bytes] = field(default_factory=dict)


class PayloadChanged(Exception):
    """Kept octets no longer have the digest under which they were accepted; the message must not be delivered."""


@dataclass(frozen=True, slots=True)
class Made:
    """A folder with everything in it that no Consumer looks at yet; `files` are still to be synced."""

    partner: str
    making: str
    final: str
    files: tuple[str, ...]


class FolderInbox:
    """Delivers into `root/<partner>/<delivery id>/`: the payloads and message.json. First `make` each, then `show` them all at once."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)

    def make(self, delivery: Delivery) -> Made:
        """Write the folder of a message under a name that no Consumer looks at; one that is there already is left alone.

        Raises PayloadChanged, OSError.
        """
        partner, name = _checked(delivery.partner), _checked(delivery.delivery_id)
        # A Consumer looks at names that do not begin with a dot.
        making, final = f"{self._root}/{partner}/.making-{name}", f"{self._root}/{partner}/{name}"
        if os.path.lexists(final):
            return Made(partner, "", final, ())
        failpoint("hand_over.before_write")
        _make_anew(making)
        try:
            entries = [_write_payload(making, number, payload) for number, payload in enumerate(delivery.payloads, 1)]
            failpoint("hand_over.half_written")
            for file, octets in delivery.files.items():
                _write(f"{making}/{_checked(file)}", [octets])
            _write(f"{making}/message.json", [lines_of(describe(delivery, entries))])
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return Made(partner, making, final, (*(entry["file"] for entry in entries), *delivery.files, "message.json"))

    def withdraw(self, partner: str, delivery_id: str) -> None:
        """Take a message away that belongs elsewhere now; nothing happens when it is not there. Raises OSError."""
        partner, name = _checked(partner), _checked(delivery_id)
        final, going = f"{self._root}/{partner}/{name}", f"{self._root}/{partner}/.making-{name}"
        if os.path.lexists(final):
            # Nobody sees half of it; what a crash leaves of it goes at the next start.
            shutil.rmtree(going, ignore_errors=True)
            Path(final).rename(going)
            shutil.rmtree(going, ignore_errors=True)

    def down(self) -> str:
        """Why no message can be delivered now; empty when one can."""
        probe = f"{self._root}/.probe"
        try:
            _make_anew(probe)
            _write(f"{probe}/probe", [bytes(4096)])
            shutil.rmtree(probe)
        except OSError as error:
            return f"inbox: {error.strerror or error}"
        return ""

    def interrupted(self) -> list[str]:
        """The delivery ids that were in hand when the process died; their folders, half made, are removed."""
        found = list(Path(self._root).glob("*/.making-*"))
        for one in found:
            shutil.rmtree(one, ignore_errors=True)
        return sorted(one.name.removeprefix(".making-") for one in found)

    def show(self, made: Sequence[Made]) -> None:
        """Put what was made on disk, give each its name, and make the names durable.

        Done for many at once, the file system writes its journal once or twice and not three times for each.
        """
        new = [one for one in made if one.making]
        for one in new:
            for file in one.files:
                sync(f"{one.making}/{file}")
        for one in new:
            sync(one.making)
        failpoint("hand_over.before_rename")
        for one in new:
            Path(one.making).rename(one.final)
            failpoint("hand_over.after_rename")
        # What was there before may have been named just before a crash.
        for partner in {one.partner for one in made}:
            sync(f"{self._root}/{partner}")


def _make_anew(folder: str) -> None:
    """An empty folder; what a crash left half made goes."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)


def lines_of(document: dict[str, Any]) -> bytes:
    """JSON with a line for each key, so that people and line tools can read it."""
    return ("{\n" + ",\n".join(f"  {_JSON(key)}: {_JSON(value)}" for key, value in document.items()) + "\n}\n").encode()


_JSON = json.JSONEncoder(ensure_ascii=False).encode


def describe(delivery: Delivery, files: list[dict[str, Any]]) -> dict[str, Any]:
    """What message.json says, in the standard's words."""
    message = delivery.user_message
    collaboration = message.collaboration_info
    return {
        "delivery_id": delivery.delivery_id,
        "partner": delivery.partner,
        "received_at": delivery.received_at.isoformat().replace("+00:00", "Z"),
        "message_id": message.message_info.message_id,
        "ref_to_message_id": message.message_info.ref_to_message_id,
        "timestamp": message.message_info.timestamp,
        "conversation_id": collaboration.conversation_id,
        "agreement_ref": collaboration.agreement_ref.value if collaboration.agreement_ref else None,
        "service": {"value": collaboration.service.value, "type": collaboration.service.type},
        "action": collaboration.action,
        "from": _party(message.from_party),
        "to": _party(message.to_party),
        "message_properties": _properties(message.message_properties),
        "signer_sha256": delivery.signer_sha256,
        "payloads": files,
        "documents": list(delivery.documents),
    }


def ending_of(media_type: str) -> str:
    """A file ending for a media type."""
    bare = media_type.partition(";")[0].strip().lower()
    return _ENDINGS.get(bare) or (".xml" if bare.endswith("+xml") else ".json" if bare.endswith("+json") else ".bin")


def _party(party: Party) -> dict[str, Any]:
    return {"party_ids": [{"value": one.value, "type": one.type} for one in party.party_ids], "role": party.role}


def _properties(properties: Iterable[Property]) -> list[dict[str, Any]]:
    return [{"name": one.name, "value": one.value, "type": one.type} for one in properties]


def _write_payload(folder: str, number: int, payload: AcceptedPayload) -> dict[str, Any]:
    """One payload file and its entry in message.json."""
    name = f"payload-{number}{ending_of(payload.media_type)}"
    _check_kept(payload)
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterable[bytes | memoryview]:
        nonlocal size
        for chunk in payload_chunks(payload):
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    _write(f"{folder}/{name}", counted())
    if size != payload.inflated_size or (not payload.compressed and digest.hexdigest() != payload.octets.sha256):
        raise PayloadChanged(f"payload {payload.content_id}: the kept octets have changed since they were accepted")
    return {
        "file": name,
        "media_type": payload.media_type,
        "content_id": payload.content_id,
        "size": size,
        "sha256": digest.hexdigest(),
        "part_properties": _properties(payload.part_info.part_properties),
    }


def _check_kept(payload: AcceptedPayload) -> None:
    """Compressed octets are compared before they are inflated; plain ones while they are written."""
    if not payload.compressed:
        return
    digest = hashlib.sha256()
    for chunk in payload.octets.chunks():
        digest.update(chunk)
    if digest.hexdigest() != payload.octets.sha256:
        raise PayloadChanged(f"payload {payload.content_id}: the kept octets have changed since they were accepted")


def _write(path: str, chunks: Iterable[bytes | memoryview]) -> None:
    """A new file; the disk has begun with it when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
        start_writing(descriptor)
    finally:
        os.close(descriptor)


def _checked(name: str) -> str:
    """A folder name of ours; it is checked all the same."""
    if not name or name.startswith(".") or not _SAFE.issuperset(name) or len(name) > 200:
        raise ValueError(f"{name!r} is no name for a folder")
    return name
