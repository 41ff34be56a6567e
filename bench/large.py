"""One payload of 1 GiB over HTTPS between two nodes: resident memory of both, and the rate of receiving against the floor of its primitives."""

import hashlib
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.two_nodes import Case, nodes, peak_of

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Large:
    """Octets per second while the payload was sent, received and answered; peak resident memory in MiB."""

    size: int
    rate: float
    floor: float
    sender_mib: float
    receiver_mib: float

    @property
    def ratio(self) -> float:
        return self.rate / self.floor


def measure(folder: Path, size: int = 1 << 30) -> Large:
    """Send one incompressible payload; the rate counts from the first octet on its way to the receipt, when all of it is on the receiver's disk."""
    folder.mkdir(parents=True)
    document = folder / "payload.bin"
    write_random(document, size)
    before = floor(document, folder / "floor.bin")
    case = Case("large", "edelivery-as4-1.15", size, 1, 1, 1, 0)
    with nodes(folder / "homes", case) as pair:
        pair.step(document, 1)
        seconds = pair.last["post_seconds"]
        sender, receiver = pair.last["peak_mib"], peak_of(pair.receiver.pid)
    after = floor(document, folder / "floor.bin")
    return Large(size, size / seconds, (before + after) / 2, sender, receiver)


def write_random(path: Path, size: int) -> None:
    """Octets that no compressor shrinks."""
    chance = random.Random(size)
    with path.open("wb") as file:
        for _ in range(size // CHUNK):
            file.write(chance.randbytes(CHUNK))


def floor(source: Path, target: Path) -> float:
    """Octets per second of AES-128-GCM, SHA-256 and writing, one thread, reused buffers."""
    cipher = Cipher(algorithms.AES(os.urandom(16)), modes.GCM(os.urandom(12))).encryptor()
    digest, buffer = hashlib.sha256(), bytearray(CHUNK + 16)
    began, total = time.monotonic(), 0
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        while chunk := reader.read(CHUNK):
            taken = cipher.update_into(chunk, buffer)
            view = memoryview(buffer)[:taken]
            digest.update(view)
            writer.write(view)
            total += taken
        os.fdatasync(writer.fileno())
    target.unlink()
    return total / (time.monotonic() - began)
