"""What commands about versions of an agreement share: options, the steps that this home takes, the file that comes of one, and how a version is told."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from node.cli.acting import said
from node.cli.instants import read_instant
from node.cli.invocation import current, red, say
from node.cli.problems import CommandFailed, ExitCode, Told, one_line

if TYPE_CHECKING:
    from node.agreeing import Agreeing, FingerprintWanted, Times
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
