"""`n2n notice`: something that a person at the other authority must read."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import Json, current, plain, show, table
from node.cli.language import Language, chosen
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.customs.making.notice import About, Said
    from node.noticing import Known

Number = Annotated[str, typer.Argument(metavar="ID", help="The number of the notice, or of its document in the register.")]
_LANGUAGE = re.compile(r"([a-z]{2}(?:-[A-Za-z]{4})?)=(.+)", re.DOTALL)
_STATES = {
    "acknowledged": ("acknowledged", "已確認"),
    "waits": ("not acknowledged", "未確認"),
    "OVERDUE": ("OVERDUE", "逾期未確認"),
    "withdrawn": ("withdrawn", "已撤回"),
    "restricted": ("(for named officers: n2n notice show)", "（限指定人員閱覽：n2n notice show）"),
    "sent": ("sent", "發出"),
    "received": ("received", "收到"),
}


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Notices: something that a person at the other authority must read.", no_args_is_help=True)
    group.command("send")(send)
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("ack")(ack)
    group.command("withdraw")(withdraw)
    app.add_typer(group, name="notice")


def send(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="A folder of partners/.")],
    category: Annotated[str, typer.Option(help="SAFETY, SEIZURE, RISK, SYSTEM-OUTAGE or OTHER.")],
    subject: Annotated[
        list[str], typer.Option(metavar="[LANG=]TEXT", help="In English, or in the language named; once in each.")
    ],
    text: Annotated[list[str], typer.Option(metavar="[LANG=]TEXT", help="In the languages of the subject.")],
    priority: Annotated[str, typer.Option(help="URGENT, HIGH or NORMAL; it goes before what is less urgent.")] = "NORMAL",
    ack_by: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when it is to be acknowledged, such as 2026-11-20T18:00+08:00.")
    ] = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="For named officers: lists leave out what it says.")] = False,
    about: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=ID", help="UCR, TRANSPORT-DOCUMENT, EQUIPMENT, TIN, MESSAGE, or a document type; may be repeated."
        ),
    ] = None,
    number: Annotated[str | None, typer.Option(help="Its number; else a new one.")] = None,
    _json: Json = False,
) -> None:
    """Send a notice; URGENT and HIGH ones say until when they are to be acknowledged, and n2n document late tells when they were not.

    Example: n2n notice send kr --category SAFETY --priority URGENT --ack-by 2026-11-20T18:00+08:00 --subject "Fire on the quay"
    --text "Stop the consignment below." --about UCR=6TW2803AB7741
    """
    from node.app import Node
    from node.customs.making.notice import Notice

    by = _moment(ack_by) if ack_by else None
    subjects, texts = _said(subject), _said(text)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        now = node.clock.now()
        named = number or node.noticing.fresh_number(partner, now)
        handling = "RESTRICTED" if restricted else "GENERAL"
        notice = Notice(named, category, priority, subjects, texts, handling, by, [_about(one) for one in about or ()])
        made = node.noticing.make(partner, notice, now)
        node.check_sending(made.submission.partner)
        with ordered(node, "notice send", about={"partner": partner, "number": named}):
            exchange = node.submit(made.submission)
        served = node.served()
    finally:
        node.close()
    told = {
        "number": named,
        "document_id": made.document_id,
        "message_id": exchange.message_id,
        "partner": partner,
        "priority": exchange.priority,
        "served": served,
    }
    step = f"n2n notice show {named}" if served else "n2n serve (nobody serves this home now)"
    show(told, [f"notice {named} is submitted to {partner} as message {exchange.message_id}", f"next: {step}"])


def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most as many, the latest first.")] = 50,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that came and are to be acknowledged.")] = False,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show the notices that came and went, until when each is to be acknowledged, and whether it was.

    Example: n2n notice list --waiting
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        now = node.clock.now()
        found = [one for one in node.noticing.latest(limit) if not waiting or _waits(one)]
    finally:
        node.close()
    rows = [_row(one, now) for one in found]
    cells = [
        (
            *(row["id"], row["at"], _STATES[row["direction"]][zh], row["partner"], row["number"], row["priority"]),
            *(row["category"], row["acknowledge_by"], _STATES[row["state"]][zh]),
            _STATES["restricted"][zh] if row["restricted"] else best(one.subjects, zh),
        )
        for one, row in zip(found, rows, strict=True)
    ]
    headings = ("ID", "AT", "DIRECTION", "PARTNER", "NUMBER", "PRIORITY", "CATEGORY", "ACKNOWLEDGE BY", "", "SUBJECT")
    show({"notices": rows}, table(headings, cells))


def show_(number: Number, lang: Language = "en", _json: Json = False) -> None:
    """Show what one notice says, in every language in which it was written, RESTRICTED ones too.

    Example: n2n notice show TW-N-2026-0117
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found, now = node.noticing.one(number), node.clock.now()
    finally:
        node.close()
    row = {**_row(found, now), **_words(found)}
    show(row, _lines(found, row, zh))


