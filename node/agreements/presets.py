"""Presets: what a network prescribes, one value a line with its source; a preset may be based on another, so that nothing is said twice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from node.agreements.origins import Origin, key_lines
from node.agreements.parameters import PARAMETERS
from node.agreements.requirements import Requirement, read_requires
from node.agreements.resolve import Layer, Resolved, read_layer, resolve
from node.agreements.weakened import Weakened, read_weakened, still_weakened
from node.configuration import Problems, Table, nearest, read_toml

#: Tables of an agreement for which a preset may say what holds unless the agreement says otherwise.
DEFAULTED: Final = ("calendar", "ladder")
#: What a preset says beside its parameters.
_ABOUT: Final = ("title", "source", "reason", "base", "unsupported", "weakened", "requires", *DEFAULTED)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: What stands after a value; a URI with a # ends in a quotation mark.
_COMMENT: Final = re.compile(r"#\s*([^\"#]*)$")


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset with everything that it is based on."""

    name: str
    title: str
    source: str
    #: What it says itself, then what it is based on: the nearest first.
    layers: tuple[Layer, ...]
    resolved: Resolved
    requires: Mapping[str, Requirement] = field(default_factory=dict)
    #: Where it, or what it is based on, protects less than its own base, with the reasons.
    weakened: tuple[Weakened, ...] = ()
    #: `[calendar]` and `[ladder]` of agreements that say nothing else.
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: The clauses that the lines of parameters name.
    clauses: Mapping[str, str] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    #: Why no agreement can be based on it, or empty.
    unsupported: str = ""

    def whole(self) -> Layer:
        """All that it and its bases say, as one layer."""
        values: dict[str, Any] = {}
        for layer in reversed(self.layers):
            values.update(layer.values)
        return Layer(self.file, values, {})

    @property
    def file(self) -> str:
        """Where it stands."""
        return self.layers[0].file

    def origin(self, key: str) -> Origin:
        """The place of any key that it or what it is based on says."""
        layer = next((one for one in self.layers if key in one.lines), None)
        return layer.origin(key) if layer else Origin()


def read_preset(name: str, folders: Sequence[Path], problems: Problems) -> Preset | None:
    """The preset of this name from the first folder that has it; None, and a problem noted, for none or a bad one."""
    return _read(name, tuple(folders), problems, ("profile", ()))


def preset_names(folders: Iterable[Path]) -> list[str]:
    """The names of all presets."""
    return sorted({one.stem for folder in folders if folder.is_dir() for one in folder.glob("*.toml")})


def _read(name: str, folders: tuple[Path, ...], problems: Problems, asked: tuple[str, tuple[Path, ...]]) -> Preset | None:
    """`asked` is who asks: the place for a problem, and the files that led here."""
    place, above = asked
    # A preset of a home may be based on the shipped one of its own name. A name is no path: somebody else may have written it.
    searched = folders if _NAME.fullmatch(name) else ()
    path = next(
        (found for one in searched if (found := one / f"{name}.toml").is_file() and found != (above or (None,))[-1]), None
    )
    if path in above or (path is None and above and above[-1].stem == name):
        problems.add(place, "base", f"{name} is based on itself", "name another base, or none")
        return None
    if path is None:
        problems.add(place, name, "no such preset", nearest(name, preset_names(folders)))
        return None
    file, before = f"profiles/messaging/{path.name}", len(problems.found)
    tables = read_toml(path, problems, file)
    if not tables:
        return None
    top = Table({key: tables[key] for key in _ABOUT if key in tables}, file, problems)
    if not isinstance(tables.get("source"), str):
        problems.add(file, "source", "is required: the document that prescribes these values")
    text = path.read_text("utf-8")
    layer = read_layer({key: value for key, value in tables.items() if key not in _ABOUT}, file, key_lines(text), problems)
    base = None
    if base_name := top.text("base"):
        base = _read(base_name, folders, problems, (file, (*above, path)))
    if len(problems.found) > before:
        return None
    preset = _made(name, top, layer, base, text)
    return preset if len(problems.found) == before else None


def _made(name: str, top: Table, layer: Layer, base: Preset | None, text: str) -> Preset:
    resolved = (base.resolved if base else resolve()).under(layer)
    weakened: tuple[Weakened, ...] = ()
    if base:
        own = read_weakened(top, base.name, base.resolved, resolved, layer.values)
        again = {one.key for one in own}
        weakened = (*still_weakened((one for one in base.weakened if one.key not in again), resolved), *own)
    elif "weakened" in top.values:
        top.problem("weakened", "is about what a preset is based on, and this one is based on nothing", "leave it out")
    return Preset(
        name=name,
        title=top.text("title", name),
        source=top.text("source"),
        layers=(layer, *(base.layers if base else ())),
        resolved=resolved,
        requires={**(base.requires if base else {}), **read_requires(top, layer.lines)},
        weakened=weakened,
        defaults={one: {**(base.defaults.get(one, {}) if base else {}), **top.rest(one)} for one in DEFAULTED},
        clauses={**(base.clauses if base else {}), **_clauses(layer, text)},
        bases=(base.name, *base.bases) if base else (),
        unsupported=top.text("unsupported") or (base.unsupported if base else ""),
    )


def _clauses(layer: Layer, text: str) -> dict[str, str]:
    lines = text.splitlines()
    found = {}
    for key in layer.values:
        number = layer.origin(key).line
        comment = _COMMENT.search(lines[number - 1]) if number else None
        found[key] = comment[1].strip() if comment else ""
    return {key: found[key] for key in PARAMETERS if key in found}
