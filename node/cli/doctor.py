"""`n2n doctor`: is everything as it must be."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import Json, current, say, show, table
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.doctor.check import Check, Result
    from node.doctor.facts import Facts
    from node.store.finding import Finding
    from node.store.invariants import Invariant

#: What a test message may take.
PING_SECONDS = 15.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    online: Annotated[bool, typer.Option("--online", help="Call the partners' addresses as well.")] = False,
    ping: Annotated[
        bool, typer.Option("--ping", help="With --online: send each partner that answers a test message; needs n2n serve.")
    ] = False,
    area: Annotated[
        list[str] | None, typer.Option("--area", help="Only the checks of this area, such as keys; may be repeated.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show every check, and ask none.")] = False,
    store: Annotated[
        bool, typer.Option("--store", help="Check every promise about the messages instead; all octets are hashed again.")
    ] = False,
    _json: Json = False,
) -> None:
    """Check the home, its machine, keys, agreements, documents and queues; only reads, also while n2n serve runs.

    Each finding says where, what, how to mend it, and who does. Without --online nobody is called. What each check asks and why: docs/reference/doctor.md.

    Exit code 0 when all is well (what is only worth knowing leaves it so), 1 when something was found.

    Example: n2n doctor --online
    """
    if sum((list_, store, online)) > 1 or (ping and not online):
        raise CommandFailed(
            ExitCode.USAGE, "doctor", "these options do not go together", "--ping wants --online; --list and --store stand alone"
        )
    if store:
        _examine_store()
    elif list_:
        checks = _checks(area)
        rows = [(one.id, one.severity.value, one.who.value, one.asks) for one in checks]
        show({"checks": [_said(one) for one in checks]}, table(("CHECK", "SEVERITY", "WHO ACTS", "ASKS"), rows))
    else:
        _diagnose(_checks(area), online=online, ping=ping)


def _checks(areas: Sequence[str] | None) -> "list[Check]":
    from node.configuration import nearest
    from node.doctor.checks import CHECKS

    known = {one.area for one in CHECKS}
    for one in areas or ():
        if one not in known:
            raise CommandFailed(ExitCode.USAGE, "--area", f"{one!r} is no area", nearest(one, known))
    return [one for one in CHECKS if not areas or one.area in areas]


def _said(one: "Check") -> dict[str, Any]:
    return {
        "id": one.id,
        "area": one.area,
        "asks": one.asks,
        "why": one.why,
        "fix": one.fix,
        "who": one.who.value,
        "severity": one.severity.value,
    }


def _diagnose(checks: "list[Check]", *, online: bool, ping: bool) -> None:
    from node.clock import SystemClock
    from node.doctor.checks import diagnose
    from node.doctor.gathering import gather

    if online:
        say("calling the partners")
    facts = gather(
        current.home_folder(),
        SystemClock().now(),
        passwords=current.passwords(),
        environment=current.environment,
        online=online,
        ping=_ping if ping else None,
    )
    results = diagnose(facts, checks)
    well = not any(one.counts for one in results)
    document = {
        "ok": well,
        "checks": [
            {
                **_said(one.check),
                "result": one.verdict,
                "reason": one.not_applicable,
                "findings": [
                    {"place": f.place, "what": f.what, "fix": f.fix, "severity": str(f.severity), "who": str(f.who)}
                    for f in one.found
                ],
            }
            for one in results
        ],
    }
    if facts.online is not None:
        document["online"] = {name: asdict(one) for name, one in facts.online.items()}
    show(document, [*_reached(facts), *_told(results)])
    if not well:
        raise typer.Exit(ExitCode.NO)


def _reached(facts: "Facts") -> list[str]:
    """What each partner's address showed, where it answered."""
    return [
        f"{name} answered in {one.seconds * 1000:.0f} ms"
        + (f" by {one.tls}, its certificate ends on {one.until:%Y-%m-%d}" if one.until else "")
        + (f", its clock {one.clock.total_seconds():+.0f} s from ours" if one.clock is not None else "")
        for name, one in (facts.online or {}).items()
        if not one.trouble
    ]


