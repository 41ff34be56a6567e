"""`n2n evidence show`: what the log tells of a message, in plain words, with the six checks of its receipt."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import LARGEST, Json, plain, show, table
from node.cli.language import LANGUAGES, Language, chosen
from node.cli.looking_up import Direction, Partner, Who, Why, about_of, check_direction, note, opened, reason, the_message
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.app import Node
    from node.evidence.entry import Entry
    from node.evidence.finding import Finding
    from node.evidence.story import Story
    from node.retrieving import Message
    from node.store.evidence import Numbered


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("show")(show_)


def show_(
    what: Annotated[
        str,
        typer.Argument(metavar="MESSAGE-ID|NUMBER", help="A MessageId, or enough of its beginning; or the number of an entry."),
    ],
    why: Why,
    partner: Partner = "",
    direction: Direction = "",
    lang: Language = "en",
    who: Who = "",
    _json: Json = False,
) -> None:
    """Show what happened to a message, by whose clock, and whether its receipt proves it, in six checks; or one entry that is about no message.

    That somebody looked is itself put into the log, before anything is shown.

    Example: n2n evidence show 7c1f9@tw.example --why "case 2026/114"
    """
    because, zh = reason(why), chosen(lang)
    check_direction(direction)
    with opened() as node:
        numbered = _entry(node, int(what)) if what.isascii() and what.isdigit() else None
        message = _about(node, numbered) if numbered else the_message(node, what, partner, direction)
        if message is None:
            assert numbered is not None
            note(node, f"show {what}", because, who)
            show(_document_of(numbered), _lines_of(numbered, zh))
            return
        note(node, f"show {what}", because, who, about_of(message))
        story, entries = _story(node, message)
        show(_document(story, entries), _lines(story, zh))


def _entry(node: "Node", number: int) -> "Numbered":
    found = node.evidence.entry(number) if 0 < number <= LARGEST else None
    if found is None:
        log = node.evidence.log()
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"entry {number}", "is not in the log", f"it has {log.size if log else 0} entries, from 1"
        )
    return found


def _about(node: "Node", numbered: "Numbered") -> "Message | None":
    from node.retrieving import Message

    _, _, message_id, partner, direction = numbered.searched
    if message_id and partner and direction:
        return Message(message_id, partner, direction)
    found = node.proof.retrieving().named(message_id) if message_id else []
    return found[0] if len(found) == 1 else None


def _story(node: "Node", message: "Message") -> "tuple[Story, Mapping[int, Entry]]":
    from node.evidence.bundle import files_of
    from node.evidence.report import examined
    from node.evidence.story import stories

    # A time that has not come yet is not waited for: nobody is handed anything.
    evidence = node.proof.retrieving().gather([message], {"messages": [message.message_id]}, ask=False)
    case, findings = examined(files_of(evidence), node.clock.now())
    (story,) = stories(case, findings)
    return story, case.entries


def _lines(story: "Story", zh: int) -> "Iterator[str]":
    from node.evidence.report import mark, moment_row, particular_rows
    from node.evidence.report_words import OUTCOMES, label

    exchange = story.exchange
    heading, proves, does_not, acts = (pair[zh].format(partner=exchange.partner) for pair in OUTCOMES[story.outcome])
    yield f"{label('message', zh)} {exchange.message_id}: {heading}"
    yield f"{label('partner', zh)}: {exchange.partner}; {label('direction', zh)}: {label(exchange.direction, zh)}"
    if story.message is not None:
        info = story.message.collaboration_info
        yield f"{label('service', zh)}: {info.service.value}, {info.action}; {label('conversation', zh)}: {info.conversation_id}"
    yield ""
    titles = [label(one, zh) for one in ("entry", "fact", "at", "offset", "before")]
    yield from table(titles, [moment_row(one, zh) for one in story.moments])
    yield from (f"  {said}" for said in particular_rows(story, zh))
    for part in story.parts:
        size = label("absent", zh) if part.size is None else f"{part.size:,} {label('size', zh)}"
        yield f"{part.name}: {size}, SHA-256 {part.sha256}"
    for name, findings in (("signatures", story.signatures), ("six", story.six)):
        if findings:
            yield ""
            yield f"{label(name, zh)}:"
            yield from (f"  {mark(one, zh)} {f'{one.step}. ' if one.step else ''}{one.says(LANGUAGES[zh])}" for one in findings)
    yield ""
    for name, text in (("proves", proves), ("not", does_not), ("acts", acts)):
        yield f"{label(name, zh)}: {text}"


def _document(story: "Story", entries: "Mapping[int, Entry]") -> dict[str, Any]:
    exchange = story.exchange
    return {
        "message_id": exchange.message_id,
        "partner": exchange.partner,
        "direction": exchange.direction,
        "outcome": story.outcome,
        "entries": [
            {
                **_entry_row(one.number, entries[one.number]),
                "existed_before": plain(one.before) if one.before else None,
            }
            for one in story.moments
        ],
        "payloads": [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in story.parts],
        "signatures": _findings(story.signatures),
        "receipt": _findings(story.six),
    }


def _findings(findings: "tuple[Finding, ...]") -> list[dict[str, Any]]:
    return [one.as_json() for one in findings]


def _entry_row(number: int, entry: "Entry") -> dict[str, Any]:
    import json

    return {"number": number, **json.loads(entry.octets())}


def _document_of(numbered: "Numbered") -> dict[str, Any]:
    return _entry_row(numbered.number, numbered.entry)


def _lines_of(numbered: "Numbered", zh: int) -> "Iterator[str]":
    from node.evidence.report import moment, offset, particulars
    from node.evidence.report_words import KINDS, label

    entry = numbered.entry
    yield f"{label('entry', zh)} {numbered.number}: {KINDS[entry.kind.value][zh]}"
    yield f"{label('at', zh)}: {moment(entry.at)}; {label('offset', zh)}: {offset(entry.clock, zh)}"
    if said := particulars(entry, zh):
        yield said
    yield from (f"{name}: {value}" for name, value in {**entry.about, **entry.objects}.items())
