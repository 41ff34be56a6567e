"""The agreement itself: `n2n-agreement/1`, read strictly, with the questions that are asked of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from node.security.certificates import Certificate
from node.sheets import shapes
from node.sheets.canonical import SheetRefused, digest
from node.sheets.shapes import Found, Shape

FORMAT: Final = "n2n-agreement/1"
SIDES: Final = ("a", "b")
#: What a certificate of a party is for.
PURPOSES: Final = ("sign", "encrypt", "tls", "seal", "anchors")
TRUST: Final = ("pinned", "path")
SENDERS: Final = ("a", "b", "both")
BINDINGS: Final = ("", "push", "pull", "sync")

_LAST: Final = datetime.max.replace(tzinfo=UTC)

_CERTIFICATE: Final = shapes.record({"der": shapes.certificate, "from": shapes.instant, "until": shapes.instant})
_PARTY: Final = shapes.record(
    {
        "name": shapes.text(200),
        "party_ids": shapes.listed(
            shapes.record({"value": shapes.text(250, 1), "type": shapes.maybe(shapes.text(250, 1))}), 8, 1
        ),
        "role": shapes.maybe(shapes.text(250, 1)),
        "endpoint": shapes.text(500),
        "host": shapes.text(250, 1),
        "contacts": shapes.listed(shapes.text(300, 1), 20),
        "certificates": shapes.record(
            {"trust": shapes.one_of(*TRUST), **dict.fromkeys(PURPOSES, shapes.listed(_CERTIFICATE, 12))}
        ),
        "calendar": shapes.tree,
        "documents": shapes.record(
            {
                "authorities": shapes.listed(shapes.text(80, 1), 50),
                "answers": shapes.listed(shapes.one_of("L2", "L3", "L4", "none"), 4),
                "seals": shapes.one_of("profile", "require", "ignore"),
                "signers": shapes.mapped(shapes.listed(shapes.sha256, 12), 50),
                "anchors": shapes.mapped(shapes.listed(shapes.certificate, 12), 50),
                "timestamp_anchors": shapes.listed(shapes.certificate, 12),
            }
        ),
    }
)
_SERVICE: Final = shapes.record(
    {
        "value": shapes.text(250, 1),
        "type": shapes.maybe(shapes.text(250, 1)),
        "actions": shapes.listed(shapes.text(250, 1), 200, 1),
        "sender": shapes.one_of(*SENDERS),
        "binding": shapes.one_of(*BINDINGS),
        "mpc": shapes.maybe(shapes.text(250, 1)),
        "answers": shapes.text(250),
    }
)
_BODY: Final[Shape] = shapes.record(
    {
        "format": shapes.one_of(FORMAT),
        "sheet": shapes.text(120, 1),
        "version": shapes.whole(1, 1_000_000),
        "before": shapes.maybe(shapes.sha256),
        "effective": shapes.record({"from": shapes.instant, "until": shapes.maybe(shapes.instant), "overlap": shapes.duration}),
        "title": shapes.text(200),
        "agreement_ref": shapes.maybe(
            shapes.record(
                {
                    "value": shapes.text(250, 1),
                    "type": shapes.maybe(shapes.text(250, 1)),
                    "pmode": shapes.maybe(shapes.text(250, 1)),
                }
            )
        ),
        "profile": shapes.record({"name": shapes.text(120, 1), "parameters": shapes.mapped(shapes.leaf, 300)}),
        "weakened": shapes.listed(shapes.record({"parameter": shapes.text(120, 1), "reason": shapes.text(500, 1)}), 50),
        "parties": shapes.record({"a": _PARTY, "b": shapes.maybe(_PARTY)}),
        "services": shapes.listed(_SERVICE, 200),
        "test_service": shapes.truth,
        "check_documents": shapes.truth,
        "ladder": shapes.tree,
        "retention": shapes.tree,
    }
)


@dataclass(frozen=True)
class Sheet:
    """One version of an agreement; equal when its body is. Made by `read_sheet`, which has checked the body."""

    body: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical body: the name of this very version."""
        return digest(self.body)

    @property
    def id(self) -> str:
        return str(self.body["sheet"])

    @property
    def version(self) -> int:
        return int(self.body["version"])

    @property
    def before(self) -> str | None:
        """The digest of the version before."""
        value: str | None = self.body["before"]
        return value

    @property
    def since(self) -> datetime:
        """From when it holds."""
        found = shapes.read_instant(self.body["effective"]["from"])
        assert found is not None
        return found

    @property
    def until(self) -> datetime | None:
        """Until when it holds; None for as long as no other follows."""
        said = self.body["effective"]["until"]
        return None if said is None else shapes.read_instant(said)

    @property
    def before_ends(self) -> datetime:
        """Until when the version before is still accepted."""
        return self.since + shapes.read_period(self.body["effective"]["overlap"])

    @property
    def is_open(self) -> bool:
        """Whether it is an offer to whoever accepts it: party b has not filled in its side."""
        return self.body["parties"]["b"] is None

    def party(self, side: str) -> Mapping[str, Any]:
        """What is agreed about one side. Raises KeyError for the other side of an open offer."""
        found: Mapping[str, Any] | None = self.body["parties"][side]
        if found is None:
            raise KeyError(side)
        return found

    def certificates(self, side: str, purpose: str) -> tuple[Certificate, ...]:
        """The certificates of a side for a purpose, in the order of the sheet."""
        return tuple(certificate_of(one["der"]) for one in self.party(side)["certificates"][purpose])

    def offer(self) -> "Sheet":
        """The part that party a signs before it knows who accepts."""
        return Sheet({**self.body, "parties": {"a": self.body["parties"]["a"], "b": None}})


