"""`n2n document list|show|late|release|refuse|keep`: the register of what came and went, and what waits for a person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import LARGEST, Json, current, plain, show, table
from node.cli.language import Language, chosen, word
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.steps import OUTCOMES, head, ladder_json, ladder_lines

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.filing.registration import Entry, Recorded

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="The number of the document in the register.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept, and with a refusal the partner is told.")]
Who = Annotated[str, typer.Option("--who", help="Who decides; else the user of this machine.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("late")(late)
    group.command("release")(release)
    group.command("refuse")(refuse)
    group.command("keep")(keep)


def list_(
    held: Annotated[bool, typer.Option("--held", help="Only what waits for a person.")] = False,
    partner: Annotated[str | None, typer.Option(help="Only of messages with this partner.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most as many, the latest first.")] = 50,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show the documents that came and went, those that were refused or are held included, the latest first.

    Example: n2n document list --held
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        rows = [head(entry) for entry in node.documents.entries(limit, held=held, partner=partner)]
    finally:
        node.close()
    cells = [
        (
            *(row["id"], row["at"], word(row["direction"], zh), row["partner"], row["type"]),
            *(row["number"] if row["type"] != "gen.response" else "", row["version"], _outcome(row, zh)),
        )
        for row in rows
    ]
    show({"documents": rows}, table(("ID", "AT", "DIRECTION", "PARTNER", "TYPE", "NUMBER", "VERSION", "OUTCOME"), cells))


def _outcome(row: dict[str, Any], zh: int) -> str:
    return word("held", zh) if row["held"] else OUTCOMES.get(row["outcome"], (row["outcome"],) * 2)[zh]


def show_(row_id: Id, lang: Language = "en", _json: Json = False) -> None:
    """Show one document of the register: what was found in it, in both languages, how far it has come, and the answers it got.

    Example: n2n document show 17
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        entry = _entry(node, row_id)
        shown = _json_of(node, entry)
    finally:
        node.close()
    show(shown, _lines(shown, zh))


def _entry(node: "Node", row_id: int) -> "Entry":
    entry = node.documents.entry(row_id)
    if entry is None:
        raise CommandFailed(ExitCode.NOT_FOUND, f"document {row_id}", "no such document", "list them: n2n document list")
    return entry


def _json_of(node: "Node", entry: "Entry") -> dict[str, Any]:
    about = entry.about
    return {
        **head(entry),
        "sender": about.sender,
        "recipient": about.recipient,
        "function": about.function,
        "profile": about.profile,
        "issuer": about.issuer,
        "issued_at": about.issued_at,
        "correlation": about.correlation or None,
        "campaign": about.campaign or None,
        "sha256": entry.digest.hex(),
        "size": entry.size,
        "removed_at": entry.removed_at,
        "kept_because": entry.kept_because or None,
        "retention": about.retention,
        "duplicate_of": entry.duplicate_of,
        "decided_at": entry.decided_at,
        "decided_by": entry.decided_by or None,
        "decided_because": entry.decided_because or None,
        "findings": [dict(finding) for finding in entry.findings],
        "findings_not_listed": entry.not_listed,
        "answers": [{**head(one), "sending": one.sending} for one in node.documents.answers_of(entry.id)],
        "told": _told_by(node, entry),
        "ladder": ladder_json(node.following.ladder(entry)),
    }


def _told_by(node: "Node", entry: "Entry") -> list[dict[str, Any]]:
    """What a response says is wrong; of a list of ours, what each response to it says."""
    from dataclasses import asdict

    from node.customs.checking.prior import RECORD_SET
    from node.customs.filing.on_file import NoLongerThere
    from node.customs.making.response import TYPE
    from node.customs.operators.rejections import read_response

    if entry.about.type_id == TYPE and entry.accepted:
        try:
            return [asdict(read_response(node.documents.octets(entry.id)))]
        except NoLongerThere:
            return []
    if entry.about.type_id == RECORD_SET and entry.carried.direction == "out":
        return [asdict(one) for one in node.publishing.said(entry.about.document_id)]
    return []


def _told_lines(told: list[dict[str, Any]], zh: int) -> Iterator[str]:
    for one in told:
        records = ", ".join(f"{count} {outcome}" for outcome, count in sorted(one["records"].items()))
        yield f"{'told':18} {one['level']} {one['outcome']} {one['status']}".rstrip() + (
            f", records: {records}" if records else ""
        )
        for wrong in one["rejections"]:
            yield f"  {wrong['rule']} {one_line(wrong['where'])} {one_line(wrong['zh'] if zh else wrong['en'])}".rstrip()
        if one["more"]:
            yield f"  {one['more']} more"


def _lines(shown: dict[str, Any], zh: int) -> Iterator[str]:
    for name, value in shown.items():
        if name not in {"findings", "answers", "told", "ladder", "outcome", "held", "findings_not_listed"} and value not in (
            None,
            "",
        ):
            yield f"{name.replace('_', ' '):18} {one_line(str(plain(value)))}"
    yield f"{'outcome':18} {_outcome(shown, zh)}"
    yield from ladder_lines(shown["ladder"], zh)
    for one in shown["answers"]:
        yield f"{'answer':18} #{one['id']} {one['type']} {one['sending']} {one['message_id']}"
    yield from _told_lines(shown["told"], zh)
    yield f"{word('findings', zh)}: {len(shown['findings']) + shown['findings_not_listed']}"
    for finding in shown["findings"]:
        yield f"  {finding['rule']} ({finding['severity']}) {one_line(finding['location'])}"
        # Both, since two officers may look at one screen.
        yield f"    {one_line(finding['en'])}"
        yield f"    {one_line(finding['zh'])}"


