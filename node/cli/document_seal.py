"""`n2n document seal|verify`: the seal of an authority on a document, made and judged."""

import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import current
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.customs.finding import Finding
    from node.customs.partners import Partners
    from node.customs.seal.judge import Sealed
    from node.customs.seal.ports import TimestampAuthority
    from node.security.keys import SoftwareKey


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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An XML document.")],
    key: Key,
    out: Out,
    level: Wanted = Level.B,
    tsa: Tsa = None,
    partners: PartnersForLT = None,
    country: Country = None,
    now: Now = None,
) -> None:
    """Seal a document: a XAdES signature over all of it, as the last child of its root. Every other octet stays.

    Example: n2n document seal certificate.xml --key seal --out sealed.xml --level T --tsa http://tsa.example/
    """
    from node.cli.document import instant, read_octets
    from node.customs.seal.adding import add_timestamp, add_values
    from node.customs.seal.making import SealImpossible
    from node.customs.seal.making import seal as make
    from node.customs.seal.signatory import signatory

    octets, at = read_octets(file), instant(now)
    authority = None if level is Level.B else _authority(tsa)
    trusted = _for_values(partners) if level is Level.LT else None
    try:
        sealed = make(octets, _key(key), at)
        if authority is not None:
            sealed = add_timestamp(sealed, authority)
        if trusted is not None:
            sealed = add_values(sealed, trusted, country or signatory(octets).country, at)
    except SealImpossible as problem:
        raise CommandFailed(ExitCode.USAGE, str(file), str(problem)) from None
    except ConnectionError as problem:
        raise CommandFailed(ExitCode.UNREACHABLE, str(tsa), str(problem)) from None
    write(out, sealed)
    print(json.dumps({"sealed": str(out), "level": level.value, "octets": len(sealed)}, ensure_ascii=False))


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sealed XML document.")],
    partners: PartnersFile,
    now: Now = None,
    authority: Authority = None,
    country: Country = None,
) -> None:
    """Judge the seal of a document by the rules SIG-01 to SIG-05. Prints one JSON document.

    Exit code 0 when it holds, 1 when it is refused, 2 for wrong use. Nothing else of the document is judged: see `check`.

    Example: n2n document verify sealed.xml --partners partners.json
    """
    from node.cli.document import instant, read_octets
    from node.cli.partners_file import read_partners
    from node.customs.seal.judge import judge
    from node.customs.seal.refused import SealRefused
    from node.customs.seal.signatory import signatory

    octets, at = read_octets(file), instant(now)
    whom = signatory(octets)
    asked: dict[str, Any] = {"authority": authority or whom.authority, "country": country or whom.country, "now": at}
    try:
        found = judge(octets, None, partners=read_partners(partners), required=True, **asked)
    except SealRefused as refused:
        tell_verdict(None, refused.finding)
    else:
        tell_verdict(found, None)


def tell_verdict(sealed: "Sealed | None", finding: "Finding | None") -> None:
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
    print(json.dumps(told, ensure_ascii=False))
    if finding is not None:
        raise typer.Exit(ExitCode.NO)


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def write(out: Path, octets: bytes) -> None:
    """Write a new file. Raises CommandFailed."""
    try:
        with out.open("xb") as file:
            file.write(octets)
    except FileExistsError:
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(out), "is there already", "name another file, or move it away") from None
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, str(out), error.strerror or str(error)) from None


def _key(named: str) -> "SoftwareKey":
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
    from node.transport.stamping import HttpTimestampAuthority

    if tsa is None:
        raise CommandFailed(ExitCode.USAGE, "--level", "T and LT need a time-stamp", "name the authority: --tsa URL")
    try:
        return HttpTimestampAuthority(tsa)
    except ValueError as error:
        raise CommandFailed(ExitCode.USAGE, "--tsa", str(error)) from None


def _for_values(partners: Path | None) -> "Partners":
    from node.cli.partners_file import read_partners

    if partners is None:
        raise CommandFailed(ExitCode.USAGE, "--level", "LT needs the revocation lists", "name them: --partners FILE")
    return read_partners(partners)
