"""`n2n manifest show`: what was reported and what arrived."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, padded, plain, show, wide
from node.cli.language import Language, chosen, word
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.steps import head

if TYPE_CHECKING:
    from node.landing import Landed, Landing


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Manifests: what was reported and what arrived.", no_args_is_help=True)
    group.command("show")(show_)
    # A group of one command would be the command itself.
    group.callback()(lambda: None)
    app.add_typer(group, name="manifest")


def show_(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the cargo report.")],
    all_: Annotated[bool, typer.Option("--all", help="Every consignment, not only those that differ.")] = False,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show a manifest with its versions, and hold what arrived against what was reported: short, over, not landed.

    Example: n2n manifest show JPTYO-KSL-2026-1118
    """
    from node.app import Node
    from node.customs.filing.on_file import NoLongerThere

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = node.on_file.landings.find(number)
    except NoLongerThere as error:
        raise CommandFailed(ExitCode.NOT_FOUND, f"manifest {number}", str(error), "look into the archive of retention") from None
    finally:
        node.close()
    if not found:
        raise CommandFailed(ExitCode.NOT_FOUND, f"manifest {number}", "none is on file", "n2n document list")
    lines = [line for one in found for line in _lines(one, zh, every=all_)]
    show({"manifests": [_json_of(one) for one in found]}, lines)


def _json_of(one: "Landing") -> dict[str, Any]:
    return {
        "state": one.state,
        "en": one.en,
        "zh": one.zh,
        "versions": [head(entry) for entry in one.versions],
        "arrival": head(one.arrival) if one.arrival is not None else None,
        "consignments": [
            {
                "document": each.document,
                "ucr": each.ucr or None,
                "landing": each.code,
                "reported": each.reported,
                "found": each.found,
                "differs": each.differs,
            }
            for each in one.consignments
        ],
    }


def _lines(one: "Landing", zh: int, *, every: bool) -> Iterator[str]:
    latest = one.versions[-1].about
    yield f"{word('manifest', zh)} {one_line(latest.number)}  {one_line(latest.sender)} -> {one_line(latest.recipient)}"
    yield f"{word('report', zh)}  {one.state}  {(one.en, one.zh)[zh]}"
    for version in one.versions:
        yield f"{word('version', zh)} {version.about.version}  {plain(version.registered_at)}  #{version.id}"
    arrival = f"{plain(one.arrival.registered_at)}  #{one.arrival.id}" if one.arrival is not None else word("awaited", zh)
    yield f"{word('arrival', zh)}  {arrival}"
    differing = [each for each in one.consignments if each.differs]
    summary = f"{len(differing)} {word('differ', zh)}" if differing else word("all landed", zh)
    yield f"{len(one.consignments)} {word('consignments', zh)}" + (f", {summary}" if one.arrival is not None else "")
    shown = list(one.consignments) if every else differing
    if shown:
        yield ""
        yield from _table(shown, zh)


def _table(shown: "list[Landed]", zh: int) -> Iterator[str]:
    rows = [
        (word(each.code, zh), one_line(each.document), one_line(each.ucr), _amount(each.reported), _amount(each.found))
        for each in shown
    ]
    headings = ("", "", "UCR", word("reported", zh), word("found", zh))
    widths = [max(wide(row[place]) for row in (headings, *rows)) for place in range(len(headings))]
    for row in (headings, *rows):
        yield "  ".join(padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip()


def _amount(number: int | None) -> str:
    return "-" if number is None else str(number)
