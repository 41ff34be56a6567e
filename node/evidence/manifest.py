"""What a bundle of evidence holds: its exchanges, its files, whose signatures it rests on, and what is not in it. Source: the format of evidence, 5.1."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from node.evidence.entry import instant, read_instant, written

FORMAT: Final = "n2n-evidence/1"
FILE: Final = "manifest.json"
#: Files for people; every other one stands in `files`.
REPORTS: Final = ("report.en.html", "report.zh-Hant.html", "report.pdf")
#: What may be in a bundle beside those, and beside META-INF.
NAME: Final = re.compile(
    r"(?:log/[1-9][0-9]{0,15}(?:\.proof)?\.json"
    r"|checkpoints/[1-9][0-9]{0,15}(?:\.json|\.sig|\.proof\.json|\.stamp-(?:0|[1-9][0-9]{0,2})\.(?:json|tst))"
    r"|objects/[0-9a-f]{64})\Z"
)
#: Of those, with the number: an entry, a checkpoint, and what stamps a checkpoint.
ENTRY: Final = re.compile(r"log/([1-9][0-9]{0,15})\.json\Z")
CHECKPOINT: Final = re.compile(r"checkpoints/([1-9][0-9]{0,15})\.json\Z")
STAMP: Final = re.compile(r"checkpoints/([1-9][0-9]{0,15})\.stamp-(0|[1-9][0-9]{0,2})\.(?:json|tst)\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_LOG: Final = re.compile(r"[\x21-\x7e]{1,100}\Z")
#: A list of 100,000 files takes a third of it.
MAX_OCTETS: Final = 64 << 20
_MEMBERS: Final = ("absent", "exchanges", "files", "format", "log", "made_at", "made_by", "redacted", "scope", "signers")


class ManifestRefused(ValueError):
    """The octets are no manifest of a bundle; the text says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and the numbers of all entries about it, in the order of the log."""

    message_id: str
    partner: str
    #: `in` or `out`.
    direction: str
    entries: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """As a manifest, and the index of an archive, have it."""
        return {
            "message_id": self.message_id,
            "partner": self.partner,
            "direction": self.direction,
            "entries": list(self.entries),
        }


@dataclass(frozen=True, slots=True)
class Signers:
    """Certificates by their SHA-256: who signs checkpoints, and the anchors of whom the signatures rest on."""

    #: The signer first, then those above it.
    checkpoints: tuple[str, ...]
    node: tuple[str, ...] = ()
    partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    time: tuple[str, ...] = ()

    def named(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.checkpoints, *self.node, *self.time, *(one for row in self.partners.values() for one in row)))


@dataclass(frozen=True, slots=True)
class Absent:
    """Octets that an entry names and that are not in the bundle."""

    sha256: str
    #: `redacted`, or `purged` by a rule at a time.
    why: str
    rule: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of a bundle."""

    made_at: datetime
    made_by: str
    log: str
    #: `{"messages": [..]}`, or `{"partner", "from", "to"}`.
    scope: Mapping[str, Any]
    redacted: bool
    exchanges: tuple[Exchange, ...]
    signers: Signers
    #: SHA-256 and size by name.
    files: Mapping[str, tuple[str, int]]
    absent: tuple[Absent, ...] = ()

    def octets(self) -> bytes:
        """The canonical form. Raises ValueError for what has none."""
        return written(
            {
                "format": FORMAT,
                "made_at": instant(self.made_at),
                "made_by": self.made_by,
                "log": self.log,
                "scope": dict(self.scope),
                "redacted": self.redacted,
                "exchanges": [one.as_json() for one in self.exchanges],
                "signers": {
                    "checkpoints": list(self.signers.checkpoints),
                    "anchors": {
                        "node": list(self.signers.node),
                        "partners": {name: list(row) for name, row in self.signers.partners.items()},
                        "time": list(self.signers.time),
                    },
                },
                "files": {name: {"sha256": digest, "size": size} for name, (digest, size) in self.files.items()},
                "absent": [_absent(one) for one in self.absent],
            }
        )


