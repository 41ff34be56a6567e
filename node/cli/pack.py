"""`n2n pack`: which document types this node knows, and new ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import changing
from node.cli.document import Signatures, home_if_any, instant, make_offline, open_library
from node.cli.invocation import Json, current, say, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.customs.packs.pack import Pack
    from node.customs.packs.problems import PackProblem
    from node.library import PackFolder

Named = Annotated[str, typer.Argument(metavar="PACK", help="The id of a pack of the home or of the node, or its folder.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Packs: document types as files.", no_args_is_help=True)
    group.command("list")(list_packs)
    group.command("check")(check)
    group.command("new")(new)
    group.command("activate")(activate)
    app.add_typer(group, name="pack")


def list_packs(_json: Json = False) -> None:
    """Show every pack with its types, profiles and days.

    `shipped` came with the node, `active` was made active in this home, `home` is being written there and not used.

    Example: n2n pack list
    """
    from node.library import open_pack, pack_folders

    rows: list[dict[str, Any]] = []
    for one in pack_folders(home_if_any()):
        pack = open_pack(one.folder)
        rows.append(_row(one, pack))
    cells = [
        (r["id"], r["version"], r["state"], r["from"] or "always", r["partner"], ", ".join(r["types"] + r["extends"]))
        for r in rows
    ]
    show({"packs": rows}, table(("PACK", "VERSION", "STATE", "FROM", "PARTNER", "TYPES"), cells))


def _row(one: "PackFolder", pack: "Pack") -> dict[str, Any]:
    return {
        "id": pack.id,
        "version": pack.version,
        "state": one.state,
        "since": one.since,
        "from": "" if pack.begins.year == 1 else pack.begins,
        "to": pack.ends,
        "partner": pack.partner,
        "types": list(pack.types),
        "extends": [f"+{type_id}" for type_id in pack.extends],
        "profiles": [profile.id for profile in pack.profiles],
        "folder": one.folder,
    }


def check(
    name: Named,
    saxon: Annotated[
        bool, typer.Option("--saxon", help="Ask Saxon too (the extra `saxon`), where a rule needs no n2n function.")
    ] = False,
    _json: Json = False,
) -> None:
    """Try a pack: everything compiles, good samples are accepted with exactly their warnings, bad ones refused with exactly their rule.

    Exit code 0 when it keeps its word, 1 when not; every problem names its file.

    Example: n2n pack check n2n-co
    """
    one = _find(name)
    problems, samples = _tried(one)
    asked = _second_opinion(one, problems) if saxon and not problems else None
    rows = [{"file": problem.file, "problem": problem.problem} for problem in problems]
    lines = [f"{problem.file}: {problem.problem}" for problem in problems]
    show(
        {"ok": not problems, "samples": samples, "problems": rows, **({} if asked is None else {"saxon": asked})},
        [
            *lines,
            *([] if asked is None else [f"Saxon was asked {asked} rules of the pack as well"]),
            f"{len(problems)} problems" if problems else f"all is well: {samples} samples",
        ],
    )
    if problems:
        raise typer.Exit(ExitCode.NO)


def _tried(folder: Path) -> "tuple[list[PackProblem], int]":
    from node.customs.checking.brought import label_problems, list_problems, map_problems
    from node.customs.checking.trial import samples, trial
    from node.library import open_pack

    pack = open_pack(folder)
    if unreadable := list(list_problems(pack)):
        # No check can be made with such lists.
        return unreadable, 0
    library = open_library(more=[pack])
    problems = list(trial(pack, lambda: make_offline(library, None, Signatures.IGNORE)))
    problems += (*label_problems(pack), *map_problems(pack, library))
    return problems, sum(1 for _ in samples(pack))


def _second_opinion(folder: Path, problems: "list[PackProblem]") -> int:
    """Add what Saxon finds; how many rules it was asked. Raises CommandFailed without the extra."""
    from node.customs.checking.saxon import Saxon, SaxonMissing, is_asked, saxon_problems
    from node.library import open_pack

    try:
        engine = Saxon()
    except SaxonMissing as error:
        raise CommandFailed(
            ExitCode.USAGE, "--saxon", str(error), "install the extra: pip install 'customs-n2n-node[saxon]'"
        ) from None
    pack = open_pack(folder)
    problems += saxon_problems(pack, engine)
    return sum(1 for definition in pack.types.values() for rule in definition.rules if is_asked(rule))


def activate(name: Named, _json: Json = False) -> None:
    """Try a pack, and use it from now on: a frozen copy goes to profiles/documents/active, beside the versions before.

    Documents dated before its `from` are judged by the version before.

    Example: n2n pack activate inspection
    """
    from node.library import activate as freeze
    from node.library import open_pack

    home = current.home_folder()
    folder = _find(name)
    problems, _ = _tried(folder)
    if problems:
        for problem in problems:
            say(f"{problem.file}: {problem.problem}")
        raise CommandFailed(ExitCode.NOT_ALLOWED, problems[0].file, "the pack does not keep its word", f"n2n pack check {name}")
    pack = open_pack(folder)
    with changing(home, "pack activate", {"pack": pack.id}):
        copy = freeze(folder, home, instant(None))
    show({"id": pack.id, "version": pack.version, "folder": copy}, [f"{pack.id} {pack.version} is active: {copy}"])


def _find(name: str) -> Path:
    from node.customs.packs.pack import PACK_TOML
    from node.library import pack_folders

    if (Path(name) / PACK_TOML).is_file():
        return Path(name).resolve()
    found = [one.folder for one in pack_folders(home_if_any()) if one.folder.name == name]
    if not found:
        known = ", ".join(sorted({one.folder.name for one in pack_folders(home_if_any())}))
        raise CommandFailed(ExitCode.NOT_FOUND, name, "is no pack and no folder of one", f"known here: {known}")
    # What is being written comes last and is meant.
    return found[-1]


def new(
    pack_id: Annotated[str, typer.Argument(metavar="PACK", help="Lower-case letters, digits and hyphens.")],
    type_id: Annotated[str, typer.Option("--type", help="The document type that it adds, such as inspection.certificate.")],
    namespace: Annotated[str, typer.Option(help="Of its root element.")],
    root: Annotated[str, typer.Option(help="The name of its root element.")],
    _json: Json = False,
) -> None:
    """Write a pack to start from: a type, a schema, a rule, a profile and one good and one bad sample; it passes its trial as it is.

    Example: n2n pack new inspection --type inspection.certificate --namespace urn:example:inspection:1 --root InspectionCertificate
    """
    from node.cli.pack_new import write_pack

    home = current.home_folder()
    folder = home / "profiles" / "documents" / pack_id
    with changing(home, "pack new", {"pack": pack_id}):
        files = write_pack(folder, pack_id, type_id, namespace, root)
    show({"folder": folder, "files": files}, [f"{folder}/{name}" for name in files] + [f"next: n2n pack check {pack_id}"])
