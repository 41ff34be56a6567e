"""`n2n consignment show`: everything about one consignment in the order in which it happened."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, padded, plain, show
from node.cli.language import Language, chosen, word
from node.cli.notice import best
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.steps import OUTCOMES, head

if TYPE_CHECKING:
    from node.customs.packs.library import Packs
    from node.timeline import Happening, Timeline


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Consignments: what was said about one, whoever said it.", no_args_is_help=True)
    group.command("show")(show_)
    # A group of one command would be the command itself.
    group.callback()(lambda: None)
    app.add_typer(group, name="consignment")


def show_(
    name: Annotated[
        str, typer.Argument(metavar="UCR|NUMBER", help="A UCR, or the number of a transport document, certificate, manifest, ..")
    ],
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show the timeline of a consignment: every certificate, manifest, arrival, response, state and message about it.

    A UCR leads to its bill of lading in the manifest, that to the arrival, and so on; containers and invoices, which many share, lead nowhere.

    Example: n2n consignment show 6JPKSL26-00007
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found, packs = node.on_file.timelines.about(name), node.on_file.packs
        notices = [node.noticing.of(one) for one in found.documents if one.about.type_id == "not.notice"]
    finally:
        node.close()
    if not found.documents:
        raise CommandFailed(ExitCode.NOT_FOUND, name, "nothing is on file about it", "n2n document list")
    # What a RESTRICTED one says is for named officers.
    subjects = {one.entry.id: best(one.subjects, zh) for one in notices if not one.restricted}
    show(_json_of(found, subjects), _lines(found, packs, zh, subjects))


def _json_of(found: "Timeline", subjects: Mapping[int, str]) -> dict[str, Any]:
    return {
        "name": found.value,
        "kinds": list(found.kinds),
        "also_named": [{"kind": kind, "value": value} for kind, value in found.names],
        "more": found.more,
        "documents": [
            {**head(entry), **({"subject": subjects[entry.id]} if entry.id in subjects else {})} for entry in found.documents
        ],
        "timeline": [_happening_json(one) for one in found.happenings],
    }


def _happening_json(one: "Happening") -> dict[str, Any]:
    told: dict[str, Any] = {"at": one.at, "kind": one.kind, "document": one.entry.id, "type": one.entry.about.type_id}
    if one.turn is not None:
        return {
            **told,
            "machine": one.turn.machine,
            "before": one.turn.before,
            "after": one.turn.after,
            "event": one.turn.event,
            "number": one.number,
        }
    if one.kind == "message":
        return {**told, "message_id": one.entry.carried.message_id, "event": one.event, "state": one.detail}
    return {**told, "outcome": one.entry.outcome, "number": one.entry.about.number}


def _lines(found: "Timeline", packs: "Packs", zh: int, subjects: Mapping[int, str]) -> Iterator[str]:
    yield one_line(found.value) + (f"  ({', '.join(found.kinds)})" if found.kinds else "")
    if found.names:
        yield f"{word('also named', zh)}: {', '.join(f'{kind} {one_line(value)}' for kind, value in found.names)}"
    if found.more:
        yield word("more", zh)
    yield ""
    for one in found.happenings:
        yield f"{plain(one.at)}  {_said(one, packs, zh)}"
        if one.kind == "document" and subjects.get(one.entry.id):
            yield f"{' ' * len(plain(one.at))}  {one_line(subjects[one.entry.id])}"


def _said(one: "Happening", packs: "Packs", zh: int) -> str:
    about, turn = one.entry.about, one.turn
    if turn is not None:
        machine = packs.machines(_owner(one, packs)).get(turn.machine)
        said = machine.states.get(turn.after) if machine is not None else None
        shown = f"  {(said.name_en, said.name_zh)[zh]}" if said is not None else ""
        return f"  {one_line(one.number)} {word(turn.machine, zh)}: {turn.before or '-'} -> {turn.after}{shown}"
    if one.kind == "message":
        return f"  {one_line(one.entry.carried.message_id)}  {one.event} {one.detail}".rstrip()
    definition = packs.named(about.type_id)
    name = (definition.name_en, definition.name_zh)[zh] if definition is not None else about.type_id
    number = f" {one_line(about.number)}" if about.type_id != "gen.response" else ""
    version = f" {word('version', zh)} {about.version}" if about.version else ""
    outcome = word("held", zh) if one.entry.held else OUTCOMES.get(one.entry.outcome, (one.entry.outcome,) * 2)[zh]
    way = word("sent" if one.entry.carried.direction == "out" else "received", zh)
    return f"{padded(way, 8)}  {name}{number}{version}  {one_line(about.sender)} -> {one_line(about.recipient)}  {outcome}  #{one.entry.id}"


def _owner(one: "Happening", packs: "Packs") -> str:
    """The type whose life cycle a document moves."""
    assert one.turn is not None
    name = one.turn.machine
    if name in packs.machines(one.entry.about.type_id):
        return one.entry.about.type_id
    return next((each.id for each in packs.types() if name in packs.machines(each.id)), "")
