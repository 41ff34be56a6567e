"""`n2n reconcile`: have both sides exchanged the same?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import reconcile_night
from node.cli.document import (
    Judged,
    Now,
    PartnersFile,
    Profiles,
    Signatures,
    instant,
    judged,
    make_offline,
    open_library,
    read_octets,
)
from node.cli.invocation import Json, show
from node.cli.problems import CommandFailed, ExitCode, Told, one_line

if TYPE_CHECKING:
    from node.customs.checking.offline import Offline
    from node.customs.reconciling.comparing import Reconciliation
    from node.customs.reconciling.entry import Period, View
    from node.customs.reconciling.manifest import ManifestPart


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Compare what both sides have exchanged.", no_args_is_help=True)
    group.callback()(_together)
    group.command("compare")(compare)
    reconcile_night.register(group)
    app.add_typer(group, name="reconcile")


def _together() -> None:
    """Compare what both sides have exchanged."""


def compare(
    ours: Annotated[
        Path, typer.Argument(metavar="OURS", exists=True, help="Our exchange manifest; a folder for parts or for several nights.")
    ],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", exists=True, help="The partner's, likewise.")],
    grace: Annotated[
        int, typer.Option(metavar="MINUTES", min=0, help="How far apart both sides may register a document or know an answer.")
    ] = 60,
    now: Now = None,
    profiles: Profiles = None,
    partners: PartnersFile = None,
    signatures: Judged = Signatures.PROFILE,
    _json: Json = False,
) -> None:
    """Compare two sealed exchange manifests of one period, without a node: what is missing where, what differs, who does what about it.

    Both are checked first, with their seals. Exit code 0 when both sides agree, 1 when they differ, 2 when a manifest is refused.

    Example: n2n reconcile compare ours.xml theirs.xml --partners partners.json
    """
    from node.customs.reconciling.comparing import reconcile
    from node.customs.reconciling.telling import as_json

    at = instant(now)
    offline = make_offline(open_library(profiles), partners, signatures)
    mine, other = (_side(path, offline, at) for path in (ours, theirs))
    period = _common(ours, mine, theirs, other)
    result = reconcile(mine.view, other.view, period, timedelta(minutes=grace))
    show(as_json(result), _lines(result))
    if not result.agrees:
        raise typer.Exit(ExitCode.NO)


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side states, and to whom."""

    view: "View"
    recipient: str


def _side(path: Path, offline: "Offline", at: datetime) -> _Side:
    """The manifest of a file, or all of a folder, when every part is accepted."""
    from node.customs.reconciling.manifest import ManifestRefused, WholeManifest
    from node.customs.reconciling.nights import Gap, joined

    by_manifest: dict[tuple[str, str, str], list[ManifestPart]] = {}
    for file in _files(path):
        part = _part(file, offline, at)
        by_manifest.setdefault((part.head.sender, part.head.recipient, part.head.manifest_id), []).append(part)
    remedy = "put all parts of one manifest, or of nights that follow each other, and nothing else into one folder"
    try:
        if len({(sender, recipient) for sender, recipient, _ in by_manifest}) > 1:
            raise ManifestRefused("manifests of several pairs of authorities")
        wholes = [WholeManifest(parts) for parts in by_manifest.values()] or [WholeManifest([])]
        return _Side(joined([whole.view() for whole in wholes]), wholes[0].head.recipient)
    except (ManifestRefused, Gap) as error:
        raise CommandFailed(ExitCode.USAGE, str(path), str(error), remedy) from None


def _part(file: Path, offline: "Offline", at: datetime) -> "ManifestPart":
    from node.customs.reconciling.comparing import MANIFEST
    from node.customs.reconciling.manifest import ManifestPart

    octets = read_octets(file)
    verdict = judged(offline, octets, at).verdict
    if not verdict.accepted:
        raise _refused(file, [Told(f"{file}: {one.rule}", one.en, f"n2n document check {file}") for one in verdict.findings])
    if verdict.type_id != MANIFEST:
        raise CommandFailed(ExitCode.USAGE, str(file), f"is a {verdict.type_id}", f"give a {MANIFEST}")
    return ManifestPart(octets)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.glob("*.xml") if file.is_file())


def _refused(file: Path, told: Sequence[Told]) -> CommandFailed:
    failed = CommandFailed(ExitCode.USAGE, str(file), "is refused")
    failed.told = tuple(told)
    return failed


def _common(ours: Path, mine: _Side, theirs: Path, other: _Side) -> "Period":
    """The period of which both speak. Raises CommandFailed when they do not speak of the same."""
    from node.customs.reconciling.entry import Period, moment

    here, there = mine.view, other.view
    if (here.authority, mine.recipient) != (other.recipient, there.authority):
        problem = f"is from {there.authority} to {other.recipient}, and {ours} from {here.authority} to {mine.recipient}"
        raise CommandFailed(ExitCode.USAGE, str(theirs), problem, "give the two manifests of one pair of authorities")
    common = Period(max(here.period.begins, there.period.begins), min(here.period.ends, there.period.ends))
    if common.begins >= common.ends:
        problem = (
            f"begins {moment(there.period.begins)} and ends {moment(there.period.ends)},"
            f" {ours} begins {moment(here.period.begins)} and ends {moment(here.period.ends)}"
        )
        raise CommandFailed(ExitCode.USAGE, str(theirs), problem, "give two manifests of one period")
    return common


def _lines(result: "Reconciliation") -> Iterator[str]:
    from node.customs.reconciling.comparing import Kind
    from node.customs.reconciling.entry import moment

    for found in result.differences:
        yield f"{found.finding.rule} {one_line(found.finding.en)}"
        yield f"       {one_line(found.finding.zh)}"
    undecided = sum(found.kind is Kind.UNDECIDED for found in result.differences)
    differ = len(result.differences) - undecided
    yield (
        f"{result.us} and {result.them}, {moment(result.period.begins)} to {moment(result.period.ends)}:"
        f" {result.agreed} agree, {differ} differ, {undecided} cannot be told yet"
    )
