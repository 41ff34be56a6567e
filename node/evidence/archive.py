"""An archive of evidence in another place: bundles, and signed pages of an index, each of which names the one before. Source: the format of an archive of evidence."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from node.evidence.checkpoint import sign_octets
from node.evidence.entry import instant, read_instant, written
from node.evidence.manifest import Exchange
from node.evidence.notes import sha256
from node.security.keys import SigningKey

FORMAT: Final = "n2n-evidence-archive/1"
#: Signed before the octets, so that a signature over anything else is none over a page.
MARK: Final = b"n2n-evidence-archive/1\n"
HEAD: Final = "head.json"
#: A page of an index, or a head, is no larger.
MOST_OCTETS: Final = 64 << 20
#: What lies in an archive.
NAME: Final = re.compile(r"(?:head\.json|index/[0-9]{6,9}\.json|volumes/[0-9]{6,9}\.asice|leaves/[0-9]{6,9}\.bin)\Z")
_LOG: Final = re.compile(r"[\x21-\x7e]{1,100}\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_PAGE: Final = (
    "before",
    "bundle",
    "certificates",
    "covers",
    "exchanges",
    "format",
    "leaves",
    "left",
    "log",
    "made_at",
    "made_by",
    "number",
    "scope",
)
_HEAD: Final = ("certificates", "format", "last", "log", "made_at", "sha256")
_SCOPE: Final = ("from", "partner", "to")


class ArchiveRefused(ValueError):
    """The octets are no page or head of an archive; the text says why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which messages an archive takes: all, or those of a partner, or that began in a time."""

    partner: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, str]:
        """With the names of the format; empty for what is not narrowed down."""
        return {"partner": self.partner, "from": _said(self.since), "to": _said(self.until)}


@dataclass(frozen=True, slots=True)
class Left:
    """A message of which no bundle could be made."""

    message_id: str
    partner: str
    direction: str
    why: str


@dataclass(frozen=True, slots=True)
class Leaves:
    """Hashes of entries of the log, one after the other: those with the numbers `after` + 1 to `after` + `count`."""

    after: int
    count: int
    #: Of the file; empty where there are none.
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """A bundle of the archive."""

    sha256: str
    size: int
    #: The checks that failed when it was laid down, such as `receipts` of a receipt that came too late.
    fails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the index: a volume, and what it holds."""

    log: str
    number: int
    #: SHA-256 of the file of the page before; empty for the first.
    before: str
    made_at: datetime
    made_by: str
    scope: Scope
    #: Of every message the log has to tell up to this entry, the archive has it.
    covers: int
    #: None where all of its messages were left.
    bundle: Volume | None
    exchanges: tuple[Exchange, ...]
    leaves: Leaves
    #: DER: the signer of the page, then those above it.
    certificates: tuple[bytes, ...] = field(repr=False)
    left: tuple[Left, ...] = ()

    def octets(self) -> bytes:
        """What is signed, in canonical JSON."""
        return written(
            {
                "format": FORMAT,
                "log": self.log,
                "number": self.number,
                "before": self.before,
                "made_at": instant(self.made_at),
                "made_by": self.made_by,
                "scope": self.scope.as_json(),
                "covers": self.covers,
                "bundle": self.bundle
                and {"sha256": self.bundle.sha256, "size": self.bundle.size, "fails": list(self.bundle.fails)},
                "exchanges": [one.as_json() for one in self.exchanges],
                "left": [
                    {"message_id": one.message_id, "partner": one.partner, "direction": one.direction, "why": one.why}
                    for one in self.left
                ],
                "leaves": {"after": self.leaves.after, "count": self.leaves.count, "sha256": self.leaves.sha256},
                "certificates": _texts(self.certificates),
            }
        )


@dataclass(frozen=True, slots=True)
class Head:
    """Where an archive ends."""

    log: str
    last: int
    #: Of the file of the last page.
    sha256: str
    made_at: datetime
    certificates: tuple[bytes, ...] = field(repr=False)

    def octets(self) -> bytes:
        """What is signed, in canonical JSON."""
        return written(
            {
                "format": FORMAT,
                "log": self.log,
                "last": self.last,
                "sha256": self.sha256,
                "made_at": instant(self.made_at),
                "certificates": _texts(self.certificates),
            }
        )


def index_name(number: int) -> str:
    """The file of a page."""
    return f"index/{number:06}.json"


def volume_name(number: int) -> str:
    """The file of its bundle."""
    return f"volumes/{number:06}.asice"


def leaves_name(number: int) -> str:
    """The file of its leaves."""
    return f"leaves/{number:06}.bin"


def signed_file(octets: bytes, key: SigningKey) -> bytes:
    """The file of a page or head: its octets with the signature over them. Raises KeyUseFailed, KeyUnavailable."""
    signature = sign_octets(MARK + octets, key)
    return written({"signed": json.loads(octets), "signature": b64encode(signature).decode()})


