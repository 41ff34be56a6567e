"""Answers of an NTP server, octet for octet, right or wrong in whatever a test wants."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> int:
    """64 bits, of whatever era."""
    since = at - EPOCH
    return (((since.days * 86_400 + since.seconds) << 32) + (since.microseconds << 32) // 1_000_000) % (1 << 64)


@dataclass
class Said:
    """What a server says of the time at which a question came and its answer went."""

    received: datetime
    sent: datetime
    leap: int = 0
    version: int = 4
    mode: int = 4
    stratum: int = 2
    precision: int = -20
    root_delay: float = 0.0
    root_dispersion: float = 0.0
    reference_id: bytes = b"\x7f\x00\x00\x01"
    updated: datetime | None = None
    #: None for that of the question.
    origin: bytes | None = None

    def octets(self, nonce: bytes) -> bytes:
        return struct.pack(
            ">BBbbII4sQ8sQQ",
            self.leap << 6 | self.version << 3 | self.mode,
            self.stratum,
            6,
            self.precision,
            int(self.root_delay * 65536) % (1 << 32),
            int(self.root_dispersion * 65536) % (1 << 32),
            self.reference_id,
            stamp(self.updated) if self.updated else 0,
            nonce if self.origin is None else self.origin,
            stamp(self.received),
            stamp(self.sent),
        )
