"""Gate 5: each agreed document type was shown in a campaign, or somebody says why not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from node.onboarding.gates import Look

#: What stands for a function where a document is bad.
BAD: Final = "bad sample"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NO_NAMES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
#: Outcomes of a response that say that a document is valid.
VALID: Final = ("AP", "CA")
_REFUSED: Final = ("RE", "AJ")


@dataclass(frozen=True, slots=True)
class Shown:
    """One document of a campaign, and what its receiver said of it."""

    type_id: str
    #: Its FunctionCode, or BAD.
    function: str
    document_id: str
    #: Of its L2, of the answer to a query, or of the refusal; empty as long as nothing has come.
    outcome: str
    #: The rule that is to refuse it.
    rule: str = ""
    #: The rules that its receiver named.
    rules: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether a good one was found valid, or a bad one refused by its rule."""
        if self.function == BAD:
            return self.outcome in _REFUSED and self.rule in self.rules
        return self.outcome in VALID


@dataclass(frozen=True, slots=True)
class NotSent:
    """A sample of which nothing was sent."""

    type_id: str
    what: str
    why: str


def documents(
    wanted: Mapping[str, str],
    shown: Collection[Shown],
    not_sent: Sequence[NotSent] = (),
    without: Mapping[str, str] = _NOTHING,
    names: Mapping[tuple[str, str], str] = _NO_NAMES,
) -> Look:
    """Gate 5: the agreed types with their direction, what campaigns have shown of each, what could not be sent now, and the types that
    somebody leaves out with a reason; `names` are the words for functions.
    """
    latest: dict[tuple[str, str], Shown] = {(one.type_id, one.function): one for one in shown}
    rows, missing = [], []
    for type_id, direction in wanted.items():
        found = [one for (of, _), one in latest.items() if of == type_id]
        unsent = [one for one in not_sent if one.type_id == type_id]
        told = _missing(type_id, direction, found, unsent, names)
        left_out = without.get(type_id, "")
        rows.append(
            {
                "type": type_id,
                "direction": direction,
                "shown": [_row(one, names) for one in found],
                "not_sent": [{"what": one.what, "because": one.why} for one in unsent],
                "left_out_because": left_out,
                "right": not told,
            }
        )
        missing += [] if left_out else told
    if not wanted:
        missing.append("no document type is agreed")
    missing += [f"{one}: is left out, and no such type is agreed" for one in without if one not in wanted]
    return Look({"types": rows}, tuple(missing))


def _row(one: Shown, names: Mapping[tuple[str, str], str]) -> Mapping[str, object]:
    return {
        "what": names.get((one.type_id, one.function), one.function),
        "document_id": one.document_id,
        "outcome": one.outcome,
        "rule": one.rule,
        "rules": list(one.rules),
        "right": one.right,
    }


def _missing(
    type_id: str,
    direction: str,
    found: Sequence[Shown],
    unsent: Sequence[NotSent],
    names: Mapping[tuple[str, str], str],
) -> list[str]:
    where = f"{type_id} ({direction})"
    told = [f"{where}, {_what(one, names)}: {_wrong(one)}" for one in found if not one.right and direction == "out"]
    good = [one for one in found if one.function != BAD]
    if any(one.right for one in good) or (good and direction == "out"):
        return told
    why = next((one.why for one in unsent if one.what != BAD), "")
    return [f"{where}: {_how(direction, why)}", *told]


def _what(one: Shown, names: Mapping[tuple[str, str], str]) -> str:
    return names.get((one.type_id, one.function), one.function)


def _wrong(one: Shown) -> str:
    if not one.outcome:
        return f"{one.document_id} was sent, and no answer has come: look again later, or --wait longer"
    if one.function == BAD:
        told = ", ".join(one.rules) or "no rule"
        return f"{one.document_id} is refused by {one.rule}, and came back as {one.outcome} with {told}: the partner checks otherwise"
    rules = f" by {', '.join(one.rules)}" if one.rules else ""
    return f"{one.document_id} came back as {one.outcome}{rules}: n2n document show {one.document_id} says why"


def _how(direction: str, why: str) -> str:
    if direction == "in":
        return "the partner sends one with a campaign (with this product: its gate 5)"
    if why:
        return f"no sample could be sent ({why}): send one of yours with a campaign, or leave the type out with its reason: --without"
    return "send one whose header names a campaign, and wait for what the partner says of it"
