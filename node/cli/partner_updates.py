"""`n2n partner update, updates, update-accept, update-reject`: certificates that change by message."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import LARGEST, Json, show, table
from node.cli.problems import CommandFailed, ExitCode
from node.cli.sheet_steps import PartnerName, Who, Why, acted, agreeing, told

if TYPE_CHECKING:
    from node.app import Node
    from node.store.updates import KeptUpdate

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="The number of an update: n2n partner updates.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n partner`."""
    group.command("update")(update)
    group.command("updates")(updates)
    group.command("update-accept")(update_accept)
    group.command("update-reject")(update_reject)


def update(
    name: PartnerName,
    purpose: Annotated[list[str] | None, typer.Option(help="sign, encrypt or tls; may be repeated; else all three.")] = None,
    respond_by: Annotated[
        str, typer.Option("--respond-by", metavar="TIME", help="Until when an answer is wanted; else until the switch.")
    ] = "",
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Ask a partner to take our next certificates from the time that n2n cert switch has written down.

    One request for each next key of node.toml, signed with the present key; n2n serve sends it. What was asked already is not asked again.

    Example: n2n partner update kr --purpose sign --respond-by 2026-12-20T00:00Z
    """
    from node.security.succession import PURPOSES
    from node.sheets.fingerprint import grouped

    for one in purpose or ():
        if one not in PURPOSES:
            raise CommandFailed(ExitCode.USAGE, "--purpose", f"{one!r} is none of {', '.join(PURPOSES)}")
    until = read_instant("--respond-by", respond_by) if respond_by else None
    with agreeing(name) as (node, _):
        made = told(lambda: node.updating.propose(name, purpose or PURPOSES, until, acted(node, who, why)))
        rows = [
            {
                **_row(node, one.kept),
                "purpose": one.purpose,
                "name": one.name,
                "our_fingerprint": grouped(one.certificate.sha256),
                "new": one.is_new,
            }
            for one in made
        ]
    lines = []
    for row in rows:
        asked = "asks" if row["new"] else f"asked before, and is {row['state']}:"
        since = f"{row['activate_by']:%Y-%m-%dT%H:%MZ}"
        lines.append(f"{name}: update {row['id']} {asked} to {row['purpose']} with {row['name']} from {since}")
        lines.append(f"our fingerprint, to be read out over the telephone: {row['our_fingerprint']}")
    lines.append(f"next: n2n partner updates {name} shows the answer")
    show({"partner": name, "updates": rows}, lines)


def updates(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One partner; else all.")] = None, _json: Json = False
) -> None:
    """Show what we asked of partners and what they asked of us: where it stands, until when, and who decided.

    Example: n2n partner updates kr
    """
    from node.switching import warnings_of

    with agreeing(name) as (node, _):
        rows = [_row(node, one) for one in node.updates.of(name)]
        # Of what a partner did not take in, the switch comes all the same.
        warned = warnings_of(node.setting, node.updates.of(), node.clock.now(), name)
    heads = ("ID", "PARTNER", "ASKED BY", "STATE", "ANSWER BY", "FROM", "DECIDED BY", "WHY")
    cells = [
        [
            *(one["id"], one["partner"], "us" if one["direction"] == "out" else "partner", one["state"]),
            *(one["respond_by"] or "", one["activate_by"] or "", ", ".join(one["decided_by"]), one["why"]),
        ]
        for one in rows
    ]
    show({"updates": rows, "warnings": warned}, [*table(heads, cells), *warned])


def update_accept(
    update_id: Id,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option(
            help="At least the first four groups of the new certificate's fingerprint, as the partner reads it out; once for each certificate."
        ),
    ] = None,
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Accept what a partner asks, after the fingerprint was compared over the telephone; two different people do so.

    With the second one the partner is told, and its new certificate counts from the time that it named.

    Example: n2n partner update-accept 3 --fingerprint 9F86-D081-884C-7D65 --who "Lin Mei"
    """
    with agreeing() as (node, _):
        kept = told(lambda: node.updating.accept(update_id, fingerprint or (), acted(node, who, why)))
        row = _row(node, kept)
    waits = kept.state == "PROPOSED"
    names = ", ".join(row["decided_by"])
    line = f"update {update_id} of {kept.partner} is {kept.state.value}, accepted by {names}"
    following = (
        "another person accepts it too: n2n partner update-accept" if waits else "n2n serve tells the partner within seconds"
    )
    show({**row, "waits_for": "a second person" if waits else ""}, [line, f"next: {following}"])


def update_reject(
    update_id: Id,
    reason: Annotated[str, typer.Option(help="Why; the partner is told.")],
    who: Who = "",
    _json: Json = False,
) -> None:
    """Refuse what a partner asks; nothing changes, and the partner is told why.

    Example: n2n partner update-reject 3 --reason "the fingerprint differs"
    """
    with agreeing() as (node, _):
        kept = told(lambda: node.updating.reject(update_id, reason, acted(node, who, reason)))
        row = _row(node, kept)
    show(row, [f"update {update_id} of {kept.partner} is {kept.state.value}; n2n serve tells the partner within seconds"])


def _row(node: "Node", kept: "KeptUpdate") -> dict[str, Any]:
    """One update for --json; the fingerprint is not shown, since it is to come from the partner by another way."""
    from node.updating import subjects_of

    steps = node.updates.steps(kept.id)
    approved = [one.who for one in node.updates.approvals(kept.id)]
    decided = [one.who for one in steps if one.event in ("ACCEPT", "REJECT", "EXPIRE")]
    return {
        "id": kept.id,
        "partner": kept.partner,
        "direction": kept.asked.direction.value,
        "state": kept.state.value,
        "request": kept.asked.request_id,
        "certificates": subjects_of(kept),
        "respond_by": kept.asked.respond_by,
        "activate_by": kept.asked.activate_by,
        "decided_by": approved or decided,
        "why": next((one.why for one in reversed(steps) if one.event in ("ACCEPT", "REJECT", "EXPIRE")), ""),
        "sending": kept.sending,
        "message_id": kept.sending_id,
        "steps": [{"at": one.at, "who": one.who, "event": one.event, "after": one.after, "why": one.why} for one in steps],
    }
