"""What makes an agreement weaker than its preset, and the reasons that somebody gave for it: `[[weakened]] parameter, reason`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import Resolved
from node.configuration import Problems, Table, nearest
from node.sheets.strength import PROTECTS, WEAKER, rating


@dataclass(frozen=True, slots=True)
class Weakened:
    """One parameter that protects less than what it is based on, and why that is so."""

    key: str
    before: Any
    after: Any
    reason: str
    #: Where the weaker value was written.
    origin: Origin

    @property
    def standard(self) -> str:
        """The standard's name of the parameter."""
        return PARAMETERS[self.key].standard


def still_weakened(found: Iterable[Weakened], resolved: Resolved) -> Iterator[Weakened]:
    """Those that nobody set right further up, as they are now."""
    for one in found:
        if rating(one.key, one.before, resolved[one.key]) == WEAKER:
            yield replace(one, after=resolved[one.key], origin=resolved.origins[one.key])


def weaker(base: Resolved, layer: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a layer that protect less than its base."""
    return (key for key in layer if key in PROTECTS and rating(key, base[key], layer[key]) == WEAKER)


def read_weakened(top: Table, said: str, base: Resolved, over: Resolved, layer: Mapping[str, Any]) -> tuple[Weakened, ...]:
    """`[[weakened]]` of a file whose parameters are `layer`; `said` is what it is based on.

    A weaker value without a reason is a problem, and so is a reason for what is not weaker.
    """
    reasons: dict[str, str] = {}
    found = set(weaker(base, layer))
    for table in top.tables("weakened"):
        key, reason = table.text("parameter", required=True), table.text("reason", required=True)
        table.finish()
        if key and key not in found:
            _not_weaker(table, key, said, base, layer)
        elif key in reasons:
            table.problem("parameter", f"{key} has its reason already", "leave one of them out")
        if not reason.strip():
            # What is missing is told already; without it there is no reason.
            continue
        reasons[key] = reason
    for key in sorted(found - reasons.keys(), key=list(PARAMETERS).index):
        _no_reason(top.file, key, said, base, layer, top.problems)
    return tuple(
        Weakened(key, base[key], layer[key], reasons[key], over.origins[key])
        for key in PARAMETERS
        if key in found and key in reasons
    )


def _not_weaker(table: Table, key: str, said: str, base: Resolved, layer: Mapping[str, Any]) -> None:
    if key not in PARAMETERS:
        table.problem("parameter", f"{key!r} is no parameter", nearest(key, PROTECTS))
        return
    value = layer.get(key, base[key])
    table.problem("parameter", f"{key} is not weakened: {said} has {shown(base[key])}, here it is {shown(value)}", "leave it out")


def _no_reason(file: str, key: str, said: str, base: Resolved, layer: Mapping[str, Any], problems: Problems) -> None:
    name = PARAMETERS[key].standard
    what = f"{name} is weaker than {said}: {shown(base[key])} there, {shown(layer[key])} here, and no reason is given"
    remedy = f'leave it out, or add [[weakened]] with parameter = "{key}" and reason = "..."'
    problems.add(file, key, what, remedy)


def shown(value: Any) -> str:
    """A value as TOML would show it, in short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    return "none" if value is None else str(value) or "none"
