"""What people did with this node, out of the log of evidence: who, what, why, and what it changed of which file."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from node.evidence.entry import EntryRefused, Kind
from node.msh.ports import Kept
from node.security.certificates import CertificateRefused, load_certificates
from node.store.evidence import Absent, Evidence, Numbered
from node.store.people import folded

#: Longer files are not compared line by line.
_LINES: Final = 20_000


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file that an act changed."""

    path: str
    #: added, changed or removed.
    event: str
    was: str | None
    #: Named `is` in the log.
    now: str | None
    kept: str
    modified_at: str
    #: What is different, for people; empty where nothing of it may be shown.
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One act, or one retrieval of evidence."""

    number: int
    kind: str
    at: datetime
    who: str
    what: str
    why: str
    about: dict[str, str]
    #: `ordered`, `done` or `failed` of a command that changes files; empty for all that is one step.
    stage: str
    #: What else the entry says.
    facts: dict[str, Any]
    files: tuple[ChangedFile, ...]
    #: SHA-256 of what the act brought, such as a signed agreement, by its name.
    objects: dict[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts are asked for; what is empty or None asks nothing."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    what: str = ""
    partner: str = ""

    def covers(self, act: Act) -> bool:
        """Whether an act is asked for."""
        return (
            (self.since is None or act.at >= self.since)
            and (self.until is None or act.at < self.until)
            and (not self.who or folded(self.who) == folded(act.who))
            and self.what.casefold() in act.what.casefold()
            and (not self.partner or self._is_with_partner(act))
        )

    def _is_with_partner(self, act: Act) -> bool:
        own = f"partners/{self.partner}/", f"certs/partners/{self.partner}-", f"certs/partners/{self.partner}."
        return act.about.get("partner") == self.partner or any(one.path.startswith(own) for one in act.files)


def acts(evidence: Evidence, wanted: Wanted) -> Iterator[Act]:
    """The newest first."""
    for one in evidence.acts():
        act = _act(one)
        if act is not None and wanted.covers(act):
            yield act


def act(evidence: Evidence, number: int) -> Act | None:
    """One by its number, with what it changed; None where the entry of this number tells of something else, or is not there."""
    one = evidence.entry(number)
    found = _act(one) if one is not None else None
    return _compared(found, one, evidence) if found is not None and one is not None else None


def _act(one: Numbered) -> Act | None:
    try:
        entry = one.entry
    except EntryRefused:
        return None
    if entry.kind not in (Kind.ACTED, Kind.RETRIEVED):
        return None
    facts = dict(entry.facts)
    said = {name: str(facts.pop(name, "")) for name in ("who", "what", "why", "stage")}
    files = tuple(_file(each) for each in facts.pop("files", ()))
    taken = {name: sha256 for name, sha256 in entry.objects.items() if not name.startswith(("was-", "is-"))}
    return Act(
        *(one.number, entry.kind.value, entry.at, said["who"], said["what"], said["why"]),
        *(dict(entry.about), said["stage"], facts, files, taken),
    )


def _file(told: dict[str, Any]) -> ChangedFile:
    return ChangedFile(told["file"], told["event"], told["was"], told["is"], told["kept"], told["modified_at"])


def _compared(found: Act, one: Numbered, evidence: Evidence) -> Act:
    octets = evidence.objects(one)
    files = []
    for number, each in enumerate(found.files, 1):
        was, now = _octets(octets.get(f"was-{number}")), _octets(octets.get(f"is-{number}"))
        lines = tuple(differences(each.path, was, now)) if was is not None or now is not None else ()
        files.append(replace(each, lines=lines))
    return replace(found, files=tuple(files))


def _octets(kept: "Kept | Absent | None") -> bytes | None:
    return None if kept is None or isinstance(kept, Absent) else b"".join(kept.chunks())


def differences(path: str, was: bytes | None, now: bytes | None) -> Iterator[str]:
    """What is different, in words: lines of text with their sign, certificates by whom they name."""
    if path.startswith("certs/"):
        yield from _lines(_certificates(was), _certificates(now))
        return
    before, after = _text(was), _text(now)
    if before is None or after is None:
        yield f"not text: {len(was or b'')} octets before, {len(now or b'')} now"
    else:
        yield from _lines(before, after)


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    if max(len(before), len(after)) > _LINES:
        yield f"{len(before)} lines before, {len(after)} now: too many to compare"
        return
    for line in difflib.unified_diff(before, after, "was", "is", lineterm="", n=1):
        if not line.startswith(("---", "+++")):
            yield line


def _text(octets: bytes | None) -> list[str] | None:
    try:
        return (octets or b"").decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None


def _certificates(octets: bytes | None) -> list[str]:
    if not octets:
        return []
    try:
        found = load_certificates(octets)
    except CertificateRefused:
        return _text(octets) or []
    return [f"{one.subject}, until {one.x509.not_valid_after_utc:%Y-%m-%d}, SHA-256 {one.sha256}" for one in found]
