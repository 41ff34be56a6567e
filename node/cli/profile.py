"""`n2n profile`: the presets that agreements are based on, value by value with their sources."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode
from node.cli.weakened import weakened_lines, weakened_rows

if TYPE_CHECKING:
    from pathlib import Path

    from node.agreements.presets import Preset

Name = Annotated[str, typer.Argument(metavar="NAME", help="A preset: a file of profiles/messaging, of the home or shipped.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Presets of networks, on which agreements are based.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("diff")(diff)
    app.add_typer(group, name="profile")


def list_(_json: Json = False) -> None:
    """Show every preset with its title and what it is based on."""
    from node.agreements.presets import preset_names
    from node.configuration import Problems

    problems, folders = Problems(), _folders()
    presets = [one for name in preset_names(folders) if (one := _read(name, problems)) is not None]
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "base": one.bases[0] if one.bases else None,
            "source": one.source,
            "file": one.file,
            "weakened": len(one.weakened),
            "unsupported": one.unsupported or None,
        }
        for one in presets
    ]
    cells = [
        (one["name"], "not supported" if one["unsupported"] else one["weakened"] or "no", one["base"] or "", one["title"])
        for one in rows
    ]
    show(
        {"profiles": rows, "problems": [str(one) for one in problems.found]},
        table(("NAME", "WEAKENED", "BASED ON", "TITLE"), cells),
    )
    problems.raise_if_any()


def show_(name: Name, _json: Json = False) -> None:
    """Show every resolved value of a preset with the standard's name, its clause, and the file and line that say it."""
    from node.agreements.agreements import text
    from node.agreements.parameters import PARAMETERS

    preset = _preset(name)
    resolved = preset.resolved
    rows = [
        {
            "parameter": parameter.standard,
            "key": key,
            "value": resolved[key],
            "clause": preset.clauses.get(key, ""),
            "origin": str(resolved.origins[key]),
        }
        for key, parameter in PARAMETERS.items()
        if parameter.honoured or resolved.origins[key].file
    ]
    demands = [
        {"fact": one.fact, "level": one.level, "says": one.words(), "clause": one.clause, "origin": str(one.origin)}
        for one in preset.requires.values()
    ]
    defaults = {name: dict(values) for name, values in preset.defaults.items() if values}
    head = [f"{preset.name}: {preset.title}", f"source: {preset.source}"]
    head += [f"based on: {', then '.join(preset.bases)}"] if preset.bases else []
    head += [f"not supported by this node: {preset.unsupported}"] if preset.unsupported else []
    lines = [*head, ""]
    lines += table(
        ("PARAMETER", "VALUE", "CLAUSE", "FROM"),
        [(one["parameter"], text(one["value"]), one["clause"], one["origin"]) for one in rows],
    )
    if demands:
        cells = [[one[column] for column in ("fact", "level", "says", "clause", "origin")] for one in demands]
        lines += ["", *table(("REQUIRED OF AN AGREEMENT", "LEVEL", "WHAT", "CLAUSE", "FROM"), cells)]
    for section, values in defaults.items():
        lines += ["", f"[{section}] unless the agreement says otherwise: {text(values)}"]
    lines += weakened_lines(preset.name, preset.weakened)
    document = {
        "name": preset.name,
        "title": preset.title,
        "source": preset.source,
        "bases": list(preset.bases),
        "unsupported": preset.unsupported or None,
        "parameters": rows,
        "requires": demands,
        "defaults": defaults,
        "weakened": weakened_rows(preset.weakened),
    }
    show(document, lines)


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A preset.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The preset that is compared with it.")],
    _json: Json = False,
) -> None:
    """Show what two presets say differently, and whether B protects more or less than A; 1 if anything differs.

    Example: n2n profile diff edelivery-as4-1.15 ics2-trader
    """
    from node.agreements.agreements import text
    from node.agreements.comparing import differences

    found = list(differences(_preset(a), _preset(b)))
    rows: list[dict[str, Any]] = [
        {
            "parameter": one.parameter,
            "key": one.key,
            "kind": one.kind,
            "a": one.a,
            "b": one.b,
            "rating": one.rating,
            "a_origin": str(one.a_origin),
            "b_origin": str(one.b_origin),
        }
        for one in found
    ]
    cells = [(one.parameter, one.kind, one.rating, text(one.a), text(one.b)) for one in found]
    lines = table(("PARAMETER", "SAID", "B IS", f"A: {a}", f"B: {b}"), cells) if cells else [f"{a} and {b} say the same"]
    show({"a": a, "b": b, "differences": rows}, lines)
    if found:
        raise typer.Exit(ExitCode.NO)


def _folders() -> "tuple[Path, ...]":
    """The presets of the home before those that came with the node; without a home, the latter alone."""
    from node.home import shipped_profiles

    shipped = shipped_profiles() / "messaging"
    try:
        home = current.home_folder()
    except CommandFailed:
        if current.home is not None:
            raise
        return (shipped,)
    return (home / "profiles" / "messaging", shipped)


def _read(name: str, problems: Any) -> "Preset | None":
    from node.agreements.presets import read_preset

    return read_preset(name, _folders(), problems)


def _preset(name: str) -> "Preset":
    """The preset of this name. Raises CommandFailed naming the nearest, ConfigurationError for a bad one."""
    from node.agreements.presets import preset_names
    from node.configuration import Problems, nearest

    names = preset_names(_folders())
    if name not in names:
        raise CommandFailed(ExitCode.NOT_FOUND, f"profile {name!r}", "no such preset", nearest(name, names))
    problems = Problems()
    preset = _read(name, problems)
    problems.raise_if_any()
    assert preset is not None
    return preset
