"""Preset and agreement, key by key: the agreement's value, else the preset's, else the node's default, each with its origin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.agreements.origins import Origin, key_lines
from node.agreements.parameters import PARAMETERS, why_refused
from node.configuration import Problems, nearest, read_toml

#: What a preset says beside its parameters.
_ABOUT = frozenset({"title", "source", "reason"})


@dataclass(frozen=True, slots=True)
class Layer:
    """The parameters that one file sets, each with its line."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def origin(self, key: str) -> Origin:
        """Where this file says `key`."""
        return Origin(self.file, key, self.lines.get(key) or self.lines.get(f"{key}[1]"))


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every parameter with its value and origin."""

    values: Mapping[str, Any]
    origins: Mapping[str, Origin]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


def read_layer(tables: Mapping[str, Any], file: str, lines: Mapping[str, int], problems: Problems) -> Layer:
    """The parameters in the tables of a file. Unknown keys and values that this node cannot do are problems."""
    return read_parameters(dict(flat(tables)), file, problems, lines)


def read_parameters(said: Mapping[str, Any], file: str, problems: Problems, lines: Mapping[str, int] | None = None) -> Layer:
    """Parameters by their dotted keys. Unknown keys and values that this node cannot do are problems."""
    values: dict[str, Any] = {}
    for key, value in said.items():
        parameter = PARAMETERS.get(key)
        if parameter is None:
            problems.add(file, key, "is not known", nearest(key, PARAMETERS))
        elif (why := why_refused(parameter, value)) is not None:
            problems.add(file, key, why)
        else:
            values[key] = value
    return Layer(file, values, lines or {})


def flat(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted keys."""
    for name, value in tables.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict):
            yield from flat(value, key)
        else:
            yield key, value


def resolve(preset: Layer, agreement: Layer) -> Resolved:
    """Preset (+) agreement."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for key, parameter in PARAMETERS.items():
        layer = next((one for one in (agreement, preset) if key in one.values), None)
        values[key] = layer.values[key] if layer else parameter.default
        origins[key] = layer.origin(key) if layer else Origin()
    return Resolved(values, origins)


def read_preset(name: str, folders: tuple[Path, ...], problems: Problems) -> Layer | None:
    """The preset of this name from the first folder that has it; None, and a problem noted, for none or a bad one."""
    path = next((path for folder in folders if (path := folder / f"{name}.toml").is_file()), None)
    if path is None:
        known = {one.stem for folder in folders if folder.is_dir() for one in folder.glob("*.toml")}
        problems.add("profile", name, "no such preset", nearest(name, known))
        return None
    file = f"profiles/messaging/{path.name}"
    before = len(problems.found)
    tables = read_toml(path, problems, file)
    if not tables:
        return None
    if not isinstance(tables.get("source"), str):
        problems.add(file, "source", "is required: the document that prescribes these values")
    lines = key_lines(path.read_text("utf-8"))
    layer = read_layer({k: v for k, v in tables.items() if k not in _ABOUT}, file, lines, problems)
    return layer if len(problems.found) == before else None
