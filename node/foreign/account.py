"""What became of every element, attribute and member of a foreign file: none is passed over in silence."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from node.agreements.parameters import PARAMETERS, why_refused
from node.foreign.items import Item, boolean, said

_SHOWN: Final = 120


class Fate(StrEnum):
    """What became of one item of a file."""

    #: Its value went into the agreement.
    USED = "used"
    #: It says what the preset says anyway.
    DEFAULT = "default"
    #: It says nothing that an agreement of ours needs; the reason is told.
    IGNORED = "ignored"
    #: This node cannot do it; the parameter has its standard name.
    UNSUPPORTED = "unsupported"
    #: It needs an answer from people: a certificate, a name that means something only there.
    ASKS = "asks"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a format's table says of items of one shape. `fate` holds where a reader says nothing else about an item."""

    fate: Fate
    #: The parameter that an item of this shape gives, by its standard name.
    parameter: str = ""
    reason: str = ""
    #: Its value is a secret: it is never shown nor kept.
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The fate of one item."""

    path: str
    fate: Fate
    parameter: str = ""
    value: str = ""
    reason: str = ""
    #: The key and the value that went into the agreement, where it is a parameter.
    key: str = ""
    taken: Any = None


#: The table of a format: shape of an item, or `shape/**` for all that lies below one.
Rules = Mapping[str, Rule]
_UNKNOWN: Final = Rule(Fate.UNSUPPORTED, "", "is not known in this format")
_SECRET: Final = re.compile("passw|passphrase|secret", re.IGNORECASE)
_NOT_REACHED: Final = "nothing that we and a partner exchange refers to it"


def holds(reason: str = "holds what is below") -> Rule:
    """An item that only groups others, or names one for others to refer to."""
    return Rule(Fate.USED, "", reason)


def gives(parameter: str) -> Rule:
    """An item whose value is a parameter."""
    return Rule(Fate.USED, parameter)


def ignored(reason: str) -> Rule:
    """An item that no agreement of ours needs."""
    return Rule(Fate.IGNORED, "", reason)


def unsupported(parameter: str, reason: str = "") -> Rule:
    """An item that asks for what this node cannot do."""
    return Rule(Fate.UNSUPPORTED, parameter, reason)


def asks(reason: str, parameter: str = "") -> Rule:
    """An item that needs an answer."""
    return Rule(Fate.ASKS, parameter, reason)


def secret() -> Rule:
    """A password: not even its length is kept."""
    return Rule(
        Fate.IGNORED,
        "",
        "a password is never imported; agree on a new one and write it into certs/own/NAME.password",
        secret=True,
    )


def rule_of(rules: Rules, shape: str) -> Rule:
    """The rule of a shape: its own, else that of the nearest `shape/**` above it. Only what a table names itself is ever shown."""
    found = rules.get(shape)
    if found is not None:
        return replace(found, secret=True) if _SECRET.search(shape.rpartition("/")[2]) and found.fate is not Fate.USED else found
    above = shape
    while found is None and "/" in above:
        above = above.rpartition("/")[0]
        found = rules.get(f"{above}/**")
    # What lies where nobody expects it may be a password too.
    return replace(found or _UNKNOWN, secret=True)


class Account:
    """The account of one file while it is read. What no reader touches has the fate of its rule, or was reached by nothing."""

    def __init__(self, root: Item, rules: Rules) -> None:
        self._items = list(root.walk())
        self._rules = {item.path: rule_of(rules, item.shape) for item in self._items}
        self._said: dict[str, Line] = {}
        self._reached: set[str] = set()
        #: What the format means where the file says nothing: (parameter, value, reason).
        self.implied: dict[tuple[str, str, str], None] = {}

    def reach(self, item: Item | None) -> None:
        """What lies here concerns us; once for each subtree."""
        if item is not None and item.path not in self._reached:
            self._reached.update(one.path for one in item.walk())

    def used(self, item: Item, parameter: str = "", value: Any = None, reason: str = "") -> None:
        """Its value went into the agreement."""
        self._note(item, Fate.USED, parameter, value, reason)

    def take(self, into: dict[str, Any], item: Item, key: str, value: Any) -> None:
        """Take the value of a parameter, or say that this node cannot do it."""
        parameter = PARAMETERS[key]
        why = why_refused(parameter, value)
        if why is not None:
            self._note(item, Fate.UNSUPPORTED, parameter.standard, None, why)
            return
        into.setdefault(key, value)
        self._note(item, Fate.USED, parameter.standard, value, "", key)

    def take_text(self, into: dict[str, Any], item: Item | None, key: str) -> None:
        """Take the text of an item as the value of a parameter, where it has one."""
        if item is not None and item.value:
            self.take(into, item, key, item.text())

    def take_truth(self, into: dict[str, Any], item: Item | None, key: str) -> None:
        """Take the truth of an item as the value of a parameter, where it says one."""
        value = boolean(item)
        if item is not None and value is not None:
            self.take(into, item, key, value)

    def unsupported(self, item: Item, parameter: str, reason: str) -> None:
        """This node cannot do it."""
        self._note(item, Fate.UNSUPPORTED, parameter, None, reason)

    def asks(self, item: Item, reason: str, parameter: str = "") -> None:
        """It needs an answer."""
        self._note(item, Fate.ASKS, parameter, None, reason)

    def ignored(self, item: Item, reason: str) -> None:
        """No agreement of ours needs it."""
        self._note(item, Fate.IGNORED, "", None, reason)

    def imply(self, parameter: str, value: Any, reason: str) -> None:
        """The file does not say it, and its format means it all the same."""
        self.implied[parameter, said(value), reason] = None

    def take_implied(self, into: dict[str, Any], key: str, value: Any, reason: str) -> None:
        """Take what the format means where the file says nothing of a parameter."""
        if key not in into:
            into[key] = value
            self.imply(key, value, reason)

    def _note(self, item: Item, fate: Fate, parameter: str, value: Any, reason: str, key: str = "") -> None:
        rule = self._rules[item.path]
        shown = "" if rule.secret or item.value is None else said(item.value)[:_SHOWN]
        # What one leg could use and another could not is told as the worse of the two.
        before = self._said.get(item.path)
        if before is not None and before.fate is Fate.UNSUPPORTED:
            return
        self._said[item.path] = Line(item.path, fate, parameter or rule.parameter, shown, reason or rule.reason, key, value)

    def lines(self) -> tuple[Line, ...]:
        """One line for each item, in the order of the file."""
        return tuple(self._line(item) for item in self._items)

    def _line(self, item: Item) -> Line:
        if item.path in self._said:
            return self._said[item.path]
        rule = self._rules[item.path]
        shown = "" if rule.secret or item.value is None else said(item.value)[:_SHOWN]
        if rule.fate is Fate.USED and rule.parameter and item.path not in self._reached:
            return Line(item.path, Fate.IGNORED, rule.parameter, shown, _NOT_REACHED)
        if rule.fate is Fate.ASKS and item.path not in self._reached:
            return Line(item.path, Fate.IGNORED, rule.parameter, shown, _NOT_REACHED)
        if (
            rule.fate is Fate.USED
            and not rule.parameter
            and item.value is not None
            and not item.name.startswith("@")
            and item.items
        ):
            return Line(item.path, Fate.UNSUPPORTED, "", shown, "text beside elements is not known in this format")
        return Line(item.path, rule.fate, rule.parameter, shown, rule.reason)


def settled(lines: Iterable[Line], same: Callable[[str, Any], bool]) -> tuple[Line, ...]:
    """The lines, where what equals the preset says so; `same` is told key and value."""
    return tuple(
        replace(line, fate=Fate.DEFAULT) if line.fate is Fate.USED and line.key and same(line.key, line.taken) else line
        for line in lines
    )