def read_manifest(octets: bytes) -> Manifest:
    """The manifest that these octets are. Raises ManifestRefused."""
    if len(octets) > MAX_OCTETS:
        raise ManifestRefused(f"{len(octets)} octets, at most {MAX_OCTETS}")
    try:
        value: Any = json.loads(octets.decode("utf-8"))
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ManifestRefused(f"its format is not {FORMAT}")
        if tuple(sorted(value)) != _MEMBERS:
            raise ManifestRefused("its members are others than those of the format")
        manifest = _read(value)
        _check(manifest)
        if manifest.octets() != octets:
            raise ManifestRefused("is not in the canonical form, or has members that are not known")
    except ManifestRefused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ManifestRefused(f"is no manifest: {error}") from error
    return manifest


def _read(value: dict[str, Any]) -> Manifest:
    anchors = value["signers"]["anchors"]
    return Manifest(
        made_at=read_instant(value["made_at"]),
        made_by=value["made_by"],
        log=value["log"],
        scope=value["scope"],
        redacted=value["redacted"],
        exchanges=tuple(
            Exchange(one["message_id"], one["partner"], one["direction"], tuple(one["entries"])) for one in value["exchanges"]
        ),
        signers=Signers(
            tuple(value["signers"]["checkpoints"]),
            tuple(anchors["node"]),
            {name: tuple(row) for name, row in anchors["partners"].items()},
            tuple(anchors["time"]),
        ),
        files={name: (one["sha256"], one["size"]) for name, one in value["files"].items()},
        absent=tuple(
            Absent(one["sha256"], one["why"], one.get("rule", ""), read_instant(one["at"]) if "at" in one else None)
            for one in value["absent"]
        ),
    )


def _check(manifest: Manifest) -> None:
    """Raises ManifestRefused for values of another kind than the format has."""
    digests: list[Any] = [
        *manifest.signers.named(),
        *(digest for digest, _ in manifest.files.values()),
        *(one.sha256 for one in manifest.absent),
    ]
    if not all(isinstance(one, str) and _DIGEST.match(one) for one in digests):
        raise ManifestRefused("names something that is no SHA-256")
    texts: list[Any] = [
        manifest.made_by,
        manifest.log,
        *(text for one in manifest.exchanges for text in (one.message_id, one.partner)),
    ]
    if not all(isinstance(one, str) and one for one in texts):
        raise ManifestRefused("a name is empty or no text")
    if not _LOG.match(manifest.log):
        raise ManifestRefused("the name of its log is none")
    if not all(_is_number(one, 1) for exchange in manifest.exchanges for one in exchange.entries):
        raise ManifestRefused("a number of an entry is none")
    if not all(_is_number(size, 0) for _, size in manifest.files.values()):
        raise ManifestRefused("a size of a file is none")
    flag: Any = manifest.redacted
    if not isinstance(flag, bool) or not isinstance(manifest.scope, dict):
        raise ManifestRefused("redacted is neither true nor false, or scope is no object")
    if set(manifest.scope) not in ({"messages"}, {"partner", "from", "to"}):
        raise ManifestRefused("its scope is neither messages nor a partner with from and to")
    _check_scope(manifest)
    for one in manifest.exchanges:
        if one.direction not in ("in", "out") or list(one.entries) != sorted(set(one.entries)):
            raise ManifestRefused(f"exchange {one.message_id}: its direction or the order of its entries is none")
    for name in manifest.files:
        if not NAME.match(name):
            raise ManifestRefused(f"{name[:80]!r} is no name of a file in a bundle")
    if len({gone.sha256 for gone in manifest.absent}) != len(manifest.absent):
        raise ManifestRefused("one digest is absent twice")
    for gone in manifest.absent:
        rule: Any = gone.rule
        if gone.why not in ("redacted", "purged") or not isinstance(rule, str):
            raise ManifestRefused(f"absent {gone.sha256}: {gone.why!r} is no reason, or its rule no text")


def _is_number(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _check_scope(manifest: Manifest) -> None:
    scope = manifest.scope
    if "messages" in scope:
        if {one.message_id for one in manifest.exchanges} != set(scope["messages"]) or not isinstance(scope["messages"], list):
            raise ManifestRefused("the messages of its scope are not those of its exchanges")
        return
    if not isinstance(scope["partner"], str):
        raise ManifestRefused("the partner of its scope is no text")
    for name in ("from", "to"):
        read_instant(scope[name])


def _absent(one: Absent) -> dict[str, str]:
    said = {"sha256": one.sha256, "why": one.why}
    if one.why == "purged":
        said |= {"rule": one.rule, "at": instant(one.at) if one.at else ""}
    return said
