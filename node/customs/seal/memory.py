"""What judging one seal after another need not work out twice: certificates, paths and revocation lists by their octets, each table bounded."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Generic, TypeVar

from node.customs.partners import Partners
from node.security.certificates import Certificate
from node.security.revocation import RevocationList, RevocationRefused, Source, StatusAnswer

#: Octets of what is kept: longer than any certificate, shorter than most lists of large authorities, which lie among the partners.
LONGEST: Final = 64 * 1024
K = TypeVar("K")
V = TypeVar("V")


class Table(Generic[K, V]):
    """The values used last, at most `size`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of the key, made where it is not held; what `make` raises is not held."""
        try:
            self._held.move_to_end(key)
            return self._held[key]
        except KeyError:
            value = self._held[key] = make()
        while len(self._held) > self._size:
            self._held.popitem(last=False)
        return value


class Memory:
    """Belongs to one thread; holds what follows from octets alone, and what follows from the partners it saw last."""

    def __init__(self, size: int = 512) -> None:
        self._certificates: Table[bytes, Certificate] = Table(size)
        self._lists: Table[bytes, RevocationList] = Table(64)
        self._answers: Table[bytes, StatusAnswer] = Table(64)
        self._partners: Partners | None = None
        self._own: tuple[RevocationList, ...] = ()
        self._unusable: tuple[str, ...] = ()
        #: Paths by leaf, others and purpose; see `node.customs.seal.status`.
        self.paths: Table[tuple[str, ...], tuple[Certificate, ...]] = Table(size)

    def certificate(self, der: bytes) -> Certificate:
        """Raises CertificateRefused."""
        return _kept(self._certificates, der, Certificate)

    def remember(self, partners: Partners) -> None:
        """Forget what followed from other partners than these."""
        if self._partners is partners:
            return
        own, unusable = [], []
        for number, der in enumerate(partners.crls, 1):
            try:
                own.append(RevocationList(der))
            except RevocationRefused as problem:
                unusable.append(f"revocation list {number} of the partners: {problem}")
        self._partners, self._own, self._unusable = partners, tuple(own), tuple(unusable)
        self.paths = Table(512)

    def sources(self, crls: list[bytes], ocsps: list[bytes]) -> tuple[list[Source], list[str]]:
        """All who tell of revocations, those that a seal brought along too, and what was wrong with some."""
        found: list[Source] = [*self._own]
        problems = list(self._unusable)
        for der in crls:
            try:
                found.append(_kept(self._lists, der, RevocationList))
            except RevocationRefused as problem:
                problems.append(f"RevocationValues: {problem}")
        for der in ocsps:
            try:
                found.append(_kept(self._answers, der, StatusAnswer))
            except RevocationRefused as problem:
                problems.append(f"RevocationValues: {problem}")
        return found, problems


def _kept(table: Table[bytes, V], der: bytes, make: Callable[[bytes], V]) -> V:
    """What the octets are, made anew each time where they are so long that strangers could fill the memory with them."""
    if len(der) > LONGEST:
        return make(der)
    return table.get(sha256(der).digest(), lambda: make(der))
