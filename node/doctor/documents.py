"""Business documents: packs and lists in force, seals that can be made and judged, lists of operators that come in time."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from node.agreements.agreement import Agreement
from node.customs.making.response import TYPE as _RESPONSE
from node.customs.packs.codelists import CodeLists
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.labels import LANGUAGES
from node.customs.packs.library import Packs
from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.times import at
from node.library import core_files

#: A list that is this late is late; what travels is given the time to.
PATIENCE: Final = timedelta(hours=6)
_SEALED: Final = "required"


def _packs(facts: Facts) -> Packs:
    if facts.packs is None:
        raise NotApplicable("the packs cannot be read")
    return facts.packs


def _readable(facts: Facts) -> Iterator[Found]:
    for one in facts.pack_problems:
        yield Found(f"{one.file}: {one.key}" if one.key else one.file, one.problem, one.remedy)


def _in_force(facts: Facts) -> Iterator[Found]:
    packs, today = _packs(facts), facts.now.date()
    for definition in packs.types():
        if not any(definition.id in pack.types and pack.in_force(today) for pack in packs.all):
            yield Found(definition.id, "no version of the type is in force today: the latest counts for want of another")


def _lists(facts: Facts) -> Iterator[Found]:
    packs, today = _packs(facts), facts.now.date()
    held: dict[str, list[bool]] = {}
    for one in packs.lists.all() if isinstance(packs.lists, CodeLists) else ():
        if not one.head.changes:
            held.setdefault(one.name, []).append(one.in_force(today))
    for name, in_force in sorted(held.items()):
        if not any(in_force):
            yield Found(name, "no version of the list is in force today: it is silent about every code")


def _translated(facts: Facts) -> Iterator[Found]:
    core = core_files()
    for pack in _packs(facts).all:
        said = {one: _names(pack.files, core, f"labels/{one}.toml") for one in LANGUAGES}
        every = set().union(*said.values())
        for language, names in said.items():
            if lacks := sorted(every - names):
                yield Found(
                    f"{pack.id}: labels/{language}.toml",
                    f"lacks {len(lacks)} names that another language has: {', '.join(lacks[:3])}",
                )


def _names(files: Mapping[str, bytes], core: Mapping[str, bytes], name: str) -> set[str]:
    found: set[str] = set()
    for octets in (core.get(name), files.get(name)):
        if octets is not None:
            found |= set(_leaves(tomllib.loads(octets.decode()), ""))
    return found


def _leaves(table: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield path + name


# -- seals ---------------------------------------------------------------------------------------------------------------


def _agreed_types(facts: Facts, one: Agreement, *, inbound: bool) -> Iterator[TypeDefinition]:
    """The types of documents that travel one way."""
    packs = _packs(facts)
    services = {pack.service for pack in packs.all if pack.service}
    for pmode in facts.pmodes[one.partner]:
        business = pmode.leg.business_info
        if pmode.inbound is inbound and business.service.value in services:
            definition = packs.named(business.action)
            if definition is not None:
                yield definition


def _judging(facts: Facts) -> list[Agreement]:
    _packs(facts)
    found = [
        one
        for one in facts.setting.agreements.partners()
        if one.documents.check and any(True for inbound in (True, False) for _ in _agreed_types(facts, one, inbound=inbound))
    ]
    if not found:
        raise NotApplicable("no documents of a pack are agreed with anybody")
    return found


def _seals(facts: Facts) -> Iterator[Found]:
    for one in _judging(facts):
        sealed = [each.id for each in _agreed_types(facts, one, inbound=False) if _wants_seal(facts, one, each)]
        if sealed and not one.documents.seal:
            yield Found(f"{one.file}: documents.seal", f"names no key, and {', '.join(sorted(set(sealed))[:3])} must be sealed")


def _wants_seal(facts: Facts, one: Agreement, definition: TypeDefinition) -> bool:
    if one.documents.seals == "ignore" or definition.signature == "none":
        return False
    if one.documents.seals == "require" or definition.signature == _SEALED:
        return True
    profiles = [each for each in _packs(facts).profiles() if definition.id in each.types and each.in_force(facts.now.date())]
    return bool(profiles) and all(str(each.values.get("signature", "")) == _SEALED for each in profiles)


def _believed(facts: Facts) -> Iterator[Found]:
    for one in _judging(facts):
        sealed = [each.id for each in _agreed_types(facts, one, inbound=True) if _wants_seal(facts, one, each)]
        if not sealed:
            continue
        for country in sorted({name[:2] for name in one.documents.theirs}):
            if not one.documents.partners.anchors.get(country):
                yield Found(
                    f"{one.file}: documents.anchors.{country}",
                    f"names no anchor, and {', '.join(sorted(set(sealed))[:3])} of {country} must be sealed: each would be refused",
                )


def _authorities(facts: Facts) -> Iterator[Found]:
    for one in _judging(facts):
        for key, named in (("ours", one.documents.ours), ("theirs", one.documents.theirs)):
            if not named:
                yield Found(
                    f"{one.file}: documents.{key}", "names no authority, so a document may come from, or be meant for, anybody"
                )


def _responses(facts: Facts) -> Iterator[Found]:
    for one in _judging(facts):
        agreed = facts.pmodes[one.partner]
        may_answer = any(not each.inbound and each.leg.business_info.action == _RESPONSE for each in agreed)
        takes = any(definition.reply for definition in _agreed_types(facts, one, inbound=True))
        if one.documents.answers and takes and not may_answer:
            yield Found(
                f"{one.file}: documents.answers",
                f"promises {', '.join(one.documents.answers)}, and no action {_RESPONSE} is agreed to send them",
                f'agree on {_RESPONSE} in the direction of the partner, or set answers = "none"',
            )


# -- lists of operators ----------------------------------------------------------------------------------------------------


def _arrangements(facts: Facts) -> Iterator[Found]:
    for problem in facts.setting.problems.found:
        if problem.file == "aeo.toml":
            yield Found(f"aeo.toml: {problem.key}" if problem.key else "aeo.toml", problem.problem, problem.remedy)
    for partner in facts.setting.arrangements.by_partner:
        if partner not in facts.setting.agreements.agreements:
            yield Found("aeo.toml: arrangement.partner", f"{partner!r} is no partner whose agreement can be read")
    if not facts.setting.arrangements.by_partner and facts.setting.arrangements.own is None:
        raise NotApplicable("no arrangement on operators (aeo.toml)")


def _overdue(facts: Facts) -> Iterator[Found]:
    condition, arrangements = facts.store.condition, facts.setting.arrangements.by_partner
    expected = [one for one in arrangements.values() if one.state == "in force" and one.sends]
    if not expected:
        raise NotApplicable("no list of operators is expected from anybody")
    if condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    for one in expected:
        came = condition.lists.get((one.authority, one.programme))
        # Before the first one, the arrangement may be younger than its rhythm.
        if came is not None and facts.now - came > one.every + PATIENCE:
            yield Found(
                f"aeo.toml: {one.partner}",
                f"the last list of {one.programme} came on {at(came)}, and one is due every {one.every.total_seconds() / 3600:.0f} hours",
            )


def _undecided(facts: Facts) -> Iterator[Found]:
    condition = facts.store.condition
    if condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    if condition.undecided_since is not None and facts.now - condition.undecided_since > timedelta(days=2):
        yield Found(
            "data/held",
            f"{condition.undecided} documents wait for a person, the oldest since {at(condition.undecided_since)}",
        )


def _late(facts: Facts) -> Iterator[Found]:
    condition = facts.store.condition
    if condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    if condition.late and condition.late_since is not None:
        yield Found(
            "ladder",
            f"{condition.late} documents of ours wait for a step that is late, the first since {at(condition.late_since)}",
        )


CHECKS: Final = (
    Check(
        "documents.packs",
        "Packs and code lists can be read, and those made active are as they were made active",
        "n2n serve does not start with a pack that it cannot read, or that somebody has edited.",
        "n2n pack check; n2n pack activate",
        Who.OPERATOR,
        Severity.CONFIG,
        _readable,
    ),
    Check(
        "documents.in-force",
        "Of each type of document a version is in force today",
        "A type that has ended is judged by rules that nobody agreed on for today.",
        "activate the pack's next version: n2n pack activate",
        Who.OPERATOR,
        Severity.WARNING,
        _in_force,
    ),
    Check(
        "documents.lists",
        "Of each code list a version is in force today",
        "A list that has ended is silent, and a wrong code passes.",
        "import the next version: n2n codelist import",
        Who.OPERATOR,
        Severity.WARNING,
        _lists,
    ),
    Check(
        "documents.translated",
        "Packs name everything in each language",
        "Officers read the names; what has none is shown as its code.",
        "add the names to the pack's labels",
        Who.OPERATOR,
        Severity.INFO,
        _translated,
    ),
    Check(
        "documents.seals",
        "There is a key for documents that must be sealed",
        "A document that lacks its seal is refused by the partner.",
        "put a seal key into certs/own and name it: documents.seal",
        Who.OPERATOR,
        Severity.CONFIG,
        _seals,
    ),
    Check(
        "documents.anchors",
        "Seals of each partner's country can be believed",
        "Without an anchor every sealed document of that country is refused.",
        "put the country's authority into certs/trust and name it: [documents.anchors]",
        Who.OPERATOR,
        Severity.CONFIG,
        _believed,
    ),
    Check(
        "documents.authorities",
        "Agreements say for which authorities both sides speak",
        "Otherwise a partner may send a document in the name of somebody else.",
        "name them: documents.ours, documents.theirs",
        Who.OPERATOR,
        Severity.WARNING,
        _authorities,
    ),
    Check(
        "documents.answers",
        "The answers that were promised may be sent",
        "A partner that waits for a step of the ladder escalates when it does not come.",
        "agree on the action of the answer",
        Who.OPERATOR,
        Severity.WARNING,
        _responses,
    ),
    Check(
        "documents.arrangements",
        "Arrangements on operators can be read, and each has its partner",
        "A list goes to nobody where the partner is unknown.",
        "correct aeo.toml: docs/howto/publish-our-operators.md",
        Who.OPERATOR,
        Severity.CONFIG,
        _arrangements,
    ),
    Check(
        "documents.overdue",
        "Partners' lists of operators come in time",
        "Benefits are granted by a list that may be wrong by now.",
        "ask the partner; n2n aeo status",
        Who.PARTNER,
        Severity.WARNING,
        _overdue,
    ),
    Check(
        "documents.undecided",
        "No document has waited for a person for more than two days",
        "The partner waits for an answer.",
        "n2n document list, then release or refuse it",
        Who.OPERATOR,
        Severity.WARNING,
        _undecided,
    ),
    Check(
        "documents.ladder",
        "No step of the ladder is late",
        "A document that nobody answers may have gone nowhere in the partner's house.",
        "n2n consignment show, and telephone the partner",
        Who.PARTNER,
        Severity.WARNING,
        _late,
    ),
)
