"""`n2n partner offer, accept, counter, activate, propose`: one signed file goes to and fro until both sides have signed."""

import os
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from node.cli.acting import said
from node.cli.instants import read_instant
from node.cli.invocation import Json, current, red, say, show
from node.cli.problems import CommandFailed, ExitCode, Told, one_line
from node.configuration import parse_toml

if TYPE_CHECKING:
    from node.agreeing import Agreed, Agreeing, FingerprintWanted, Times
    from node.app import Node
    from node.sheets.changes import Change
    from node.store.agreed import KeptVersion
    from node.store.people import Acted

T = TypeVar("T")

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the signed file goes.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="What the partner is called here.")]
Fingerprint = Annotated[
    str,
    typer.Option(
        help="At least the first four groups of the partner's fingerprint, as the partner reads it out over the telephone."
    ),
]
TermsFile = Annotated[
    Path | None,
    typer.Option("--terms", exists=True, dir_okay=False, metavar="FILE", help="A terms.toml: docs/reference/agreement-sheet.md."),
]
Who = Annotated[str, typer.Option(help="Who does this; else the user of this machine.")]
Why = Annotated[str, typer.Option(help="Why; it is written down.")]
Since = Annotated[str, typer.Option("--from", metavar="TIME", help="From when it holds; else from now.")]
#: What `--until` says where no end is agreed any more.
NEVER = "never"
Until = Annotated[
    str,
    typer.Option(
        "--until", metavar="TIME", help="Until when it holds, or never: until another version follows. Else as agreed before."
    ),
]
Overlap = Annotated[str, typer.Option(help="For how long the version before is still accepted.")]
AnswerBy = Annotated[
    str,
    typer.Option("--answer-by", metavar="TIME", help="Until when an answer is taken; else for 90 days, and never after --until."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check and show the file, and what it would change; sign and keep nothing.")
]
Url = Annotated[str | None, typer.Option(help="How the partner reaches us; else as node.toml listens.")]
SignedFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The file that came from the partner.")
]
Digest = Annotated[
    str,
    typer.Option(
        "--digest", metavar="SHA-256", help="At least the first four groups of the SHA-256 of the version that is meant."
    ),
]
PartnerName = Annotated[str, typer.Argument(metavar="NAME", help="What the partner is called here.")]


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


# -- shared with the other commands about versions -----------------------------------------------------------------------


@contextmanager
def agreeing(partner: str | None = None) -> "Iterator[tuple[Node, Agreeing]]":
    """The node of this home and its steps. Raises CommandFailed for a partner that is none here."""
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    node.acts.words = said()
    try:
        if partner is not None:
            check_partner(node, partner)
        yield node, node.agreeing
    finally:
        node.close()


def check_partner(node: "Node", name: str) -> None:
    """Raises CommandFailed, with the nearest name, where nothing was ever agreed with, or asked of, anybody of this name."""
    from node.configuration import nearest

    agreed = node.setting.agreements.agreements
    if name in agreed:
        return
    # One whose agreement has ended, or is not active yet, still has its versions and updates.
    known = {*agreed, *node.versions.partners(), *(one.partner for one in node.updates.of())} - {""}
    if name not in known:
        raise CommandFailed(ExitCode.NOT_FOUND, f"partner {name!r}", "nothing is agreed", nearest(name, known))


def acted(node: "Node", who: str, why: str) -> "Acted":
    """Who does this now."""
    from node.store.people import Acted

    return Acted(current.person(who), node.clock.now(), why)


def times(since: str, until: str, overlap: str, answer_by: str) -> "Times":
    """What the options say."""
    from node.agreeing import Times

    unending = until.strip().lower() == NEVER
    ends = None if unending else moment("--until", until)
    return Times(moment("--from", since), ends, overlap, moment("--answer-by", answer_by), unending)


def moment(option: str, said: str) -> datetime | None:
    """The instant that an option names, if any."""
    return read_instant(option, said) if said else None


def told(step: Callable[[], T]) -> T:
    """What a step gives; what it raises in the words of the command line."""
    from node.agreeing import FingerprintWanted
    from node.sheets.canonical import SheetRefused
    from node.store.steps import NotAgreed

    try:
        return step()
    except FingerprintWanted as error:
        raise _fingerprint(error) from error
    except SheetRefused as error:
        failed = CommandFailed(ExitCode.NO, "sheet", "is refused")
        failed.told = tuple(Told(f"sheet: {place}" if place else "sheet", problem) for place, problem in error.problems)
        raise failed from error
    except NotAgreed as error:
        raise CommandFailed(ExitCode.NOT_ALLOWED, "agreement", str(error), error.remedy) from error


