"""`n2n evidence archive|archive-check`: evidence in another place, and whether it is still what was put there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, plain, say, show
from node.cli.looking_up import Partner, Since, Until, Who, nobody_called, note, opened, span
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.archiving import Archived
    from node.evidence.archive_check import Checked
    from node.store.evidence_places import EvidencePlace

S3 = Annotated[
    Path | None,
    typer.Option(
        "--s3",
        metavar="FILE",
        help="TOML with endpoint, region, credentials (an owner-only file beside it) and authority of the bucket; else the environment.",
    ),
]
Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchor",
        metavar="CERT",
        help="A certificate that you know by another way (PEM or DER); then no other counts. Repeatable.",
    ),
]
_PLACE = "A folder, or s3://BUCKET/PREFIX."


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("archive")(archive)
    group.command("archive-check")(archive_check)


def archive(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=_PLACE)],
    partner: Partner = "",
    since: Since = "",
    until: Until = "",
    s3: S3 = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; it is kept in the log.")] = "archive",
    who: Who = "",
    _json: Json = False,
) -> None:
    """Put bundles of all messages, or of those of a partner or a time, into an archive in another place; what is there already is not put there again.

    Each file is read back and verified. The log of evidence names the last page of the index; with it nobody can cut the archive back unseen.

    Exit code 1 where messages were left, since their octets are damaged.

    Example: n2n evidence archive /mnt/evidence --why "nightly archive"
    """
    from node.archiving import NotArchivable
    from node.evidence.archive import Scope

    to = place_named(place, s3)
    begins, ends = span(since, until)
    because = why.strip() or "archive"
    with opened() as node:
        if partner and (hint := nobody_called(node, partner)):
            # Night after night it would say that nothing is new.
            raise CommandFailed(ExitCode.NOT_FOUND, "--partner", f"no partner {partner!r}", hint)
        try:
            troubles: list[str] = []
            done = node.proof.archiving(to).run(
                Scope(partner, begins, ends),
                lambda: troubles.extend(one for one in [node.proof.sign_log()] if one),
                lambda what: note(node, what, because, who),
            )
        except NotArchivable as problem:
            raise CommandFailed(ExitCode.NOT_ALLOWED, "evidence archive", str(problem)) from None
        if done.volumes or done.left:
            # What comes under the next checkpoint, and its time stamp: the digest of a page is that of the whole archive up to it.
            told = f"archived {done.messages} messages to {to.shown}, up to page {done.last} with SHA-256 {done.newest}"
            note(node, told, because, who)
    show(_archived(to, done, troubles), _told(to, done, troubles))
    if done.left:
        raise typer.Exit(ExitCode.NO)


def archive_check(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=_PLACE)],
    anchor: Anchors = None,
    newest: Annotated[
        str,
        typer.Option(
            "--newest", metavar="SHA256", help="Of a page that must be there, as n2n evidence archive or the log named it."
        ),
    ] = "",
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="As if it were then, such as 2036-11-20T12:00Z; else now.")
    ] = None,
    s3: S3 = None,
    _json: Json = False,
) -> None:
    """Verify a whole archive: every bundle, the index and the hashes of the log; what is missing, changed, moved or cut short is named.

    Needs no home. Exit code 0 where all of it is as it was put there, 1 where something is not.

    Example: n2n evidence archive-check /mnt/evidence --anchor customs-root.pem
    """
    from node.cli.evidence_verify import fingerprints
    from node.clock import SystemClock
    from node.evidence.archive_check import check_archive

    moment = read_instant("--at", at) if at else SystemClock().now()
    wanted = page_named(newest)
    known = frozenset(digest for one in anchor for digest in fingerprints(one)) if anchor else None
    found = place_named(place, s3)
    say("verifying ...")
    checked = check_archive(found, moment, known=known, newest=wanted)
    show(_checked(checked), _lines(found, checked))
    if not checked.holds:
        raise typer.Exit(ExitCode.NO)


def counted(many: int, what: str) -> str:
    """So many of something, in words."""
    return f"{many} {what}{'s' * (many != 1)}"


def page_named(newest: str) -> str:
    """The SHA-256 of a page, as `--newest` says it; empty where it says nothing. Raises CommandFailed."""
    said = newest.strip().lower()
    if said and (len(said) != 64 or set(said) - set("0123456789abcdef")):
        raise CommandFailed(
            ExitCode.USAGE, "--newest", f"{newest!r} is no SHA-256", "64 digits, as n2n evidence archive or the log named it"
        )
    return said


def place_named(said: str, s3: Path | None) -> "EvidencePlace":
    """The place of an archive. Credentials come from a file of their owner or from the environment, and are shown nowhere. Raises ConfigurationError."""
    from node.bucket import read_bucket
    from node.configuration import Problems, Table, read_toml
    from node.store.evidence_places import evidence_place

    if "://" not in said:
        if s3 is not None:
            raise CommandFailed(ExitCode.USAGE, "--s3", f"is not used: {said} is no bucket", "s3://BUCKET/PREFIX")
        folder = Path(said)
        if not folder.is_dir():
            raise CommandFailed(ExitCode.NOT_FOUND, said, "no such folder", "make it, or mount the disk")
        return evidence_place(folder)
    problems = Problems()
    values = read_toml(s3, problems, str(s3)) if s3 is not None else {}
    problems.raise_if_any()
    table = Table({"place": said, "s3": values}, str(s3 or "PLACE"), problems)
    bucket = read_bucket(table, "place", s3.parent if s3 else Path(), said)
    problems.raise_if_any()
    assert bucket is not None
    return evidence_place(bucket)


def _archived(place: "EvidencePlace", done: "Archived", troubles: list[str]) -> dict[str, Any]:
    return {
        "place": place.shown,
        "volumes": done.volumes,
        "messages": done.messages,
        "left": [
            {"message_id": one.message_id, "partner": one.partner, "direction": one.direction, "why": one.why}
            for one in done.left
        ],
        "last": done.last,
        "newest": done.newest or None,
        "notes": troubles,
    }


def _told(place: "EvidencePlace", done: "Archived", troubles: list[str]) -> "Iterator[str]":
    if not done.volumes and not done.left:
        yield f"{place.shown}: nothing is new" + (f", it ends at page {done.last}" if done.last else "")
    else:
        yield f"{place.shown}: {counted(done.messages, 'message')} in {counted(done.volumes, 'bundle')}, each read back and verified"
    yield from (f"note: no time of a third side stands over the newest entries yet: {one}" for one in troubles)
    yield from (f"LEFT: {one.message_id}: {one.why}" for one in done.left)
    if done.newest:
        yield f"page {done.last} has the SHA-256 {done.newest}: n2n evidence archive-check {place.shown} --newest {done.newest}"


def _checked(checked: "Checked") -> dict[str, Any]:
    return {
        "holds": checked.holds,
        "log": checked.log,
        "volumes": checked.volumes,
        "messages": len(checked.messages),
        "left": checked.left,
        "covers": checked.covers,
        "made_at": checked.made_at,
        "newest": checked.newest or None,
        "troubles": [{"place": one.place, "what": one.what} for one in checked.troubles],
        "notes": [{"place": one.place, "what": one.what} for one in checked.noted],
        "anchors": [{"subject": one.subject, "sha256": one.sha256, "known": one.known} for one in checked.anchors.values()],
    }


def _lines(place: "EvidencePlace", checked: "Checked") -> "Iterator[str]":
    yield f"{place.shown}: log {checked.log or 'unknown'}, {counted(len(checked.messages), 'message')} in {counted(checked.volumes, 'bundle')}"
    if checked.made_at is not None:
        yield f"it covers the log up to entry {checked.covers}, and ends with the SHA-256 {checked.newest or 'unknown'} of {plain(checked.made_at)}"
    if checked.left:
        were = "was" if checked.left == 1 else "were"
        yield f"note: {counted(checked.left, 'message')} {were} left, since octets are damaged; the index says why"
    yield from (f"note: {one.place} did not hold when it was laid down: {one.what}" for one in checked.noted)
    yield from (f"FAILS: {one}" for one in checked.troubles)
    for one in checked.anchors.values():
        known = "" if one.known is None else f", {'known to you' if one.known else 'NOT known to you, so not used'}"
        yield f"anchor: {one.subject}, SHA-256 {one.sha256}{known}"
    if any(one.known is None for one in checked.anchors.values()):
        yield "These anchors came out of the archive itself: compare them with what you know by another way, or name what you know: --anchor CERT"
    yield (
        "The archive is as it was put there."
        if checked.holds
        else f"The archive is NOT as it was put there: {counted(len(checked.troubles), 'place')}."
    )