@dataclass(frozen=True, slots=True)
class SignedPage:
    """A page as it lies in the archive."""

    page: Page
    octets: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head as it lies in the archive."""

    head: Head
    octets: bytes
    signature: bytes


def read_page(file: bytes) -> SignedPage:
    """The page of a file; nothing of it is verified. Raises ArchiveRefused."""
    value, octets, signature = _opened(file, _PAGE)
    try:
        bundle, leaves = value["bundle"], value["leaves"]
        page = Page(
            *(value["log"], value["number"], value["before"], read_instant(value["made_at"]), value["made_by"]),
            scope=_scope(value["scope"]),
            covers=value["covers"],
            bundle=None if bundle is None else Volume(bundle["sha256"], bundle["size"], tuple(bundle["fails"])),
            exchanges=tuple(
                Exchange(one["message_id"], one["partner"], one["direction"], tuple(one["entries"])) for one in value["exchanges"]
            ),
            leaves=Leaves(leaves["after"], leaves["count"], leaves["sha256"]),
            certificates=_ders(value["certificates"]),
            left=tuple(Left(one["message_id"], one["partner"], one["direction"], one["why"]) for one in value["left"]),
        )
        _check(page)
        same = page.octets() == octets
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ArchiveRefused(f"is no page of an index: {error}") from None
    if not same:
        raise ArchiveRefused("has other members than a page of an index")
    return SignedPage(page, octets, signature)


def read_head(file: bytes) -> SignedHead:
    """The head of a file; nothing of it is verified. Raises ArchiveRefused."""
    value, octets, signature = _opened(file, _HEAD)
    try:
        head = Head(value["log"], value["last"], value["sha256"], read_instant(value["made_at"]), _ders(value["certificates"]))
        if not _LOG.match(head.log) or not _natural(head.last) or head.last < 1 or not _DIGEST.match(head.sha256):
            raise ArchiveRefused("names its log or its last page in no form that is known")
        same = head.octets() == octets
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ArchiveRefused(f"is no head of an archive: {error}") from None
    if not same:
        raise ArchiveRefused("has other members than a head")
    return SignedHead(head, octets, signature)


def _opened(file: bytes, members: Sequence[str]) -> tuple[dict[str, Any], bytes, bytes]:
    try:
        value: Any = json.loads(file.decode("utf-8"))
        if not isinstance(value, dict) or sorted(value) != ["signature", "signed"] or written(value) != file:
            raise ArchiveRefused("is not in the canonical form of something that is signed")
        signed, signature = value["signed"], b64decode(value["signature"], validate=True)
        if not isinstance(signed, dict) or sorted(signed) != list(members) or signed["format"] != FORMAT:
            raise ArchiveRefused(f"is not of the format {FORMAT}")
    except ArchiveRefused:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ArchiveRefused(f"cannot be read: {error}") from None
    return signed, written(signed), signature


def _check(page: Page) -> None:
    """Raises ArchiveRefused for values of another kind than the format has."""
    numbers: list[Any] = [
        page.number,
        page.covers,
        page.leaves.after,
        page.leaves.count,
        *([page.bundle.size] if page.bundle else []),
        *(number for one in page.exchanges for number in one.entries),
    ]
    if not all(map(_natural, numbers)) or page.number < 1:
        raise ArchiveRefused("a number is none")
    digests: list[Any] = [
        *([page.before] if page.before else []),
        *([page.bundle.sha256] if page.bundle else []),
        *([page.leaves.sha256] if page.leaves.count else []),
    ]
    if not all(isinstance(one, str) and _DIGEST.match(one) for one in digests):
        raise ArchiveRefused("names something that is no SHA-256")
    texts: list[Any] = [
        *(page.log, page.made_by, *(page.bundle.fails if page.bundle else ())),
        *(text for one in page.exchanges for text in (one.message_id, one.partner, one.direction)),
        *(text for left in page.left for text in (left.message_id, left.partner, left.direction)),
    ]
    if not all(isinstance(one, str) and one for one in texts):
        raise ArchiveRefused("a name is empty or no text")
    if (page.bundle is None) != (not page.exchanges):
        raise ArchiveRefused("has a bundle without messages, or messages without a bundle")


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _scope(value: Mapping[str, str]) -> Scope:
    if sorted(value) != list(_SCOPE) or not isinstance(value["partner"], str):
        raise ArchiveRefused("its scope is none")
    since, until = (read_instant(value[one]) if value[one] else None for one in ("from", "to"))
    return Scope(value["partner"], since, until)


def _texts(certificates: Sequence[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in certificates]


def _ders(texts: Sequence[str]) -> tuple[bytes, ...]:
    if not texts:
        raise ArchiveRefused("names no certificate")
    return tuple(b64decode(one, validate=True) for one in texts)


def _said(moment: datetime | None) -> str:
    return "" if moment is None else instant(moment)


def digest(file: bytes) -> str:
    """By which a page is named in the next one."""
    return sha256(file)