def ack(number: Number, _json: Json = False) -> None:
    """Acknowledge a notice that came: a response of level L4 goes to its sender. The same command again changes nothing.

    Example: n2n notice ack TW-N-2026-0117
    """
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        with ordered(node, "notice ack", about={"number": number}):
            known, first = node.noticing.acknowledge(number, node.clock.now())
            node.answer()
        served = node.served()
    finally:
        node.close()
    about = known.entry.about
    said = "is acknowledged" if first else "was acknowledged before"
    lines = [f"notice {about.number} of {about.sender} {said}"]
    if not served:
        lines.append("next: n2n serve (nobody serves this home now)")
    show({"id": known.entry.id, "number": about.number, "again": not first, "served": served}, lines)


def withdraw(
    number: Number,
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="[LANG=]TEXT", help="Why, in the languages of the notice; else that it is withdrawn, no more."),
    ] = None,
    _json: Json = False,
) -> None:
    """Withdraw a notice of ours: nobody need acknowledge it any more. The same command again changes nothing.

    Example: n2n notice withdraw TW-N-2026-0117 --text "False alarm: the seals were intact."
    """
    from node.app import Node

    texts = _said(text or ())
    node = Node.open(current.home_folder(), current.passwords())
    try:
        with ordered(node, "notice withdraw", about={"number": number}):
            found = node.noticing.withdraw(number, texts, node.clock.now())
            if found.made is not None:
                node.submit(found.made.submission)
        served = node.served()
    finally:
        node.close()
    about, partner, again = found.known.entry.about, found.known.entry.carried.partner, found.made is None
    said = "was withdrawn before" if again else "is withdrawn"
    lines = [f"notice {about.number} {said}; message {found.message_id} tells {partner}"]
    if not served:
        lines.append("next: n2n serve (nobody serves this home now)")
    told = {"number": about.number, "message_id": found.message_id, "partner": partner, "again": again, "served": served}
    show({"id": found.known.entry.id, **told}, lines)


# -- what was asked for ------------------------------------------------------------------------------------------------


def _said(given: Sequence[str]) -> "list[Said]":
    from node.customs.making.notice import Said

    found = []
    for one in given:
        named = _LANGUAGE.fullmatch(one)
        found.append(Said(named[1], named[2]) if named else Said("en", one))
    return found


def _about(given: str) -> "About":
    from node.customs.making.notice import About

    kind, equals, number = given.partition("=")
    if not equals or not kind or not number:
        raise CommandFailed(
            ExitCode.USAGE, "--about", f"{given!r} is no KIND=ID", "such as UCR=6TW2803AB7741 or co.certificate=26-1"
        )
    # A document is named by its type, which has a dot.
    return About("DOCUMENT", number, kind) if "." in kind else About(kind, number)


def _moment(given: str) -> datetime:
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise CommandFailed(ExitCode.USAGE, "--ack-by", f"{given!r} is no time", "such as 2026-11-20T18:00+08:00") from None
    # What an officer says without a zone is the time of this machine.
    return at.astimezone() if at.tzinfo is None else at


# -- what is shown -----------------------------------------------------------------------------------------------------


def _waits(one: "Known") -> bool:
    return not one.ours and one.acknowledge_by is not None and one.acknowledged_at is None and not one.withdrawn


def _row(one: "Known", now: datetime) -> dict[str, Any]:
    from node.cli.steps import head

    row = head(one.entry)
    del row["outcome"], row["held"], row["version"], row["type"]
    return {
        **row,
        "priority": one.priority,
        "category": one.category,
        "restricted": one.restricted,
        "acknowledge_by": one.acknowledge_by and one.acknowledge_by.astimezone(UTC),
        "acknowledged_at": one.acknowledged_at,
        "state": _state(one, now),
        **({} if one.restricted else {"subject": {said.language: said.text for said in one.subjects}}),
    }


def _words(one: "Known") -> dict[str, Any]:
    return {
        "subject": {said.language: said.text for said in one.subjects},
        "text": {said.language: said.text for said in one.texts},
    }


def _state(one: "Known", now: datetime) -> str:
    if one.withdrawn:
        return "withdrawn"
    if one.acknowledged_at is not None:
        return "acknowledged"
    return "OVERDUE" if one.overdue(now) else "waits"


def best(said: "Sequence[Said]", zh: int) -> str:
    """A text in the language of the page where it was written in that, else in the first."""
    wanted = ("en", "zh-Hant")[zh]
    return next((one.text for one in said if one.language == wanted), said[0].text if said else "")


def _lines(one: "Known", row: dict[str, Any], zh: int) -> Iterator[str]:
    about = one.entry.about
    yield f"{one_line(about.number)}  {one.priority} {one.category} {one.handling}  {about.sender} -> {about.recipient}"
    by = f", {plain(row['acknowledge_by'])}" if row["acknowledge_by"] else ""
    at = f" {plain(one.acknowledged_at)}" if one.acknowledged_at else ""
    yield f"{_STATES[row['direction']][zh]} {plain(one.entry.registered_at)}{by}: {_STATES[row['state']][zh]}{at}"
    for language, subject in row["subject"].items():
        yield ""
        yield f"[{language}] {one_line(subject)}"
        yield one_line(row["text"].get(language, ""))
