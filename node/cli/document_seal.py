"""`n2n document seal|verify`: the seal of an authority on a document, made and judged."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.customs.finding import Finding
    from node.customs.partners import Partners
    from node.customs.seal.judge import Sealed
    from node.customs.seal.ports import TimestampAuthority
    from node.security.keys import OwnKey


class Level(Enum):
    """How long a seal can be judged: while its certificate lasts, as of its time-stamp, or for ever."""

    B = "B"
    T = "T"
    LT = "LT"


Key = Annotated[str, typer.Option(metavar="NAME|P12", help="A key of certs/own by name, or a PKCS#12 or PEM file.")]
Out = Annotated[
    Path, typer.Option(metavar="FILE", help="Where the sealed document goes; a file that is there is not overwritten.")
]
Wanted = Annotated[Level, typer.Option(help="B; T with a time-stamp; LT with all that is needed to judge it later.")]
Tsa = Annotated[str | None, typer.Option(metavar="URL", help="The RFC 3161 time-stamp authority, for T and LT.")]
PartnersFile = Annotated[Path, typer.Option("--partners", metavar="FILE", help="Anchors, revocation lists, bindings (JSON).")]
PartnersForLT = Annotated[
    Path | None, typer.Option("--partners", metavar="FILE", help="Anchors and revocation lists (JSON), for LT.")
]
Now = Annotated[str | None, typer.Option(metavar="INSTANT", help="As if it were then, such as 2026-11-20T12:00:00Z; else now.")]
Authority = Annotated[str | None, typer.Option(metavar="ID", help="Whom the signer must be bound to; else the document says it.")]
Country = Annotated[str | None, typer.Option(metavar="CC", help="Whose anchors count; else the country of the sender.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n document`."""
    group.command("seal")(seal)
    group.command("verify")(verify)


def seal(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="An XML document; with --container files of any kind.")],
    key: Key,
    out: Out,
    level: Wanted = Level.B,
    container: Annotated[bool, typer.Option("--container", help="Seal the files together in an ASiC-E container.")] = False,
    tsa: Tsa = None,
    partners: PartnersForLT = None,
    country: Country = None,
    now: Now = None,
    _json: Json = False,
) -> None:
    """Seal a document: a XAdES signature over all of it, as the last child of its root. Every other octet stays.

    What is no XML goes into a container, whose seal covers every file.

    Example: n2n document seal certificate.xml --key seal --out sealed.xml --level T --tsa http://tsa.example/
    """
    from node.cli.document import instant
    from node.customs.seal.making import SealImpossible

    if len(files) > 1 and not container:
        raise CommandFailed(ExitCode.USAGE, str(files[1]), "a document is sealed alone", "seal files together with --container")
    authority = None if level is Level.B else _authority(tsa)
    trusted = _for_values(partners) if level is Level.LT else None
    if container and trusted is not None and country is None:
        raise CommandFailed(ExitCode.USAGE, "--country", "a container does not say whose anchors count", "name it: --country KR")
    making = _Making(_key(key), instant(now), authority, trusted, country)
    try:
        sealed = making.container(files) if container else making.document(files[0])
    except SealImpossible as problem:
        raise CommandFailed(ExitCode.USAGE, str(files[0]), str(problem)) from None
    except ConnectionError as problem:
        raise CommandFailed(ExitCode.UNREACHABLE, str(tsa), f"time-stamp authority {problem}") from None
    _write(out, sealed)
    print(json.dumps({"sealed": str(out), "level": level.value, "octets": len(sealed)}, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class _Making:
    """With what a seal is made, and how far it is completed."""

    key: "OwnKey"
    at: datetime
    authority: "TimestampAuthority | None"
    trusted: "Partners | None"
    country: str | None

    def document(self, file: Path) -> bytes:
        """Raises SealImpossible."""
        from node.cli.document import read_octets
        from node.customs.seal.adding import add_timestamp, add_values
        from node.customs.seal.making import seal as make
        from node.customs.seal.signatory import signatory

        octets = read_octets(file)
        sealed = make(octets, self.key, self.at)
        if self.authority is not None:
            sealed = add_timestamp(sealed, self.authority)
        if self.trusted is not None:
            sealed = add_values(sealed, self.trusted, self.country or signatory(octets).country, self.at)
        return sealed

    def container(self, files: list[Path]) -> bytes:
        """Raises SealImpossible."""
        from mimetypes import guess_type

        from node.cli.document import read_octets
        from node.customs.seal.container import Content, complete_container, seal_files, stamp_container

        held: dict[str, Content] = {}
        for file in files:
            if file.name in held:
                raise CommandFailed(ExitCode.USAGE, str(file), "has the name of another file", "rename one of them")
            held[file.name] = Content(read_octets(file), guess_type(file.name)[0] or "application/octet-stream")
        sealed = seal_files(held, self.key, self.at)
        if self.authority is not None:
            sealed = stamp_container(sealed, self.authority, self.at)
        if self.trusted is not None:
            sealed = complete_container(sealed, self.trusted, self.country or "", self.at)
        return sealed


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sealed XML document, or an ASiC-E container.")],
    partners: PartnersFile,
    now: Now = None,
    authority: Authority = None,
    country: Country = None,
    _json: Json = False,
) -> None:
    """Judge the seal of a document by the rules SIG-01 to SIG-05. Prints one JSON document.

    Exit code 0 when it holds, 1 when it is refused, 2 for wrong use. Nothing else of the document is judged: see `check`. A container does not say
    who should have sealed it, so --authority and --country must.

    Example: n2n document verify sealed.xml --partners partners.json
    """
    from node.cli.document import instant, read_octets
    from node.cli.partners_file import read_partners
    from node.customs.seal.archive import is_archive
    from node.customs.seal.container import judge_container
    from node.customs.seal.judge import judge
    from node.customs.seal.refused import SealRefused
    from node.customs.seal.signatory import signatory

    octets, at = read_octets(file), instant(now)
    packed = is_archive(octets)
    if packed and not (authority and country):
        raise CommandFailed(
            ExitCode.USAGE,
            str(file),
            "a container does not say who should have sealed it",
            "name both: --authority ID --country CC",
        )
    whom = signatory(octets)
    asked: dict[str, Any] = {"authority": authority or whom.authority, "country": country or whom.country, "now": at}
    asked["partners"] = read_partners(partners)
    try:
        if packed:
            held = judge_container(octets, **asked)
            _tell(held.seal, None, sorted(held.files))
        else:
            _tell(judge(octets, None, required=True, **asked), None)
    except SealRefused as refused:
        _tell(None, refused.finding)


def _tell(sealed: "Sealed | None", finding: "Finding | None", files: list[str] | None = None) -> None:
    """Print what was found, in the form of `document check`; exit with 1 when it is a refusal."""
    from node.customs.finding import Verdict

    told = Verdict("", () if finding is None else (finding,)).as_json()
    # The type is what a check finds out.
    del told["type"]
    if sealed is not None:
        told["seal"] = {
            "level": sealed.level,
            "signer": sealed.signer.subject,
            "sha256": sealed.signer.sha256,
            "signingTime": _written(sealed.signing_time),
            "provenTime": _written(sealed.proven_time),
            "warnings": [one_line(one) for one in sealed.warnings],
        }
    if files is not None:
        told["files"] = files
    print(json.dumps(told, ensure_ascii=False))
    if finding is not None:
        raise typer.Exit(ExitCode.NO)


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _write(out: Path, octets: bytes) -> None:
    """Write a new file. Raises CommandFailed."""
    try:
        with out.open("xb") as file:
            file.write(octets)
    except FileExistsError:
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(out), "is there already", "name another file, or move it away") from None
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, str(out), error.strerror or str(error)) from None


