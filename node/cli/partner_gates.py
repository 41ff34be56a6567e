"""`n2n partner gates` and `gate`: the eight gates between an agreement and production, each with its record."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.invocation import Json, show, table
from node.cli.problems import CommandFailed, ExitCode
from node.cli.sheet_steps import Fingerprint, PartnerName, Who, Why, acted, agreeing

if TYPE_CHECKING:
    from node.app import Node

#: The gate at which documents are sent.
_DOCUMENTS: Final = 5


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n partner`."""
    group.command("gates")(gates)
    group.command("gate")(gate)
    group.command("gate-records")(gate_records)


def gates(
    name: PartnerName,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the last record of each gate here, signed with our key.")
    ] = None,
    _json: Json = False,
) -> None:
    """Show the eight gates of a partner, the record of each, and what opens the next one.

    A file of records is checked by anybody, without this home: n2n partner gate-records FILE.

    Example: n2n partner gates kr --out gates-kr.json
    """
    from node.sheets.canonical import digest as digest_of
    from node.sheets.records import write_records

    with agreeing(name) as (node, _):
        _check_in_force(node, name)
        found, following = node.gatekeeping.standings(name), node.gatekeeping.opens_next(name)
        changed = [one.gate.number for one in found if one.record and digest_of(one.record.whole(name)) != one.record.digest]
        if changed:
            text = ", ".join(map(str, changed))
            raise CommandFailed(
                ExitCode.NO, f"gate {text}", "its record was changed: its digest is another", "run the gate again"
            )
        if out is not None:
            now = node.clock.now()
            key = node.setting.keyring.signing_key(node.setting.agreements.agreements[name].us.sign, now)
            records = [(one.record.digest, one.record.whole(name)) for one in found if one.record is not None]
            out.write_bytes(write_records(records, key, now))
    rows = [
        {
            "gate": one.gate.number,
            "name": {"en": one.gate.en, "zh": one.gate.zh},
            "standing": one.standing.value,
            "asks": one.gate.asks,
            "record": record_row(one.record) if one.record is not None else None,
        }
        for one in found
    ]
    cells = [
        [
            one.gate.number,
            one.gate.zh if lang == "zh" else one.gate.en,
            one.standing.value,
            one.record.at if one.record is not None else None,
            one.record.who if one.record is not None else "",
            one.record.digest[:16] if one.record is not None else "",
        ]
        for one in found
    ]
    lines = table(("GATE", "NAME", "STANDING", "AT", "BY", "RECORD"), cells)
    lines.append(f"next: {following}" if following else f"{name} is in production")
    show({"partner": name, "gates": rows, "next": following}, lines)