def certificate_of(der: str) -> Certificate:
    """A certificate of a sheet, which was read before."""
    return Certificate(shapes.read_octets(der) or b"")


def other(side: str) -> str:
    """The other side."""
    return "b" if side == "a" else "a"


def read_sheet(value: Any) -> Sheet:
    """The sheet that a JSON value is. Raises SheetRefused with every problem."""
    found: Found = []
    _BODY(value, "", found)
    if not found:
        found += _sense(Sheet(value))
    if found:
        raise SheetRefused(found[:50])
    return Sheet(value)


def kept_sheet(value: Any) -> Sheet:
    """The sheet that `read_sheet` has taken before, whose values are not judged a second time. Raises SheetRefused with every table and name that it lacks."""
    found = list(shapes.lacking(_BODY, value))
    if found:
        raise SheetRefused(found[:50])
    return Sheet(value)


def _sense(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """What no shape says."""
    if (sheet.version == 1) != (sheet.before is None):
        yield "before", "is the digest of the version before, which version 1 alone has not"
    if sheet.version > 1 and sheet.is_open:
        yield "parties.b", "is required: only a first version may leave it open"
    if sheet.until is not None and sheet.until <= sheet.since:
        yield "effective.until", "is not after effective.from"
    if shapes.read_period(sheet.body["effective"]["overlap"]) > _LAST - sheet.since:
        yield "effective.overlap", "ends after the year 9999"
    for side in SIDES:
        if sheet.body["parties"][side] is not None:
            yield from _sense_of_party(sheet, side)
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(sheet.body["services"], 1):
        for action in one["actions"]:
            if (one["value"], action) in seen:
                yield f"services[{number}].actions", f"{action!r} comes twice"
            seen.add((one["value"], action))


def _sense_of_party(sheet: Sheet, side: str) -> Iterator[tuple[str, str]]:
    place, party = f"parties.{side}", sheet.party(side)
    if not party["certificates"]["sign"]:
        yield f"{place}.certificates.sign", "is required: who signs messages, and this sheet"
    for purpose in PURPOSES:
        for number, one in enumerate(party["certificates"][purpose], 1):
            where, held = f"{place}.certificates.{purpose}[{number}]", certificate_of(one["der"]).x509
            since, until = shapes.read_instant(one["from"]), shapes.read_instant(one["until"])
            assert since is not None
            assert until is not None
            if since >= until:
                yield where, "ends before it begins"
            elif since < held.not_valid_before_utc or until > held.not_valid_after_utc:
                yield where, "is to be used outside of the certificate's own validity"
    held_seals = {one.sha256 for one in sheet.certificates(side, "seal")}
    for authority, prints in party["documents"]["signers"].items():
        for missing in sorted(set(prints) - held_seals):
            yield f"{place}.documents.signers.{authority}", f"no certificate of certificates.seal has the SHA-256 {missing}"
