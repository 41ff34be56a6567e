"""`n2n reconcile run|show`: the nights of a partner, and what differs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import Json, current, plain, show
from node.cli.language import Language, chosen
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.reconciling.entry import Period
    from node.store.nights import Night

Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="A folder of partners/.")]
NightOf = Annotated[str | None, typer.Option("--night", metavar="DATE", help="The day on which it ended, by UTC; else the last.")]

_WORDS = {
    "night": ("night", "對帳期間"),
    "sent": ("our list", "本方清單"),
    "compared": ("compared", "比對時間"),
    "waiting": ("theirs has not come", "對方清單尚未送達"),
    "AP": ("both sides agree", "雙方相符"),
    "CA": ("both sides agree so far", "目前相符"),
    "AJ": ("the sides differ", "雙方不符"),
    "totals": ("{} agree, {} differ, {} cannot be told yet", "{} 筆相符，{} 筆不符，{} 筆尚無法確認"),
    "more": ("{} more differences are not listed", "另有 {} 筆差異未列示"),
}


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("run")(run)
    group.command("show")(show_)


def run(partner: Partner, night: NightOf = None, lang: Language = "en", _json: Json = False) -> None:
    """Send our list of a night unless it was sent, and compare theirs if it has come: what n2n serve does by itself after every night.

    What was compared before is compared anew, with what is on file now. Exit code 0 when both sides agree, 1 when they differ, 6 when theirs has not come.

    Example: n2n reconcile run kr --night 2026-11-19
    """
    from node.app import Node
    from node.customs.reconciling.nights import manifest_id
    from node.reconciling import NoNight

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        _check_partner(node, partner)
        period = _period(node, night)
        with ordered(node, "reconcile run", about={"partner": partner}):
            node.reconciling.send(partner, period)
            found = node.reconciling.nights.night(partner, manifest_id(period))
            assert found is not None
            compared = node.reconciling.compare(found)
            node.answer()
        found = node.reconciling.nights.night(partner, found.number) or found
    except NoNight as error:
        raise CommandFailed(ExitCode.USAGE, partner, str(error)) from None
    finally:
        node.close()
    show(_json_of(found), _lines(found, zh))
    if compared is None:
        raise typer.Exit(ExitCode.TIMED_OUT)
    if not compared.agrees:
        raise typer.Exit(ExitCode.NO)


def show_(partner: Partner, night: NightOf = None, lang: Language = "en", _json: Json = False) -> None:
    """Show what came of a night: what is missing here or there, what has other octets or another step, and who does what about it.

    Exit code 0 when both sides agree or theirs has not come, 1 when they differ.

    Example: n2n reconcile show kr --lang zh-Hant
    """
    from node.app import Node
    from node.customs.reconciling.nights import manifest_id
    from node.reconciling import NoNight

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        _check_partner(node, partner)
        nights = node.reconciling.nights
        if night is None:
            # The last that was compared tells more than one that waits.
            known = nights.nights(partner, 2)
            found = next((one for one in known if one.compared_at is not None), known[0] if known else None)
        else:
            found = nights.night(partner, manifest_id(_period(node, night)))
    except NoNight as error:
        raise CommandFailed(ExitCode.USAGE, partner, str(error)) from None
    finally:
        node.close()
    if found is None:
        raise CommandFailed(ExitCode.NOT_FOUND, partner, "no list of that night was made", f"n2n reconcile run {partner}")
    show(_json_of(found), _lines(found, zh))
    if found.outcome == "AJ":
        raise typer.Exit(ExitCode.NO)


def _check_partner(node: "Node", partner: str) -> None:
    from node.reconciling import partners

    known = partners(node.setting.agreements)
    if partner not in known:
        problem = "lists of nights are not agreed with it"
        remedy = f"agreed with {', '.join(known)}" if known else "agree on rec.manifest of urn:n2n:customs:svc:rec"
        raise CommandFailed(ExitCode.USAGE, partner, problem, remedy)


def _period(node: "Node", night: str | None) -> "Period":
    if night is None:
        now = node.clock.now().astimezone(UTC)
        ends = datetime.combine(now.date(), node.reconciling.rhythm.ends_at, UTC)
        return node.reconciling.ending(now if ends <= now else now - timedelta(days=1))
    try:
        return node.reconciling.ending(datetime.strptime(night, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise CommandFailed(ExitCode.USAGE, "--night", f"{night!r} is no day", "such as 2026-11-19") from None


def _json_of(night: "Night") -> dict[str, Any]:
    return {
        "partner": night.partner,
        "night": night.number,
        "from": night.period.begins,
        "to": night.period.ends,
        "sent_at": night.sent_at,
        "compared_at": night.compared_at,
        "outcome": night.outcome or None,
        # Of which time, by which both sides agree or not; the same names as n2n reconcile compare.
        "result": dict(night.result) or None,
    }


def _lines(night: "Night", zh: int) -> Iterator[str]:
    def word(name: str) -> str:
        return _WORDS[name][zh]

    yield f"{word('night')} {night.number}  {plain(night.period.begins)} - {plain(night.period.ends)}"
    yield f"{word('sent')} {plain(night.sent_at)}"
    if night.compared_at is None:
        yield word("waiting")
        return
    result = night.result
    yield f"{word('compared')} {plain(night.compared_at)}: {word(night.outcome)}"
    for one in result["differences"]:
        yield from _difference(one, zh)
    if result.get("not_listed"):
        yield word("more").format(result["not_listed"])
    yield word("totals").format(result["agreed"], result["differ"], result["undecided"])


def _difference(one: Mapping[str, Any], zh: int) -> Iterator[str]:
    yield f"{one['rule']}  {one_line(one['zh' if zh else 'en'])}"
