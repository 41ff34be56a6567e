"""What entries name and a bundle has not, and what it has and nothing names: each with a reason that its own entries bear out.

Source: the format of evidence, 5, 6 and 8.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from node.evidence.bundle import is_payload
from node.evidence.case import Case
from node.evidence.entry import Entry, Kind
from node.evidence.finding import Check, Finding, found
from node.evidence.manifest import FILE, Absent

#: What a rule may remove beside payloads and what holds them; receipts and certificates stay.
_GOES: Final = ("http", "envelope")


def check_absence(case: Case) -> Iterator[Finding]:
    """What is wrong with what is absent, and with what is here, in the check `entries`."""
    named: dict[str, set[str]] = {}
    absent = {one.sha256: one for one in case.manifest.absent}
    for number, entry in case.entries.items():
        for what, value in entry.objects.items():
            named.setdefault(value, set())
            # An entry of what went names it, and has nothing of it.
            if entry.kind is not Kind.PURGED:
                named[value].add(what)
            if value not in case.objects and value not in absent:
                name = f"log/{number}.json"
                yield found(Check.ENTRIES, "entries.missing", name, name=name, what=what, digest=value)
        if entry.kind is Kind.PURGED:
            yield from _check_purge(case, number, entry)
    purges = _purges(case)
    for value, one in absent.items():
        if why := _unfounded(case, one, named.get(value), purges):
            yield found(Check.ENTRIES, "entries.absent-untrue", FILE, digest=value, why=why)
    yield from _check_named(case, named)


def _purges(case: Case) -> Mapping[str, list[Entry]]:
    """The entries that tell of the removal of octets, by the SHA-256 of these."""
    told: dict[str, list[Entry]] = {}
    for entry in case.entries.values():
        for value in entry.objects.values() if entry.kind is Kind.PURGED else ():
            told.setdefault(value, []).append(entry)
    return told


def _check_purge(case: Case, number: int, entry: Entry) -> Iterator[Finding]:
    """What an entry says went has the digest that the entry of that number names."""
    for name, value in entry.objects.items():
        what, _, of = name.rpartition(".")
        other = case.entries.get(int(of)) if of.isdecimal() else None
        if other is not None and other.objects.get(what) != value:
            yield found(Check.ENTRIES, "entries.purge", f"log/{number}.json", number=number, name=name)


def _unfounded(case: Case, one: Absent, names: set[str] | None, purges: Mapping[str, list[Entry]]) -> str:
    """Why the reason for an absence is none; empty where it is one."""
    if names is None:
        return "no entry names it"
    if one.sha256 in case.objects:
        return "it is here"
    if one.why == "redacted":
        kept = [name for name in names if not is_payload(name)]
        if kept or not case.manifest.redacted:
            return f"it is {kept[0]}, which is never left out" if kept else "this is no bundle without payloads"
        return ""
    if kept := [name for name in names if name not in _GOES and not is_payload(name)]:
        return f"it is {kept[0]}, which no rule removes"
    if not any((told.facts.get("why"), told.at) == (one.rule, one.at) for told in purges.get(one.sha256, ())):
        return "no entry tells that this rule removed it then"
    return ""


def _check_named(case: Case, named: Mapping[str, set[str]]) -> Iterator[Finding]:
    """Octets that nothing names are part of nothing; certificates may serve a path."""
    known = {*named, *case.manifest.signers.named(), *case.digests_of_notes()}
    for value in case.objects:
        if value not in known and case.certificate(value) is None:
            yield found(Check.ENTRIES, "entries.spare", f"objects/{value}", digest=value)
