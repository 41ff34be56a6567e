"""`n2n aeo`: the status of foreign operators, and who asked for it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli import aeo_board, aeo_own, aeo_verify
from node.cli.aeo_verify import KNOWN_AT, PURPOSES, check_one_of
from node.cli.aeo_words import age_json, fact, told_age, word
from node.cli.instants import read_instant
from node.cli.invocation import Json, current, plain, show
from node.cli.language import Language
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.operators.history import Row
    from node.customs.operators.look_up import Answer, Question

SCHEMES = (*aeo_verify.SCHEMES, "NAME")

Scheme = Annotated[
    str, typer.Option("--scheme", help=f"One of {', '.join(SCHEMES)}; else any identifier. NAME looks for part of a name.")
]
Who = Annotated[str, typer.Option("--who", help="Who asks, for the query log; else the user of this machine.")]
Purpose = Annotated[str, typer.Option("--purpose", help=f"Why, for the query log: {', '.join(PURPOSES)}.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Authorised economic operators: status of foreign ones, and our own list.", no_args_is_help=True)
    group.command("lookup")(lookup)
    group.command("match")(match)
    aeo_board.register(group)
    group.command("queries")(queries)
    aeo_verify.register(group)
    aeo_own.register(group)
    app.add_typer(group, name="aeo")


def lookup(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="An identifier in any scheme, or part of a name with --scheme NAME.")
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="The day asked about, such as 2026-11-20; else today.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="INSTANT", help="As its authority knew it then; else as it knows it now.")
    ] = None,
    to_us: Annotated[bool, typer.Option("--to-us", help="As it was known to us, by when the message came.")] = False,
    scheme: Scheme = "",
    who: Who = "",
    purpose: Purpose = "CLEARANCE",
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show the status of an operator on a day, since when, how old the data is, from which message, and its history.

    Example: n2n aeo lookup TW45725232 --as-of 2026-11-20
    """
    from node.customs.operators.look_up import Question

    _check(lang, scheme, purpose)
    node = _open()
    try:
        now = node.clock.now()
        day = _day("--as-of", as_of) if as_of else now.date()
        question = Question(identifier, scheme, day, read_instant("--known-at", known_at, KNOWN_AT) if known_at else now, to_us)
        answers = _asked(node, question, who, purpose)
    finally:
        node.close()
    _show(question, answers, lang)


