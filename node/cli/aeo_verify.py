"""`n2n aeo verify`: a partner is asked about its operator now."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.answers import awaited, check_served
from node.cli.instants import read_instant
from node.cli.invocation import Json, current, plain, show
from node.cli.language import Language, chosen
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.operators.asking import Told
    from node.customs.operators.record import OperatorRecord

SCHEMES = ("TIN", "AEO", "TW-UBN", "CN-USCC", "LEI", "EORI", "MID", "LOCAL")
PURPOSES = ("CLEARANCE", "AUDIT", "RISK")
KNOWN_AT = "write it as 2026-11-20T08:00Z"
_RESULTS = {
    "FOUND": ("found", "查有紀錄"),
    "NOT-FOUND": ("not found, or not for us to know", "查無紀錄，或不得揭露予本機關"),
    "NOT-YOURS": ("not an operator of this partner", "非該夥伴之業者"),
    "LATER": ("asked to try again later", "請稍後再查"),
}


def register(group: typer.Typer) -> None:
    """Add to `n2n aeo`."""
    group.command("verify")(verify)


def check_one_of(option: str, value: str, allowed: Sequence[str]) -> None:
    """Raises CommandFailed with what an option may say."""
    if value not in allowed:
        raise CommandFailed(ExitCode.USAGE, option, f"{value!r} is none", f"one of {', '.join(filter(None, allowed))}")


def verify(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The operator's identifier.")],
    partner: Annotated[str, typer.Option(help="Whom to ask, as aeo.toml calls it.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="The day asked about, such as 2026-11-20; else today.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="INSTANT", help="As the partner knew it then; else as it knows it now.")
    ] = None,
    scheme: Annotated[str, typer.Option(help=f"One of {', '.join(SCHEMES)}.")] = "TIN",
    purpose: Annotated[str, typer.Option(help=f"Why: {', '.join(PURPOSES)}.")] = "CLEARANCE",
    who: Annotated[str, typer.Option("--who", help="Who asks, for our query log; else the user of this machine.")] = "",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for the answer; n2n serve must run.")] = 30,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Ask a partner now for the status of one of its operators, without waiting for its next list.

    Exit code 0 when it is found and active that day, 1 when not, 4 when nobody serves this home, 6 when no answer came in time.

    Example: n2n aeo verify TW45725232 --partner tw
    """
    from node.customs.operators.asking import RESPONSE, holding, read_answer

    zh = chosen(lang)
    for option, value, allowed in (("--scheme", scheme, SCHEMES), ("--purpose", purpose, PURPOSES)):
        check_one_of(option, value, allowed)
    day = _day(as_of) if as_of else None
    instant = read_instant("--known-at", known_at, KNOWN_AT) if known_at else None
    node = _open()
    try:
        now = node.clock.now()
        made = node.asking.query(partner, scheme, identifier, day or now.date(), instant, purpose, now)
        node.check_sending(made.submission.partner)
        check_served(node)
        with ordered(node, "aeo verify", who=who, about={"partner": partner}):
            node.submit(made.submission)
        told = read_answer(awaited(node, made, RESPONSE, timeout))
        _note(node, told, who, purpose, f"{scheme} {identifier} as of {told.day}, of {partner}")
    finally:
        node.close()
    show(_json_of(partner, identifier, told), _lines(partner, identifier, told, zh))
    if not any(holding(told)):
        raise typer.Exit(ExitCode.NO)


def _open() -> "Node":
    from node.app import Node

    return Node.open(current.home_folder(), current.passwords())


def _note(node: "Node", told: "Told", who: str, purpose: str, asked: str) -> None:
    from node.customs.operators.port import Query

    asker = current.person(who)
    node.operators.note(Query(node.clock.now(), asker, purpose, asked, len(told.records)))


def _json_of(partner: str, identifier: str, told: "Told") -> dict[str, Any]:
    return {
        "asked": identifier,
        "partner": partner,
        "as_of": told.day,
        "known_at": told.known_at,
        "result": told.result,
        "operators": [_record_json(one) for one in told.records],
    }


def _record_json(record: "OperatorRecord") -> dict[str, Any]:
    return {
        "tin": record.tin,
        "tier": record.tier,
        "status": record.status,
        "reason": record.reason or None,
        "since": record.valid_from,
        "until": record.valid_to,
        "name": record.name or None,
        "local_name": record.local_name.words if record.local_name else None,
        "aeo_number": record.aeo_number or None,
        "identifiers": {one.scheme: one.id for one in record.identifiers},
        "roles": list(record.roles),
        "recorded_at": record.recorded_at,
    }


def _lines(partner: str, identifier: str, told: "Told", zh: int) -> list[str]:
    from node.customs.operators.labels import label

    lang = ("en", "zh-Hant")[zh]
    result = _RESULTS.get(told.result, (told.result, told.result))[zh]
    lines = [f"{partner}: {one_line(identifier)} {result}, {label('as of', lang)} {told.day}, {plain(told.known_at)}"]
    for one in told.records:
        lines.append(
            f"{one.tin} {one.tier}  {label(one.status, lang)}  {label('since', lang)} {one.valid_from}  {one_line(one.name)}"
        )
        if one.reason:
            lines.append(f"  {label('reason', lang)} {one.reason}")
    return lines


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise CommandFailed(ExitCode.USAGE, "--as-of", f"{said!r} is no day", "write it as 2026-11-20") from None
