"""How commands show what protects less than what it is based on."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from node.cli.invocation import red
from node.cli.problems import one_line

if TYPE_CHECKING:
    from node.agreements.weakened import Weakened


def weakened_rows(found: "Iterable[Weakened]") -> list[dict[str, Any]]:
    """Each one for --json."""
    return [
        {
            "key": one.key,
            "parameter": one.standard,
            "before": one.before,
            "after": one.after,
            "reason": one.reason,
            "origin": str(one.origin),
        }
        for one in found
    ]


def weakened_lines(name: str, found: "Iterable[Weakened]") -> list[str]:
    """Each one as a line that must not be overlooked."""
    from node.agreements.weakened import shown

    return [
        red(
            one_line(
                f"WEAKENED {name}: {one.standard} = {shown(one.after)} instead of {shown(one.before)}, because: {one.reason} ({one.origin})"
            )
        )
        for one in found
    ]