def match(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The operator's code as the declaration has it.")],
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day of the declaration.")],
    scheme: Scheme = "",
    who: Who = "",
    purpose: Purpose = "CLEARANCE",
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Say which operator a declared code means, and which status it had that day as we knew it then.

    Example: n2n aeo match TWAEO000001 --on 2026-11-18
    """
    from node.customs.operators.look_up import Question

    _check(lang, scheme, purpose)
    day = _day("--on", on)
    node = _open()
    try:
        # What came on that day counts for it; of a day that has not ended, what came until now.
        end = datetime.combine(day, time.max, UTC)
        question = Question(code, scheme, day, min(end, node.clock.now()), to_us=True)
        answers = _asked(node, question, who, purpose)
    finally:
        node.close()
    _show(question, answers, lang)


def queries(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most as many, the latest first.")] = 50, _json: Json = False
) -> None:
    """Show who looked up what, when and why."""
    from node.cli.invocation import table

    node = _open()
    try:
        rows = [asdict(one) for one in node.operators.queries(limit)]
    finally:
        node.close()
    cells = [[row[name] for name in ("at", "who", "purpose", "asked", "found")] for row in rows]
    show({"queries": rows}, table(("AT", "WHO", "PURPOSE", "ASKED", "FOUND"), cells))


def _open() -> "Node":
    from node.app import Node

    return Node.open(current.home_folder(), current.passwords())


def _check(lang: str, scheme: str, purpose: str) -> None:
    from node.customs.operators.labels import LANGUAGES

    for option, value, allowed in (
        ("--lang", lang, LANGUAGES),
        ("--scheme", scheme, ("", *SCHEMES)),
        ("--purpose", purpose, PURPOSES),
    ):
        check_one_of(option, value, allowed)


def _day(option: str, text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise CommandFailed(ExitCode.USAGE, option, f"{text!r} is no day", "write it as 2026-11-20") from error


def _asked(node: "Node", question: "Question", who: str, purpose: str) -> "list[Answer]":
    """The answers, and a line in the query log whatever they are."""
    from node.customs.operators.look_up import look_up
    from node.customs.operators.port import Query

    now = node.clock.now()
    answers = look_up(question, node.operators, node.agreed_age, now)
    asker = current.person(who)
    node.operators.note(Query(now, asker, purpose, question.words(), len(answers)))
    return answers


# -- look-ups ------------------------------------------------------------------------------------------------------


def _show(question: "Question", answers: "list[Answer]", lang: str) -> None:
    known = word("known to us at" if question.to_us else "known at", lang)
    head = f"{word('as of', lang)} {question.day}, {known} {plain(question.known_at)}"
    document = {
        "asked": question.identifier,
        "scheme": question.scheme or None,
        "as_of": question.day,
        "known_at": question.known_at,
        "known_to": "us" if question.to_us else "sender",
        "operators": [_answer_json(one) for one in answers],
    }
    lines = [text for one in answers for text in ("", *_answer_lines(question, one, lang))]
    if not answers:
        lines = ["", f"{word('nobody', lang)}: {one_line(question.identifier)}"]
    show(document, [head, *lines])
    if not answers:
        raise typer.Exit(ExitCode.NOT_FOUND)


def _answer_json(answer: "Answer") -> dict[str, Any]:
    history = answer.history
    return {
        **{name: getattr(history, name) for name in ("sender", "programme", "tin", "tier")},
        "status": answer.status,
        "recognised": answer.recognised,
        "record": _row_json(answer.row),
        "announced": _row_json(answer.announced),
        "before_it_was_deleted": _row_json(answer.before),
        "on_the_other_clock": answer.other.record.status if answer.other else "NOT-FOUND",
        "data": age_json(answer.age),
        "conflicts": list(answer.conflicts),
        "history": [_row_json(row) for row in history.rows],
    }


def _row_json(row: "Row | None") -> dict[str, Any] | None:
    if row is None:
        return None
    record = row.record
    return {
        "status": record.status,
        "reason": record.reason or None,
        "since": record.valid_from.isoformat(),
        "until": record.valid_to and record.valid_to.isoformat(),
        "version": record.version,
        "operation": record.operation,
        "name": record.name or None,
        "local_name": record.local_name.words if record.local_name else None,
        "aeo_number": record.aeo_number or None,
        "identifiers": {one.scheme: one.id for one in record.identifiers},
        "roles": list(record.roles),
        "validated": record.validation_date and record.validation_date.isoformat(),
        "recorded_at": plain(record.recorded_at.astimezone(UTC)),
        "known_from": plain(row.known_from),
        "known_until": row.known_until and plain(row.known_until),
        "received_at": plain(row.received_at),
        "received_until": row.received_until and plain(row.received_until),
        "source": {"document": row.source.document_id, "message": row.source.message_id, "sha256": row.source.sha256},
    }


def _answer_lines(question: "Question", answer: "Answer", lang: str) -> Iterator[str]:
    row, history = answer.announced or answer.row, answer.history
    yield f"{history.tin} {history.tier}  {word(answer.status, lang)}  ({history.sender} {history.programme})"
    yield fact("recognised", word("yes" if answer.recognised else "no", lang), lang)
    if row is not None:
        yield from _row_lines(row, lang)
    if answer.announced is not None:
        yield fact("status", word("announced", lang), lang)
    if answer.before is not None:
        closed = plain(answer.before.known_until or answer.before.received_until)
        said = f"{word(answer.before.record.status, lang)} {word('since', lang)} {answer.before.record.valid_from}"
        yield fact("before", f"{said}, {word('closed', lang)} {closed}", lang)
    other = "to sender" if question.to_us else "to us"
    yield fact(other, word(answer.other.record.status if answer.other else "NOT-FOUND", lang), lang)
    yield fact("data", told_age(answer.age, lang), lang)
    for conflict in answer.conflicts:
        yield fact("conflict", conflict, lang)
    yield f"  {word('history', lang)}"
    for one in history.rows:
        yield f"    {_history_line(one, lang)}"


def _row_lines(row: "Row", lang: str) -> Iterator[str]:
    record = row.record
    names = " · ".join(filter(None, (record.name, record.local_name.words if record.local_name else "", *record.aliases)))
    address = record.address
    where = ", ".join((*address.lines, address.city, address.postcode, address.country)) if address else ""
    facts = {
        "name": names,
        "address": where.replace(", ,", ","),
        "identifiers": ", ".join(f"{scheme} {value}" for scheme, value in record.every_identifier()),
        "roles": " ".join(record.roles),
        "since": record.valid_from.isoformat(),
        "until": record.valid_to.isoformat() if record.valid_to else "",
        "reason": record.reason,
        "validated": record.validation_date.isoformat() if record.validation_date else "",
        "source": row.source.document_id,
        "message": row.source.message_id,
        "received": plain(row.received_at),
    }
    for name, value in facts.items():
        if value:
            yield fact(name, value, lang)


def _history_line(row: "Row", lang: str) -> str:
    record = row.record
    ends = f"..{record.valid_to}" if record.valid_to else ".."
    known = f"{plain(row.known_from)}..{plain(row.known_until)}"
    return (
        f"{word(record.status, lang)} {record.valid_from}{ends}  v{record.version}  {word('known at', lang)} {known}"
        f"  {word('received', lang)} {plain(row.received_at)}  {one_line(row.source.document_id)}"
    )