def gate(
    name: PartnerName,
    number: Annotated[int, typer.Argument(metavar="GATE", min=1, max=8, help="1 to 8: n2n partner gates NAME.")],
    fingerprint: Fingerprint = "",
    messages: Annotated[int, typer.Option(min=1, max=100_000, help="Gate 6: how many test messages are sent.")] = 200,
    outage: Annotated[
        float,
        typer.Option(
            min=0, help="Gate 6: for so many seconds the partner is waited for, to stop its node and to start it again."
        ),
    ] = 0,
    nights: Annotated[int, typer.Option(min=1, max=31, help="Gate 7: so many nights must agree.")] = 5,
    wait: Annotated[float, typer.Option(min=0, help="Gate 5: for so many seconds the partner's answers are awaited.")] = 60,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPE=REASON", help="Gate 5: this agreed type is not shown; the record keeps the reason. May be repeated."
        ),
    ] = None,
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Run one gate and keep its record; 1 if something is missing.

    Gates 3, 4 and 6 send test messages, which the partner's node hands to nobody; nobody need serve this home.
    Gate 4 also wants a test message of the partner, and answers by callback if so agreed; then this home must be served.
    Gate 5 sends samples of each agreed type that no campaign has shown yet, one for each thing that a document of it can do and a bad one, after the
    documents on which they rest; and waits for what the partner says of them; this home must be served. What rests on documents of the partner
    goes out once the partner has run its gate 5: run it again then.

    Example: n2n partner gate kr 4
    """
    from node.gatekeeping import Ways

    left_out = dict(_left_out(without or []))
    with agreeing(name) as (node, _), node.posting_directly() as post:
        _check_in_force(node, name)
        # What nobody sends would lie here until somebody serves, and surprise the partner then.
        rehearse = node.rehearsing.send if number == _DOCUMENTS and node.served() else None
        ways = Ways(post, time.sleep, fingerprint, messages, outage, nights, rehearse, wait, node.served(), left_out)
        record, look = node.gatekeeping.run(name, number, ways, acted(node, who, why))
        following = node.gatekeeping.opens_next(name)
    lines = [f"gate {number} of {name}: {'passed' if look.passed else 'not passed'}, record {record.digest}"]
    lines += [f"  missing: {one}" for one in look.missing]
    if number == _DOCUMENTS and rehearse is None:
        lines.append("  nothing was sent, since nobody serves this home: n2n serve, and this command again")
    lines.append(f"next: {following}" if following else f"{name} is in production")
    show({"partner": name, **record_row(record), "missing": list(look.missing), "next": following}, lines)
    if not look.passed:
        raise typer.Exit(ExitCode.NO)


def gate_records(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="What partner gates --out wrote.")],
    fingerprint: Annotated[
        str, typer.Option(help="Of the signer's certificate, as it was read out; 16 characters will do.")
    ] = "",
    _json: Json = False,
) -> None:
    """Check a file of records of gates: the digest of each, who signed them and when; 1 where anything was changed. Needs no home.

    Example: n2n partner gate-records gates-kr.json --fingerprint 5A3F-01B2-77C0-9D4E
    """
    from node.sheets.canonical import SheetRefused
    from node.sheets.fingerprint import agrees
    from node.sheets.records import check_records

    try:
        checked = check_records(file.read_bytes())
    except SheetRefused as error:
        place, problem = error.problems[0]
        raise CommandFailed(
            ExitCode.NO, f"{file.name}: {place}", problem, "ask whoever wrote it for the file once more"
        ) from None
    signer = checked.signer
    if fingerprint and not agrees(fingerprint, signer.sha256):
        text = f"was signed with another certificate, SHA-256 {signer.sha256}"
        raise CommandFailed(ExitCode.NO, file.name, text, "compare the fingerprint by telephone")
    rows = [
        (one["gate"], "passed" if one["passed"] else "not passed", one["at"], one["who"], one["version"])
        for one in checked.records
    ]
    lines = table(("GATE", "RESULT", "AT", "BY", "VERSION"), [list(map(str, one)) for one in rows])
    lines.append(f"signed {checked.time:%Y-%m-%dT%H:%M:%SZ} by {signer.subject}, SHA-256 {signer.sha256}")
    if not fingerprint:
        lines.append("compare this fingerprint by another way: --fingerprint")
    document = {"signer": signer.subject, "sha256": signer.sha256, "time": checked.time, "records": list(checked.records)}
    show(document, lines)


def _check_in_force(node: "Node", name: str) -> None:
    """Raises CommandFailed where an agreement has ended, or none is active yet."""
    if name not in node.setting.agreements.agreements:
        raise CommandFailed(ExitCode.NOT_FOUND, f"partner {name!r}", "no agreement is in force", f"n2n partner versions {name}")


def _left_out(said: list[str]) -> Iterator[tuple[str, str]]:
    for one in said:
        type_id, _, reason = one.partition("=")
        if not type_id or not reason.strip():
            raise CommandFailed(ExitCode.USAGE, f"--without {one!r}", "says no reason", "--without TYPE=REASON")
        yield type_id, reason.strip()


def record_row(record: Any) -> dict[str, Any]:
    """One record for --json."""
    return {
        "gate": record.gate,
        "version": record.version,
        "agreed": record.agreed,
        "at": record.at,
        "who": record.who,
        "passed": record.passed,
        "facts": record.facts,
        "digest": record.digest,
    }
