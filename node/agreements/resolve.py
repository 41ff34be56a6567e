"""Preset and agreement, key by key: the agreement's value, else the preset's, else the node's default, each with its origin."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS, why_refused
from node.configuration import Problems, nearest

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Layer:
    """The parameters that one file sets, each with its line."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def origin(self, key: str) -> Origin:
        """Where this file says `key`."""
        return Origin(self.file, key, self.lines.get(key) or self.lines.get(f"{key}[1]"))


class Over(Mapping[str, V]):
    """A few values over many, which are shared."""

    __slots__ = ("_few", "_many")

    def __init__(self, few: Mapping[str, V], many: Mapping[str, V]) -> None:
        self._few, self._many = few, many

    def __getitem__(self, key: str) -> V:
        return self._few[key] if key in self._few else self._many[key]

    def __iter__(self) -> Iterator[str]:
        """In the order of what lies below."""
        return iter(self._many)

    def __len__(self) -> int:
        return len(self._many)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every parameter with its value and origin."""

    values: Mapping[str, Any]
    origins: Mapping[str, Origin]
    #: What follows from these values alone, once made.
    made: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: Any, make: Callable[[], V]) -> V:
        """What follows from these values alone: made once, and then shared by all who have the same."""
        found = self.made.get(name)
        if found is None:
            found = self.made[name] = make()
        kept: V = found
        return kept

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def under(self, layer: Layer) -> "Resolved":
        """These values with a layer over them. What the layer does not say is shared, so that ten thousand agreements on one preset hold it once."""
        if not layer.values:
            return self
        origins = {key: layer.origin(key) for key in layer.values}
        return Resolved(Over(layer.values, self.values), Over(origins, self.origins))


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
            continue
        spelled = parameter.spelled(value)
        if (why := why_refused(parameter, spelled)) is not None:
            problems.add(file, key, why, parameter.remedy)
        else:
            values[key] = spelled
    return Layer(file, values, lines or {})


def flat(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted keys."""
    for name, value in tables.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict):
            yield from flat(value, key)
        else:
            yield key, value


def resolve(*layers: Layer) -> Resolved:
    """The defaults of this node and the layers over them, the last one on top."""
    resolved = DEFAULTS
    for layer in layers:
        resolved = resolved.under(layer)
    return resolved


#: What holds where nobody says anything.
DEFAULTS: Final = Resolved({key: parameter.default for key, parameter in PARAMETERS.items()}, dict.fromkeys(PARAMETERS, Origin()))
