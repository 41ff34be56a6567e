"""Words that the pages about operators share: labels, facts and ages, in English and Traditional Chinese."""

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from node.cli.invocation import plain
from node.cli.problems import one_line

if TYPE_CHECKING:
    from node.customs.operators.look_up import Age


def told_age(age: "Age", lang: str) -> str:
    """How old what a partner told is, for people."""
    if age.old is None:
        return word("never", lang)
    text = f"{plain(age.snapshot_at)}, {word('old', lang)} {span(age.old, lang)}"
    if age.agreed is not None:
        text += f", {word('agreed', lang)} {span(age.agreed, lang)}"
    return f"{text}: {word('STALE', lang)}" if age.stale else text


def span(time: timedelta, lang: str) -> str:
    """Hours, and from two days on days."""
    hours = int(time / timedelta(hours=1))
    return f"{hours // 24} {word('days', lang)}" if hours >= 48 else f"{hours} {word('hours', lang)}"


def word(name: str, lang: str) -> str:
    """A label of the pages about operators."""
    from node.customs.operators.labels import label

    return label(name, lang)


def fact(name: str, value: object, lang: str) -> str:
    """One line of a page: what it is, and its value."""
    said = word(name, lang)
    # A Chinese character is as wide as two letters.
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in said)
    return f"  {said}{' ' * max(28 - width, 1)}{one_line(str(value))}"


def age_json(age: "Age") -> dict[str, Any]:
    """The same as members of a document."""
    return {
        "snapshot_at": age.snapshot_at and plain(age.snapshot_at),
        "received_at": age.received_at and plain(age.received_at),
        "hours_old": None if age.old is None else round(age.old / timedelta(hours=1), 1),
        "hours_agreed": None if age.agreed is None else round(age.agreed / timedelta(hours=1), 1),
        "stale": age.stale,
    }