def _told(results: "list[Result]") -> list[str]:
    """What was found, the gravest first; then how many checks were well, and what was not asked."""
    from node.doctor.check import ORDER, Severity

    found = sorted(
        ((one, each) for one in results for each in one.found), key=lambda pair: ORDER.index(pair[1].severity or Severity.WARNING)
    )
    lines = []
    for result, one in found:
        lines += [
            f"{one.severity}  {one_line(one.place)}: {one_line(one.what)}",
            f"  why   {result.check.why}",
            f"  mend  {one_line(one.fix)}",
            f"  who   {one.who} ({result.check.id})",
        ]
    well = sum(one.verdict == "ok" for one in results)
    not_asked = [one for one in results if one.not_applicable]
    lines.append(f"{len(results)} checks: {well} well, {len(found)} found, {len(not_asked)} not applicable")
    reasons: dict[str, list[str]] = {}
    for result in not_asked:
        reasons.setdefault(result.not_applicable, []).append(result.check.id)
    return [*lines, *(f"  not applicable: {', '.join(ids)}: {reason}" for reason, ids in reasons.items())]


def _ping(partner: str) -> str:
    """Whether the partner's node answers a test message; else what came instead."""
    from node.app import Node
    from node.cli.ping import LOOK_SECONDS, PRIORITY
    from node.cli.submit import await_end
    from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
    from node.ebms.states import OutboundState
    from node.msh.ports import SubmissionError
    from node.msh.submit import Submission

    node: Node = Node.open(current.home_folder(), current.passwords())
    try:
        if not node.served():
            return "no test message was sent: nobody serves this home (n2n serve)"
        with ordered(node, "partner ping", about={"partner": partner}):
            message = node.submit(Submission(partner, TEST_ACTION, (), service=TEST_SERVICE, priority=PRIORITY))
        state, steps = await_end(node, message.message_id, PING_SECONDS, LOOK_SECONDS)
        if state is OutboundState.ACKNOWLEDGED:
            return "answered"
        _cancel(node, message.message_id)
        return (
            f"no receipt for the test message {message.message_id}: {steps[-1].detail if steps else 'nothing has been sent yet'}"
        )
    except SubmissionError as error:
        return f"no test message can be sent: {error}"
    finally:
        node.close()


def _cancel(node: "Node", message_id: str) -> None:
    from node.msh.intervention import Intervention

    node.order(Intervention.CANCEL, [message_id], "the test was not answered in time", current.person(""))


# -- the promises of the store ---------------------------------------------------------------------------------------------


def _examine_store() -> None:
    from node.examining import examine
    from node.store.integrity import ID, SAYS
    from node.store.invariants import INVARIANTS, Invariant

    say("reading the store; every octet is hashed again")
    found = list(examine(current.home_folder()))
    rows = [_row(one, found) for one in (Invariant(ID, SAYS, lambda *_: iter(())), *INVARIANTS)]
    show({"ok": not found, "invariants": rows, "findings": [asdict(one) for one in found]}, _lines(rows, found))
    if found:
        raise typer.Exit(ExitCode.NO)


def _row(invariant: "Invariant", found: "list[Finding]") -> dict[str, Any]:
    count = sum(one.id == invariant.id for one in found)
    return {"id": invariant.id, "says": invariant.says, "kept": invariant.check is not None, "findings": count}


def _lines(rows: list[dict[str, Any]], found: "list[Finding]") -> list[str]:
    lines = []
    for row in rows:
        verdict = f"{row['findings']} found" if row["findings"] else "ok" if row["kept"] else "not kept yet"
        lines.append(f"{row['id']:7} {verdict:13} {row['says']}")
    lines += [f"{one.id}: {one_line(one.where)}: {one_line(one.what)}; {one.remedy}" for one in found]
    return [*lines, f"{len(found)} found" if found else "all is well"]
