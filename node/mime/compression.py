"""AS4 payload compression: gzip, made the same each time and undone within caps."""

import zlib
from collections.abc import Iterator
from typing import Any, Final

from node.ebms.errors import DecompressionFailure, EbmsError

try:
    from isal import isal_zlib

    #: ISA-L where it is present: level 1 at eight times the speed of zlib's level 6, for a tenth more octets.
    ENGINE: Any = isal_zlib
    _REFUSED: tuple[Any, ...] = (zlib.error, isal_zlib.error)
except ImportError:
    ENGINE = zlib
    _REFUSED = (zlib.error,)

#: Window bits that mean a gzip wrapper, with its checksum and length verified.
_GZIP: Final = 31
# spec: RFC 1952 2.3
_FLAGS_AT: Final = 3
_LEVEL: Final = 1
#: Input is handed over in pieces, because what an engine leaves unread is copied each time.
_PIECE: Final = 16 * 1024
#: No more than this comes out at once, whatever went in.
CHUNK: Final = 64 * 1024
#: Short texts of zeros are innocent: the ratio is judged from here on.
_RATIO_FROM: Final = 1 << 20
#: Members that may be nearly empty; beyond them each must hold 1 KiB on average, since a member costs more than its octets.
_SMALL_MEMBERS: Final = 1000


class Deflater:
    """Octets to one gzip member, whose header names no file and no time: equal octets compress to equal octets."""

    def __init__(self, engine: Any = ENGINE) -> None:
        # spec: A 3.1, RFC 1952 2.3.1: MTIME 0, no FNAME
        self._deflate = engine.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def feed(self, chunk: bytes | memoryview) -> bytes:
        """What could be compressed so far; often nothing."""
        octets: bytes = self._deflate.compress(chunk)
        return octets

    def finish(self) -> bytes:
        """The rest, with checksum and length."""
        octets: bytes = self._deflate.flush()
        return octets


class Inflater:
    """Gzip to octets, in chunks of at most 64 KiB, until a cap is reached. Several members count as one stream (RFC 1952 2.2).

    A refusal is final: whoever goes on gets it again.
    """

    def __init__(self, max_octets: int, max_ratio: int, engine: Any = ENGINE) -> None:
        self._max_octets = max_octets
        self._max_ratio = max_ratio
        self._engine = engine
        #: What inflates the member at hand; None until its first octets have come.
        self._member: Any = None
        self._head = b""
        self._members = 0
        self._taken = 0
        self._given = 0
        self._refusal: EbmsError | None = None

    def feed(self, chunk: bytes | memoryview) -> Iterator[bytes]:
        """The octets inflated from this chunk; draw them all before the next one. Raises EbmsError (0303) while iterating."""
        self._check_refused()
        view = memoryview(chunk)
        try:
            for start in range(0, len(view), _PIECE):
                piece = view[start : start + _PIECE]
                self._taken += len(piece)
                yield from self._inflate(piece)
        except EbmsError as refusal:
            self._refusal = refusal
            raise

    def finish(self) -> None:
        """Raises EbmsError (0303) unless the octets ended with a member."""
        self._check_refused()
        if self._member is None or not self._member.eof:
            raise EbmsError(DecompressionFailure, f"gzip: breaks off after {self._taken} octets")

    def _check_refused(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    def _inflate(self, octets: bytes | memoryview) -> Iterator[bytes]:
        full = False
        # A full chunk may leave octets inside the engine although it has taken all that went in.
        while octets or full:
            if self._member is None or self._member.eof:
                octets = self._begin(octets)
                if not octets:
                    return
            inflated = self._step(octets)
            if inflated:
                self._given += len(inflated)
                self._check()
                yield inflated
            eof = self._member.eof
            full = len(inflated) == CHUNK and not eof
            octets = self._member.unused_data if eof else self._member.unconsumed_tail

    def _step(self, octets: bytes | memoryview) -> bytes:
        try:
            inflated: bytes = self._member.decompress(octets, CHUNK)
        except _REFUSED as problem:
            # spec: A 3.1: also what plain octets, a wrong checksum and octets after the end come to.
            raise EbmsError(DecompressionFailure, f"gzip: {problem}") from None
        return inflated

    def _check(self) -> None:
        if self._given > self._max_octets:
            raise EbmsError(DecompressionFailure, f"gzip: inflates to more than {self._max_octets} octets")
        if self._given > _RATIO_FROM and self._given > self._max_ratio * self._taken:
            raise EbmsError(DecompressionFailure, f"gzip: {self._taken} octets inflate more than {self._max_ratio} times")

    def _begin(self, octets: bytes | memoryview) -> bytes:
        """Begin a member; gives its octets, or nothing while too few have come to know its flags."""
        if self._member is not None:
            self._member = None
            self._members += 1
            if self._members > _SMALL_MEMBERS + self._given // 1024:
                raise EbmsError(DecompressionFailure, f"gzip: {self._members} members in {self._taken} octets")
        head, self._head = self._head + octets, b""
        if len(head) < _FLAGS_AT + 1:
            self._head = head
            return b""
        # ISA-L (python-isal 1.9.1) loses its place when a header with optional fields comes in two chunks; zlib does not.
        engine = zlib if head[_FLAGS_AT] else self._engine
        self._member = engine.decompressobj(_GZIP)
        return head
