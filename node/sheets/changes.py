"""The differences between two versions of an agreement, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from node.msh.next_action import FALL_BACK
from node.sheets.effects import Effect, Risk
from node.sheets.risk import FOR_PEOPLE, effect_of, highest
from node.sheets.sheet import PURPOSES, SIDES, Sheet, certificate_of


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs: its value before and after (None where there is none), and what that does."""

    path: str
    before: Any
    after: Any
    effect: Effect

    @property
    def risk(self) -> Risk:
        return self.effect.risk

    @property
    def for_people(self) -> bool:
        """Whether no node does anything else because of it."""
        return any(fnmatchcase(self.path, one) for one in FOR_PEOPLE)


def changes(before: Sheet, after: Sheet) -> list[Change]:
    """What differs, in the order of the paths; nothing of what merely counts versions."""
    old, new = dict(_paths(before)), dict(_paths(after))
    return [
        Change(path, old.get(path), new.get(path), effect_of(_marked(path, old, new), old.get(path), new.get(path)))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def risk_of(found: Sequence[Change]) -> Risk:
    """The risk of all of them together."""
    return highest(one.risk for one in found)


def shown(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value or "empty"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _marked(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A service that is new or gone is another kind of change than one that differs."""
    if path.startswith("services."):
        if path not in old:
            return "services.+" + path.removeprefix("services.")
        if path not in new:
            return "services.-" + path.removeprefix("services.")
    return path


def _paths(sheet: Sheet) -> Iterator[tuple[str, Any]]:
    body = sheet.body
    for name in ("title", "agreement_ref", "weakened", "test_service", "check_documents", "ladder", "retention"):
        yield name, body[name]
    for name, value in body["effective"].items():
        yield f"effective.{name}", value
    yield "profile.name", body["profile"]["name"]
    for name, value in body["profile"]["parameters"].items():
        yield f"profile.parameters.{name}", value
    for one in body["services"]:
        for action in one["actions"]:
            path = f"services.{one['value']} {action}"
            yield path, {name: one[name] for name in ("type", "sender", "binding", "mpc", "answers")}
    for side in SIDES:
        if body["parties"][side] is None:
            yield f"parties.{side}", None
        else:
            yield from _paths_of_party(f"parties.{side}", body["parties"][side])


def _stand_ins(calendar: Mapping[str, Any]) -> list[str]:
    """The addresses to which messages go in some window; a calendar is judged by others, and may say anything."""
    windows = calendar.get("window")
    found = set()
    for one in windows if isinstance(windows, list) else ():
        said = {**calendar, **one} if isinstance(one, Mapping) else calendar
        if said.get("policy") == FALL_BACK:
            found.add(str(said.get("fall_back") or calendar.get("fall_back")))
    return sorted(found)


def _paths_of_party(place: str, party: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("name", "party_ids", "role", "endpoint", "host", "contacts", "calendar"):
        yield f"{place}.{name}", party[name]
    yield f"{place}.calendar.fall_back", _stand_ins(party["calendar"])
    yield f"{place}.certificates.trust", party["certificates"]["trust"]
    for purpose in PURPOSES:
        yield (
            f"{place}.certificates.{purpose}",
            [f"{certificate_of(one['der']).sha256} {one['from']}/{one['until']}" for one in party["certificates"][purpose]],
        )
    for name, value in party["documents"].items():
        yield f"{place}.documents.{name}", value
