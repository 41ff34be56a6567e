"""A container written field by field, so that any one of them can be made to lie; its sum at the end is right."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from tests.verifier.made import summed

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
OBJECT = "objects/" + "0" * 64


def deflated(octets: bytes) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packing.compress(octets) + packing.flush()


@dataclass
class Packed:
    """A file of it: `central` and `local` replace fields of the two headers, `after` stands behind it."""

    name: bytes
    octets: bytes
    method: int = 0
    packed: bytes | None = None
    central: dict[str, Any] = field(default_factory=dict)
    local: dict[str, Any] = field(default_factory=dict)
    after: bytes = b""

    def fields(self, **changed: Any) -> dict[str, Any]:
        packed = self.held()
        usual = {"need": 20, "flags": 0, "method": self.method, "crc": zlib.crc32(self.octets), "packed": len(packed)}
        return {**usual, "size": len(self.octets), "name": self.name, "extra": b"", "comment": b"", "disk": 0, **changed}

    def held(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.octets) if self.method == 8 else self.octets

    def front(self) -> bytes:
        one = self.fields(**self.local)
        told = (one["need"], one["flags"], one["method"], 0, 0x5D7C, one["crc"], one["packed"], one["size"])
        return struct.pack("<4s5H3L2H", b"PK\x03\x04", *told, len(one["name"]), len(one["extra"])) + one["name"] + one["extra"]

    def row(self, place: int) -> bytes:
        one = self.fields(**self.central)
        told = (one["need"], one["flags"], one["method"], 0, 0x5D7C, one["crc"], one["packed"], one["size"])
        lengths = (len(one["name"]), len(one["extra"]), len(one["comment"]), one["disk"], 0, 0, one.get("place", place))
        return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 0x314, *told, *lengths) + one["name"] + one["extra"] + one["comment"]


def files(*more: Packed) -> list[Packed]:
    """A mimetype, a manifest that says nothing, and more."""
    return [Packed(b"mimetype", MIMETYPE), Packed(b"manifest.json", b"{}" * 50, 8), *more]


def container(
    held: list[Packed],
    *,
    before: bytes = b"",
    gap: bytes = b"",
    behind: bytes = b"",
    shift: int = 0,
    rows: list[int] | None = None,
    end: dict[str, int] | None = None,
    end_64: dict[str, int] | None = None,
) -> bytes:
    """The container: `rows` is the order of the directory, `shift` is added to every place that is told, `end` and `end_64` replace what the ends tell."""
    out, places = bytearray(before), []
    for one in held:
        places.append(len(out))
        out += one.front() + one.held() + one.after
    start = len(out := out + gap)
    for number in rows if rows is not None else range(len(held)):
        out += held[number].row(places[number] + shift)
    told = {"count": len(held), "length": len(out) - start, "start": start + shift, "disk": 0}
    out += behind
    if end_64 is not None:
        wide = {**told, "width": 44, "needed": 45, "end": len(out), "disks": 1, **end_64}
        numbers = (wide["count"], wide["count"], wide["length"], wide["start"])
        out += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", wide["width"], 45, wide["needed"], wide["disk"], 0, *numbers)
        out += struct.pack("<4sLQL", b"PK\x06\x07", 0, wide["end"], wide["disks"])
    told |= end or {}
    return summed(
        bytes(out)
        + struct.pack("<4s4H2LH", b"PK\x05\x06", told["disk"], 0, told["count"], told["count"], told["length"], told["start"], 0)
    )
