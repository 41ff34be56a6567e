"""`n2n evidence import`: an archive of evidence comes into an empty node, and can be searched, shown and exported there."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.evidence_archive import S3, Anchors, counted, page_named, place_named
from node.cli.invocation import Json, current, say, show
from node.cli.looking_up import Who
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.importing import Imported


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("import")(import_)


def import_(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or s3://BUCKET/PREFIX.")],
    anchor: Anchors = None,
    newest: Annotated[str, typer.Option("--newest", metavar="SHA256", help="Of a page that must be there.")] = "",
    s3: S3 = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; it is kept in the log.")] = "import",
    who: Who = "",
    _json: Json = False,
) -> None:
    """Take an archive of evidence into an empty home, after all of it was verified.

    The imported log stays what it was: its name, the numbers of its entries, checkpoints and time stamps. The log of this home goes on under its own name.

    Example: n2n --home /srv/n2n-evidence evidence import /mnt/evidence --anchor customs-root.pem --why "the node was lost"
    """
    from node.app import Node
    from node.cli.evidence_verify import fingerprints
    from node.importing import ArchiveDamaged, ImportRefused

    wanted = page_named(newest)
    known = frozenset(digest for one in anchor for digest in fingerprints(one)) if anchor else None
    found = place_named(place, s3)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        say("verifying ...")
        person, at = current.person(who), node.clock.now()
        done = node.proof.importing(found).run(at, person, known=known, newest=wanted)
        what = f"import of the log {done.log} out of {found.shown}, up to the page with SHA-256 {done.newest}"
        node.evidence.act(node.clock.now(), person, what, why.strip() or "import")
    except ArchiveDamaged as damaged:
        for one in damaged.troubles:
            say(f"FAILS: {one}")
        raise CommandFailed(ExitCode.REFUSED, found.shown, str(damaged), f"n2n evidence archive-check {found.shown}") from None
    except ImportRefused as refused:
        raise CommandFailed(ExitCode.NOT_ALLOWED, "evidence import", str(refused)) from None
    finally:
        node.close()
    document = {"log": done.log, "messages": done.messages, "volumes": done.volumes, "newest": done.newest}
    show({**document, "notes": [{"place": one.place, "what": one.what} for one in done.notes]}, _lines(done))


def _lines(done: "Imported") -> "Iterator[str]":
    are = "is" if done.messages == 1 else "are"
    yield f"{counted(done.messages, 'message')} of the log {done.log} {are} here, out of {counted(done.volumes, 'bundle')}"
    yield from (f"note: {one} does not hold today, and its octets are those that were put there" for one in done.notes)
