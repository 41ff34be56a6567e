"""What sealing needs from the world: somebody who says what time it is, and signs for it. Keys are those of `node.security.keys.SigningKey`."""

from typing import Protocol


class TimestampAuthority(Protocol):
    """An RFC 3161 authority, however it is reached."""

    def stamp(self, request: bytes) -> bytes:
        """The TimeStampResp for a TimeStampReq, both DER. Raises ConnectionError (an OSError) when the authority cannot be asked."""
        ...
