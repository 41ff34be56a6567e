"""`n2n co show|list`: what is on file about certificates of origin."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, current, padded, plain, show, table
from node.cli.language import Language, chosen, word
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.steps import OUTCOMES, head

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.filing.registration import Entry
    from node.dossier import Dossier, Item, Life, Link
    from node.store.lives import InState

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the certificate.")]
#: Certificates that are looked at for one list.
_MOST = 10_000
_RELATIONS = {"RPL": ("replaces", "replaced by"), "TCO": ("copies", "copied by"), "B2B": ("rests on", "rests on")}


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("show")(show_)
    group.command("list")(list_)


def show_(
    number: Number,
    issuer: Annotated[str | None, typer.Option(help="The issuing authority, where several have the number.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="As it was then: 2026-11-20 (its end) or an instant; else now.")
    ] = None,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show a certificate: every version, its three lives, what was used of it, what came before and after it, and every message about it.

    Example: n2n co show 013-26-0771339 --as-of 2026-11-20
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        at = _instant(as_of, node.clock.now())
        found = node.on_file.dossiers.find(number, issuer, at)
    finally:
        node.close()
    if not found:
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"certificate {number}", f"none is on file as of {plain(at)}", "n2n document list"
        )
    lines = [line for one in found for line in _lines(one, at, zh)]
    show({"as_of": at, "certificates": [dossier_json(one) for one in found]}, lines)


def _instant(said: str | None, now: datetime) -> datetime:
    if said is None:
        return now
    at = read_instant("--as-of", said, "2026-11-20 or 2026-11-20T12:00:00Z", "is no time")
    # A day alone is its end.
    return datetime.combine(at, time.max, UTC) if len(said) == len("2026-11-20") else at


def dossier_json(one: "Dossier") -> dict[str, Any]:
    """A certificate as JSON."""
    return {
        "number": one.subject[1],
        "issuer": one.subject[2],
        "issued_on": one.issued_on,
        "expires_on": one.expires_on,
        "lives": {life.machine: {"state": life.state, "en": life.en, "zh": life.zh, "since": life.since} for life in one.lives},
        "versions": [{**head(version), "function": version.about.function} for version in one.versions],
        "items": [_item_json(item) for item in one.items],
        "no_items": one.no_items or None,
        "before": [_link_json(link) for link in one.before],
        "after": [_link_json(link) for link in one.after],
        "verifications": [
            {
                "request": each.entry.about.number,
                "asked_at": each.entry.registered_at,
                "due": each.due,
                "answered_at": each.answered_by.registered_at if each.answered_by else None,
                "overdue": each.overdue,
            }
            for each in one.verifications
        ],
        "messages": [head(entry) for entry in one.about],
    }


def _item_json(item: "Item") -> dict[str, Any]:
    quantities = [
        {"unit": one.unit, "certified": str(one.certified), "used": str(one.used), "remaining": str(one.remaining)}
        for one in item.quantities
    ]
    return {"sequence": item.sequence, "description": item.description, "hs": item.hs, "quantities": quantities}


def _link_json(link: "Link") -> dict[str, Any]:
    return {"relation": link.relation, "number": link.number, "issuer": link.issuer or None, "on_file": link.entry is not None}


def _lines(one: "Dossier", at: datetime, zh: int) -> Iterator[str]:
    _, number, issuer = one.subject
    yield f"{word('certificate', zh)} {one_line(number)}  {word('issued by', zh)} {one_line(issuer)}  {word('as of', zh)} {plain(at)}"
    if one.issued_on:
        yield f"{word('issued on', zh)} {one_line(one.issued_on)}  {word('valid until', zh)} {one_line(one.expires_on)}"
    yield ""
    yield from (_life(life, zh) for life in one.lives)
    for each in one.verifications:
        asked = f"  {word('asked on', zh)} {one_line(each.entry.about.number)}  {word('due', zh)} {each.due or '-'}"
        ended = f"{word('answered', zh)} {plain(each.answered_by.registered_at)}" if each.answered_by else ""
        yield f"{asked}  {word('OVERDUE', zh) if each.overdue else ended}".rstrip()
    yield from _chain(one, zh)
    yield from ("", word("items", zh))
    for item in one.items:
        yield f"  {item.sequence}  {one_line(item.hs)}  {one_line(item.description)}"
        for quantity in item.quantities:
            amounts = ((word(name, zh), getattr(quantity, name)) for name in ("certified", "used", "remaining"))
            yield "     " + "  ".join(f"{name} {amount} {one_line(quantity.unit)}" for name, amount in amounts)
    if one.no_items:
        yield f"  {one.no_items}"
    yield from ("", word("versions", zh))
    for version in one.versions:
        when = plain(version.registered_at)
        yield f"  {version.about.version}  {when}  {_event(version)}  {version.about.document_id}"
    yield from ("", word("messages", zh))
    yield from entry_lines(one.about, zh)


def _life(life: "Life", zh: int) -> str:
    since = f"  {word('since', zh)} {plain(life.since)}" if life.since else ""
    return f"{padded(word(life.machine, zh), 14)}{life.state}  {(life.en, life.zh)[zh]}{since}"


def _event(entry: "Entry") -> str:
    return {"9": "issue", "4": "amend", "5": "replace", "1": "cancel", "18": "reissue"}.get(entry.about.function, "")


def _chain(one: "Dossier", zh: int) -> Iterator[str]:
    for links, place in ((one.before, 0), (one.after, 1)):
        for link in links:
            missing = "" if link.entry is not None else f"  ({word('not on file', zh)})"
            name = word(_RELATIONS.get(link.relation, ("replaces", "replaced by"))[place], zh)
            yield f"{name} {one_line(link.number)}{missing}"


def entry_lines(entries: "tuple[Entry, ...]", zh: int) -> Iterator[str]:
    """Documents in a row: when, which way, what, with which outcome, and where it is found."""
    for entry in entries:
        direction = word("sent" if entry.carried.direction == "out" else "received", zh)
        outcome = word("held", zh) if entry.held else OUTCOMES.get(entry.outcome, (entry.outcome,) * 2)[zh]
        yield (
            f"  {plain(entry.registered_at)}  {padded(direction, 8)}  {padded(one_line(entry.about.type_id), 24)}  {outcome}"
            f"  {one_line(entry.carried.partner)}  #{entry.id}"
        )


def list_(
    state: Annotated[
        str | None, typer.Option(help="In this state of any of the three lives, such as AMENDED, EXPIRED, PARTLY-USED or ASKED.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="Only of messages with this partner.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most as many, the latest first.")] = 50,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show certificates, those first that came into their state last.

    Example: n2n co list --state PARTLY-USED
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        rows = list(_rows(node, state, partner, limit, zh))
    finally:
        node.close()
    names = ("number", "issuer", "issue", "use", "verification", "since", "partner")
    show({"certificates": rows}, table([name.upper() for name in names], [[row[name] for name in names] for row in rows]))


def _rows(node: "Node", state: str | None, partner: str | None, limit: int, zh: int) -> Iterator[dict[str, Any]]:
    told = 0
    for one in _latest(node, _wanted(node, state)):
        row, states = _row(node, one, zh)
        if partner in {None, row["partner"]} and (state is None or state in states):
            yield row
            told += 1
        if told == limit:
            return


def _wanted(node: "Node", state: str | None) -> list[tuple[str, str]]:
    """The life cycles and states in the register among which the certificates in a state are."""
    from node.dossier import CERTIFICATE, EXPIRED, IN_FORCE, ISSUE

    machines = node.on_file.packs.machines(CERTIFICATE)
    if state is None:
        # Every certificate stands in one state of its issue.
        return sorted({(ISSUE, one.target) for one in machines[ISSUE].transitions})
    if state == EXPIRED:
        return [(ISSUE, one) for one in IN_FORCE]
    reached = {(name, one.target) for name, machine in machines.items() for one in machine.transitions}
    wanted = sorted(one for one in reached if one[1] == state)
    if not wanted:
        known = ", ".join(sorted({target for _, target in reached} | {EXPIRED}))
        raise CommandFailed(ExitCode.USAGE, "--state", f"no certificate comes to {state!r}", f"states: {known}")
    return wanted


def _latest(node: "Node", wanted: list[tuple[str, str]]) -> "Iterator[InState]":
    from node.dossier import CERTIFICATE

    found = [one for name, target in wanted for one in node.on_file.lives.in_state(CERTIFICATE, name, target, _MOST)]
    return iter(sorted(found, key=lambda one: (one.since, one.id), reverse=True))


def _row(node: "Node", one: "InState", zh: int) -> tuple[dict[str, Any], set[str]]:
    """The row, and the states in which the certificate stands."""
    from node.dossier import CERTIFICATE, ISSUE

    subject = (CERTIFICATE, one.number, one.issuer)
    entries = [each for each in node.on_file.lives.on_file(CERTIFICATE, one.number) if each.about.issuer == one.issuer]
    shown, states = {}, set()
    for name, machine in node.on_file.packs.machines(CERTIFICATE).items():
        state = node.documents.state(subject, name) or machine.initial
        if name == ISSUE and entries:
            state = node.on_file.dossiers.issue_state(entries[-1], state, node.clock.now())
        states.add(state)
        said = machine.states.get(state)
        shown[name] = state if not zh or said is None else said.name_zh
    partner = entries[-1].carried.partner if entries else ""
    return {"number": one.number, "issuer": one.issuer, **shown, "since": one.since, "partner": partner}, states
