"""`n2n partner offer, accept, counter, activate, propose`: one signed file goes to and fro until both sides have signed."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, red, show
from node.cli.problems import CommandFailed, ExitCode
from node.cli.sheet_steps import (
    AnswerBy,
    As,
    DryRun,
    Fingerprint,
    Out,
    Overlap,
    PartnerName,
    SignedFile,
    Since,
    TermsFile,
    Until,
    Url,
    Who,
    Why,
    acted,
    agreeing,
    change_lines,
    change_row,
    check_out,
    moment,
    next_file,
    proposed_next,
    times,
    told,
    version_row,
    write_file,
)
from node.configuration import parse_toml

if TYPE_CHECKING:
    from node.agreeing import Agreed, Agreeing
    from node.store.agreed import KeptVersion


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n partner`."""
    for command in (offer, accept, counter, activate, propose):
        group.command()(command)


def offer(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What the partner will be called here, if that is known.")] = "",
    out: Out = None,
    terms: TermsFile = None,
    profile: Annotated[str | None, typer.Option(help="The profile: n2n reads it from profiles/messaging.")] = None,
    service: Annotated[str | None, typer.Option(help="A service to agree on.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="An action of it; may be repeated.")] = None,
    direction: Annotated[str, typer.Option(help="Who sends: both, send (we) or receive.")] = "both",
    agreement: Annotated[str | None, typer.Option(help="The AgreementRef of every message.")] = None,
    title: Annotated[str | None, typer.Option(help="What people call the agreement.")] = None,
    url: Url = None,
    since: Since = "",
    until: Until = "",
    overlap: Overlap = "24h",
    answer_by: AnswerBy = "",
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Write our signed offer: who we are, our certificates and address, and what we want to agree on.

    Send the file to the partner by any way, and read out our fingerprint over the telephone.

    Example: n2n partner offer --out offer.json --profile edelivery-as4-2.0-ecdsa --service urn:n2n:customs:svc:co --action co.certificate
    """
    tables = _tables(terms)
    if profile:
        tables["profile"] = profile
    if service:
        tables.setdefault("service", []).append({"value": service, "actions": action or [], "direction": direction})
    if agreement:
        tables["agreement_ref"] = {"value": agreement}
    if title:
        tables["title"] = title
    _with_url(tables, url)
    check_out(out, "offer.json")
    with agreeing() as (node, steps):
        kept = told(lambda: steps.offer(name, tables, times(since, until, overlap, answer_by), acted(node, who, why)))
        written = write_file(out, kept, "offer.json")
        _tell(steps, kept, written, [f"send {written} to the partner, who runs: n2n partner accept {written.name} --as NAME"], "")


def accept(
    file: SignedFile,
    name: As = "",
    fingerprint: Fingerprint = "",
    out: Out = None,
    terms: TermsFile = None,
    url: Url = None,
    who: Who = "",
    why: Why = "",
    dry_run: DryRun = False,
    _json: Json = False,
) -> None:
    """Check and show what the partner signed, fill in our side, sign it, and obey it from its time on.

    Without the right --fingerprint nothing is signed: ask the partner to read it out. A change of high risk needs a second person before it is active.

    Example: n2n partner accept offer.json --as kr --fingerprint 9F86-D081-884C-7D65 --out accepted.json
    """
    tables = _tables(terms)
    _with_url(tables, url)
    if not dry_run:
        check_out(out, "accepted.json", file)
    with agreeing() as (node, steps):
        if dry_run:
            _look(steps, file, name)
            return
        agreed = told(lambda: steps.accept(file.read_bytes(), name, fingerprint, tables, acted(node, who, why)))
        written = write_file(out, agreed.kept, "accepted.json")
        after = f"send {written} to the partner, who runs: n2n partner activate {written.name}"
        _tell(steps, agreed.kept, written, [after, *_serve(agreed)], agreed.waits_for)


def counter(
    file: SignedFile,
    name: As = "",
    fingerprint: Fingerprint = "",
    out: Out = None,
    terms: TermsFile = None,
    answer_by: AnswerBy = "",
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Answer an offer with other terms; the signatures under the old ones no longer count.

    Example: n2n partner counter offer.json --as kr --terms ours.toml --fingerprint 9F86-D081-884C-7D65 --out counter.json
    """
    check_out(out, "counter.json", file)
    with agreeing() as (node, steps):
        by, wait = acted(node, who, why), moment("--answer-by", answer_by)
        kept = told(lambda: steps.counter(file.read_bytes(), name, fingerprint, _tables(terms), by, wait))
        written = write_file(out, kept, "counter.json")
        _tell(steps, kept, written, [f"send {written} to the partner, who runs: n2n partner accept {written.name}"], "")


def activate(
    file: SignedFile,
    name: As = "",
    fingerprint: Fingerprint = "",
    who: Who = "",
    why: Why = "",
    dry_run: DryRun = False,
    _json: Json = False,
) -> None:
    """Take the file that both sides signed, check both signatures, and obey it from its time on.

    Example: n2n partner activate accepted.json --as tw --fingerprint 9F86-D081-884C-7D65
    """
    with agreeing() as (node, steps):
        if dry_run:
            _look(steps, file, name)
            return
        agreed = told(lambda: steps.activate(file.read_bytes(), name, fingerprint, acted(node, who, why)))
        _tell(steps, agreed.kept, None, _serve(agreed), agreed.waits_for)


def propose(
    name: PartnerName,
    terms: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="TERMS", help="A terms.toml with what is to change.")
    ],
    out: Out = None,
    since: Since = "",
    until: Until = "",
    overlap: Overlap = "24h",
    answer_by: AnswerBy = "",
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Propose the next version of an agreement: what the terms do not name stays as it is.

    Example: n2n partner propose kr terms.toml --from 2026-12-01T00:00Z --why "new signing key" --out version-2.json
    """
    with agreeing(name) as (node, steps):
        when = times(since, until, overlap, answer_by)
        check_out(out, next_file(steps, name))
        kept = told(lambda: steps.propose(name, _tables(terms), when, acted(node, who, why)))
        written = write_file(out, kept, f"version-{kept.sheet.version}.json")
        _tell(steps, kept, written, proposed_next(kept, written), "")


def _look(steps: "Agreeing", file: Path, name: str) -> None:
    """Show a file that came, and nothing else."""
    from node.sheets.changes import risk_of
    from node.sheets.fingerprint import grouped
    from node.sheets.showing import document, text_lines

    seen = told(lambda: steps.look(file.read_bytes(), name))
    sheet, print_ = seen.signed.sheet, grouped(seen.theirs.certificate.sha256)
    weak, found = steps.weaknesses(sheet), steps.changes(seen.partner, sheet)
    place = steps.compared_with(seen.partner, sheet)
    vouched = "the version before vouches for it" if seen.vouched else "let the partner read it out"
    lines = [*text_lines(seen.signed, weak, coloured=red), ""]
    lines += change_lines(found, place)
    lines += [f"signed by {seen.theirs.certificate.subject}, SHA-256 {print_}: {vouched}", "nothing was signed or kept"]
    told_ = {
        **document(seen.signed, weak),
        "partner": seen.partner,
        "signed_with": print_,
        "vouched": seen.vouched,
        "compared_with": place,
        "risk": risk_of(found).value,
        "changes": [change_row(one) for one in found],
    }
    show(told_, lines)


def _serve(agreed: "Agreed") -> list[str]:
    if agreed.waits_for:
        return []
    return [f"n2n partner ping {agreed.kept.partner}", "a running n2n serve takes it in by itself"]


def _tables(terms: Path | None) -> dict[str, Any]:
    if terms is None:
        return {}
    try:
        return parse_toml(terms.read_bytes())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandFailed(ExitCode.CONFIGURATION, str(terms), f"is not TOML: {error}") from error


def _with_url(tables: dict[str, Any], url: str | None) -> None:
    if url is not None:
        tables["ours"] = {**tables.get("ours", {}), "url": url}


def _tell(steps: "Agreeing", kept: "KeptVersion", written: Path | None, following: list[str], waits_for: str) -> None:
    from node.sheets.fingerprint import grouped
    from node.sheets.showing import text_lines

    weak, found = steps.weaknesses(kept.sheet), steps.changes(kept.partner, kept.sheet)
    place = steps.compared_with(kept.partner, kept.sheet)
    ours = kept.signed.of(kept.side)
    own = grouped(ours.certificate.sha256) if ours else ""
    lines = [*text_lines(kept.signed, weak, coloured=red), ""]
    lines += change_lines(found, place)
    lines.append(
        f"{kept.partner or 'the offer'}: version {kept.sheet.version} is {kept.state.value}"
        + (f"; {waits_for}" if waits_for else "")
        + (
            f", until {kept.answer_by:%Y-%m-%dT%H:%M:%SZ} for whoever {'approves' if waits_for else 'answers'}"
            if kept.answer_by
            else ""
        )
    )
    lines += [f"our fingerprint, to be read out over the telephone: {own}"] if own else []
    lines += ["next:", *(f"  {one}" for one in following)] if following else []
    told_ = {
        **version_row(kept),
        "file": str(written) if written else None,
        "our_fingerprint": own,
        "waits_for": waits_for,
        "weaker": [one.parameter for one in weak],
        "compared_with": place,
        "changes": [change_row(one) for one in found],
        "next": following,
    }
    show(told_, lines)
