"""The inbox: one folder per delivered message, complete when it appears, the same octets if it is made twice."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from node.ebms.message import Party, Property, UserMessage
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


class PayloadChanged(Exception):
    """Kept octets no longer have the digest under which they were accepted; the message must not be delivered."""


class FolderInbox:
    """Delivers into `root/<partner>/<delivery id>/`: the payloads and message.json."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def deliver(self, delivery: Delivery) -> Path:
        """Make the folder of a message; one that is there already is left alone.

        Raises PayloadChanged, OSError.
        """
        partner, name = _checked(delivery.partner), _checked(delivery.delivery_id)
        final = self._root / partner / name
        if final.exists():
            return final
        final.parent.mkdir(parents=True, exist_ok=True)
        # A Consumer looks at names that do not begin with a dot.
        making = final.parent / f".making-{name}"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        try:
            files = [_write_payload(making, number, payload) for number, payload in enumerate(delivery.payloads, 1)]
            text = json.dumps(describe(delivery, files), ensure_ascii=False, indent=2)
            _write(making / "message.json", [text.encode(), b"\n"])
            _sync_directory(making)
            making.rename(final)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return final

    def settle(self, partners: Iterable[str]) -> None:
        """Make durable that the folders delivered for these partners are there; one call serves many deliveries."""
        for partner in partners:
            _sync_directory(self._root / _checked(partner))


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
    }


def ending_of(media_type: str) -> str:
    """A file ending for a media type."""
    bare = media_type.partition(";")[0].strip().lower()
    return _ENDINGS.get(bare) or (".xml" if bare.endswith("+xml") else ".json" if bare.endswith("+json") else ".bin")


def _party(party: Party) -> dict[str, Any]:
    return {"party_ids": [{"value": one.value, "type": one.type} for one in party.party_ids], "role": party.role}


def _properties(properties: Iterable[Property]) -> list[dict[str, Any]]:
    return [{"name": one.name, "value": one.value, "type": one.type} for one in properties]


def _write_payload(folder: Path, number: int, payload: AcceptedPayload) -> dict[str, Any]:
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

    _write(folder / name, counted())
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


def _write(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    with path.open("xb", buffering=0) as file:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
        os.fdatasync(file.fileno())


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checked(name: str) -> str:
    """A folder name of ours; it is checked all the same."""
    if not name or name.startswith(".") or not _SAFE.issuperset(name) or len(name) > 200:
        raise ValueError(f"{name!r} is no name for a folder")
    return name
