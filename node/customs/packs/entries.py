"""What an entry of a pack's TOML may be. Python takes a text for a list of its letters, and TOML writers forget brackets."""

from collections.abc import Collection, Mapping
from typing import Any


def texts(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The list of texts of that name; empty where there is none. Raises ValueError for anything else."""
    said = table.get(name, [])
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise ValueError(f"{name}: {said!r} is no list of texts; write it as {name} = [{_first(said)!r}]")
    return tuple(said)


def _first(said: Any) -> str:
    return str(said[0]) if isinstance(said, list) else str(said)


def one_of(table: Mapping[str, Any], name: str, allowed: Collection[str], default: str) -> str:
    """The text of that name, one of the allowed; the default where there is none. Raises ValueError for anything else."""
    said = table.get(name, default)
    if said not in allowed:
        raise ValueError(f"{name}: {said!r} is not one of {', '.join(sorted(allowed))}")
    return str(said)