def _key(named: str) -> "OwnKey":
    from node.configuration import Problems, nearest
    from node.keyring.folder import read_folder
    from node.security.certificates import CertificateRefused
    from node.security.keys import KeyRefused, SoftwareKey

    file = Path(named)
    if file.suffix.lower() in (".p12", ".pfx", ".pem"):
        password = current.passwords()(file.stem)
        try:
            octets = file.read_bytes()
            if file.suffix.lower() == ".pem":
                return SoftwareKey.from_pem(octets, octets, password)
            return SoftwareKey.from_pkcs12(octets, password)
        except (KeyRefused, CertificateRefused) as error:
            raise CommandFailed(ExitCode.USAGE, named, str(error), "the password stands in N2N_KEY_PASSWORD") from None
        except OSError as error:
            raise CommandFailed(ExitCode.USAGE, named, error.strerror or str(error)) from None
    problems = Problems()
    own = read_folder(current.home_folder() / "certs", problems, current.passwords()).own
    if named not in own:
        problems.raise_if_any()
        raise CommandFailed(ExitCode.USAGE, "--key", f"certs/own has no key {named!r}", nearest(named, own))
    return own[named]


def _authority(tsa: str | None) -> "TimestampAuthority":
    from node.transport.stamping import named_by_hand

    if tsa is None:
        raise CommandFailed(ExitCode.USAGE, "--level", "T and LT need a time-stamp", "name the authority: --tsa URL")
    try:
        return named_by_hand(tsa)
    except ValueError as error:
        raise CommandFailed(ExitCode.USAGE, "--tsa", str(error)) from None


def _for_values(partners: Path | None) -> "Partners":
    from node.cli.partners_file import read_partners

    if partners is None:
        raise CommandFailed(ExitCode.USAGE, "--level", "LT needs the revocation lists", "name them: --partners FILE")
    return read_partners(partners)
