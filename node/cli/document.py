"""`n2n document`: is this document right, what is it in another form."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import document_batch, document_convert, document_seal, documents
from node.cli.instants import read_instant
from node.cli.invocation import Json, current
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.customs.checking.check import Checked
    from node.customs.checking.offline import Offline
    from node.customs.packs.library import Packs
    from node.customs.packs.pack import Pack


class Signatures(Enum):
    """Whether the seal of a document is judged."""

    REQUIRE = "require"
    IGNORE = "ignore"
    PROFILE = "profile"


File = Annotated[Path, typer.Argument(metavar="FILE", help="XML or EDIFACT, told apart by content.")]
Prior = Annotated[Path | None, typer.Option(metavar="DIR", help="Documents on file already, read in the order of their names.")]
Now = Annotated[str | None, typer.Option(metavar="INSTANT", help="As if it were then, such as 2026-11-20T12:00:00Z; else now.")]
Profiles = Annotated[Path | None, typer.Option(metavar="DIR", help="Further agreement profiles (*.json).")]
PartnersFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Anchors, revocation lists and bindings of signers (JSON).")
]
Judged = Annotated[Signatures, typer.Option(help="Demand a seal, skip its stage, or follow the profile of the document.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Business documents: check, convert, seal, and what became of each.", no_args_is_help=True)
    group.command("check")(check)
    document_convert.register(group)
    document_seal.register(group)
    documents.register(group)
    document_batch.register(group)
    app.add_typer(group, name="document")


def check(
    file: File,
    prior: Prior = None,
    now: Now = None,
    profiles: Profiles = None,
    partners: PartnersFile = None,
    signatures: Judged = Signatures.PROFILE,
    _json: Json = False,
) -> None:
    """Judge a document by its pack: eight stages, every finding in English and Chinese. Prints one JSON document.

    Exit code 0 when it is accepted, 1 when it is refused or held, 2 for wrong use.

    Example: n2n document check certificate.xml --prior on-file/ --signatures ignore
    """
    octets = read_octets(file)
    at = instant(now)
    library = open_library(profiles)
    offline = make_offline(library, partners, signatures)
    for path in _in_order(prior):
        try:
            offline.put_on_file(read_octets(path), at)
        except ValueError as error:
            raise CommandFailed(ExitCode.USAGE, str(path), str(error), "--prior holds documents that were accepted") from None
    verdict = judged(offline, octets, at).verdict
    print(json.dumps(verdict.as_json(), ensure_ascii=False))
    for remark in remarks(library):
        print(remark, file=sys.stderr)
    if not verdict.accepted:
        raise typer.Exit(ExitCode.NO)


def remarks(library: "Packs") -> Iterable[str]:
    """What could not be judged, because a code list is not complete: no finding, but worth a word."""
    from node.customs.packs.codelists import CodeLists

    if isinstance(library.lists, CodeLists):
        for name, code in library.lists.silent_about():
            yield one_line(f"remark: {name} does not say whether {code} exists; n2n codelist import {name} would")


def judged(offline: "Offline", octets: bytes, at: datetime) -> "Checked":
    """The verdict; a pack that cannot be asked is the operator's to mend."""
    from node.customs.checking.judging import RuleUnfit
    from node.customs.packs.problems import PackRefused

    try:
        return offline.check(octets, at)
    except (RuleUnfit, PackRefused) as error:
        raise CommandFailed(ExitCode.CONFIGURATION, "pack", str(error), "n2n pack check shows every problem") from None


def _in_order(folder: Path | None) -> Iterable[Path]:
    if folder is None:
        return ()
    if not folder.is_dir():
        raise CommandFailed(ExitCode.USAGE, str(folder), "is no folder")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def read_octets(file: Path) -> bytes:
    """The octets of a file that the command line names."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, str(file), error.strerror or str(error)) from None


def instant(said: str | None) -> datetime:
    """What --now says, else now."""
    if said is None:
        return datetime.now(UTC)  # noqa: TID251 - the command line is the clock of a check without a node
    return read_instant("--now", said, "write 2026-11-20T12:00:00Z")


def open_library(profiles: Path | None = None, more: "Sequence[Pack]" = ()) -> "Packs":
    """The packs of the home, when there is one, and those that came with the node; `more` are being tried."""
    from node.codelists import open_lists
    from node.library import open_packs

    if profiles is not None and not profiles.is_dir():
        raise CommandFailed(ExitCode.USAGE, str(profiles), "is no folder")
    home = home_if_any()
    return open_packs(home, open_lists(home), more, profiles)


def home_if_any() -> Path | None:
    """The home that was named or in which the command runs; None when there is none."""
    try:
        return current.home_folder()
    except CommandFailed:
        # Documents can be checked anywhere; a home that was named must be one.
        if current.home is not None:
            raise
        return None


def make_offline(packs: "Packs", partners: Path | None, signatures: Signatures) -> "Offline":
    """What a check of files needs."""
    from node.cli.partners_file import read_partners
    from node.customs.checking.offline import Offline
    from node.customs.checking.sealing import SealJudge
    from node.customs.partners import Partners

    return Offline(packs, SealJudge(Partners() if partners is None else read_partners(partners), signatures.value))
