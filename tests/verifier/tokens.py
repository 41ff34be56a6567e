"""A time-stamp token taken apart, so that any value of it can be made to lie; what can be signed again is signed again."""

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from node.security.der import read, write

MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")


@dataclass
class Node:
    """One value: those that it holds, or its content; `octets` replaces all of it."""

    tag: int
    content: bytes = b""
    held: list["Node"] = field(default_factory=list)
    octets: bytes | None = None

    def der(self) -> bytes:
        if self.octets is not None:
            return self.octets
        return write(self.tag, *(one.der() for one in self.held)) if self.tag & 0x20 else write(self.tag, self.content)

    def wide(self) -> None:
        """From now on with a length that is longer than it has to be."""
        inner = read(self.der()).content
        self.octets = bytes((self.tag, 0x84)) + len(inner).to_bytes(4, "big") + inner

    def endless(self) -> None:
        """From now on with a length that is not told, as BER has it."""
        self.octets = bytes((self.tag, 0x80)) + read(self.der()).content + b"\0\0"


def node_of(octets: bytes) -> Node:
    value = read(octets)
    held = [node_of(one.octets) for one in value.parts()] if value.tag & 0x20 else []
    return Node(value.tag, value.content, held)


class Apart:
    """A token in its parts; `der` signs what was changed with the key of the authority."""

    def __init__(self, token: bytes) -> None:
        self.whole = node_of(token)
        self.data = self.whole.held[1].held[0]
        self.content = self.data.held[2].held[1].held[0]
        self.info = node_of(self.content.content)
        self.signer = self.data.held[-1].held[0]
        self.attributes = self.signer.held[3]

    def attribute(self, name: bytes) -> Node:
        return next(one for one in self.attributes.held if one.held[0].content == name)

    def der(self, key: ec.EllipticCurvePrivateKey) -> bytes:
        self.content.content = self.info.der()
        self.attribute(MESSAGE_DIGEST).held[1].held[0].content = hashlib.sha256(self.content.content).digest()
        self.signer.held[5].content = key.sign(b"\x31" + self.attributes.der()[1:], ec.ECDSA(hashes.SHA256()))
        return self.whole.der()