def late(lang: Language = "en", _json: Json = False) -> None:
    """Show our documents of which a step of the ladder is late, the longest late first.

    Which step may take how long stands in [ladder] of the agreement.

    Example: n2n document late
    """
    from node.app import Node
    from node.customs.ladder import RUNGS

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = node.following.late()
    finally:
        node.close()
    rows = [
        {**head(one.entry), "awaits": one.ladder.awaits, "due_at": one.ladder.due_at, "known_since": one.since} for one in found
    ]
    cells = [
        (
            *(row["id"], row["partner"], row["type"], row["number"], row["awaits"]),
            *((RUNGS[row["awaits"]].en, RUNGS[row["awaits"]].zh)[zh] if row["awaits"] else "", row["due_at"]),
        )
        for row in rows
    ]
    show({"late": rows}, table(("ID", "PARTNER", "TYPE", "NUMBER", "STEP", "", "DUE"), cells))


def release(row_id: Id, reason: Reason, who: Who = "", _json: Json = False) -> None:
    """Put a document on file that is held; the partner is told that it was accepted.

    It is checked again by what is on file now: what would be refused today cannot be released. The same command again completes what was cut off.

    Example: n2n document release 17 --reason "confirmed by telephone"
    """
    from node.app import Node
    from node.customs.filing.registration import NotHeld
    from node.deciding import NotReleasable

    node = Node.open(current.home_folder(), current.passwords())
    try:
        entry = _entry(node, row_id)
        with ordered(node, "document release", reason, who, _about(entry)):
            recorded = node.on_file.deciding.release(entry, current.person(who), reason)
        _told(node, recorded)
    except (NotHeld, NotReleasable) as error:
        raise CommandFailed(ExitCode.NOT_ALLOWED, f"document {row_id}", str(error), f"n2n document show {row_id}") from None
    finally:
        node.close()


def refuse(row_id: Id, reason: Reason, who: Who = "", _json: Json = False) -> None:
    """Refuse a document that is held; the partner is told the reason.

    Example: n2n document refuse 17 --reason "the list was sent by mistake"
    """
    from node.app import Node
    from node.customs.filing.registration import NotHeld

    node = Node.open(current.home_folder(), current.passwords())
    try:
        entry = _entry(node, row_id)
        with ordered(node, "document refuse", reason, who, _about(entry)):
            recorded = node.on_file.deciding.refuse(entry, current.person(who), reason)
        _told(node, recorded)
    except NotHeld as error:
        raise CommandFailed(ExitCode.NOT_ALLOWED, f"document {row_id}", str(error), f"n2n document show {row_id}") from None
    finally:
        node.close()


def keep(
    row_id: Id,
    reason: Annotated[str, typer.Option(help="Who wants it kept and why.")] = "",
    release_: Annotated[bool, typer.Option("--release", help="Take the order back: its class holds again.")] = False,
    _json: Json = False,
) -> None:
    """Keep the octets of a document whatever its class of retention says, until the order is taken back.

    An order for a message (n2n message keep) keeps its documents too.

    Example: n2n document keep 17 --reason "court file 12"
    """
    from node.app import Node

    if not release_ and not reason.strip():
        raise CommandFailed(ExitCode.USAGE, "--reason", "is required", "say who wants it kept and why")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        entry = _entry(node, row_id)
        if entry.removed_at is not None and not release_:
            gone = f"its octets were removed {plain(entry.removed_at)}"
            raise CommandFailed(ExitCode.NOT_ALLOWED, f"document {row_id}", gone, "look into the archive of retention")
        with ordered(node, "document keep no longer" if release_ else "document keep", reason, about=_about(entry)):
            node.shelves.keep(row_id, "" if release_ else reason.strip())
    finally:
        node.close()
    said = "is no longer kept by order; its class holds again" if release_ else "is kept until the order is taken back"
    show({"id": row_id, "kept": not release_, "reason": reason.strip() or None}, [f"document {row_id} {said}"])


def _about(entry: "Entry") -> dict[str, str]:
    return {
        "partner": entry.carried.partner,
        "document": str(entry.id),
        "type": entry.about.type_id,
        "number": entry.about.number,
    }


def _told(node: "Node", recorded: "Recorded") -> None:
    """What was decided; the answer goes to the messages at once, and whoever serves sends it."""
    node.answer()
    entry = recorded.entry
    answers = [one for one in node.documents.answers_of(entry.id) if entry.decided_at and one.registered_at >= entry.decided_at]
    told = f", the partner is told by message {answers[-1].carried.message_id}" if answers else ", the partner is not told"
    shown = {**head(entry), "again": recorded.again, "answer": answers[-1].carried.message_id if answers else None}
    show(shown, [f"document {entry.id} is {OUTCOMES[entry.outcome][0]}{told}"])