def _fingerprint(error: "FingerprintWanted") -> CommandFailed:
    from node.sheets.fingerprint import grouped
    from node.sheets.showing import text_lines

    certificate = error.signature.certificate
    for line in text_lines(error.signed, ()):
        say(line)
    return CommandFailed(
        ExitCode.NOT_ALLOWED,
        "--fingerprint",
        f"{error}; the file was signed by {certificate.subject}, SHA-256 {grouped(certificate.sha256)}",
        "call the partner on a number that you know, let them read out theirs (n2n cert list), and type its first four groups",
    )


def next_file(steps: "Agreeing", name: str) -> str:
    """What the file of the next version is called where nobody says it."""
    return f"version-{told(lambda: steps.newest(name)).sheet.version + 1}.json"


def proposed_next(kept: "KeptVersion", written: Path) -> list[str]:
    """What follows a proposal."""
    steps = [f"send {written} to the partner, who runs: n2n partner accept {written.name}"]
    if kept.risk.value == "high":
        steps.append(f"its risk is high: n2n partner approve {kept.partner} {kept.sheet.version} --who NAME")
    return [*steps, "n2n partner activate FILE takes what comes back"]


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


def check_out(out: Path | None, standard: str, taking: Path | None = None) -> None:
    """Raises CommandFailed where the file could not be written afterwards: before anything is signed, and never over the one that is being taken."""
    path = out or Path(standard)
    if path.exists() and out is None:
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(path), "is there already", "--out names another file")
    if taking is not None and path.exists() and path.samefile(taking):
        raise CommandFailed(ExitCode.NOT_ALLOWED, "--out", f"{path} is the file that came", "name another one")
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise CommandFailed(ExitCode.USAGE, "--out", f"{path} cannot be written", "name a file in a folder that is there")


def write_file(out: Path | None, kept: "KeptVersion", standard: str) -> Path:
    """Where the file of a version was written."""
    from node.sheets.signing import write_signed

    path = out or Path(standard)
    try:
        path.write_bytes(write_signed(kept.signed))
    except OSError as error:
        # The step itself is done, and must not be taken for one that was not.
        raise CommandFailed(
            ExitCode.UNREACHABLE,
            str(path),
            f"version {kept.sheet.version} is {kept.state.value}, and its file is not written: {error.strerror or error}",
            f"n2n partner show {kept.partner or 'NAME'} {kept.sheet.version} --digest {kept.sheet.digest[:16]} --out FILE writes it",
        ) from error
    return path


def version_row(kept: "KeptVersion") -> dict[str, Any]:
    """One version for --json."""
    sheet = kept.sheet
    return {
        "partner": kept.partner,
        "sheet": sheet.id,
        "version": sheet.version,
        "digest": sheet.digest,
        "state": kept.state.value,
        "side": kept.side,
        "from": sheet.since,
        # Of what waits the end that is kept is that of the waiting.
        "until": sheet.until if kept.answer_by else kept.ends_at or sheet.until,
        "answer_by": kept.answer_by,
        "risk": kept.risk.value,
        "proposed_by": kept.proposed_by,
        "changed_at": kept.changed_at,
        "signed_by": [one for one in ("a", "b") if kept.signed.of(one)],
    }


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


def change_lines(found: "Sequence[Change]", place: str) -> list[str]:
    """What a version changes of what stands in `place` now: the riskiest first, and what protects less in red."""
    from node.sheets.changes import shown

    if not place:
        return []
    if not found:
        return [f"it changes nothing of {place}"]
    lines = [f"it takes the place of {place}, and changes:"]
    for one in sorted(found, key=lambda one: -one.risk.weight):
        said = one_line(f"{one.risk.value}: {one.path}: {shown(one.before)} -> {shown(one.after)}: {one.effect.en}")
        lines.append(red(f"  {said}") if one.effect.weaker else f"  {said}")
    return lines


def change_row(one: Any) -> dict[str, Any]:
    """One change for --json."""
    return {
        "path": one.path,
        "before": one.before,
        "after": one.after,
        "risk": one.risk.value,
        "effect": {"en": one.effect.en, "zh": one.effect.zh},
        "for_people": one.for_people,
    }
