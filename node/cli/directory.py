"""`n2n directory`: who can send and receive which type of document, and where a participant of an open network is reached."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.discovery.identifiers import Identifier
    from node.discovery.metadata import Endpoint, Metadata
    from node.discovery.reading import Answer
    from node.setting import Setting

#: Octets of what a publisher says, at most.
_MOST: Final = 1 << 20

Participant = Annotated[
    str, typer.Argument(metavar="PARTICIPANT", help="scheme::value, such as iso6523-actorid-upis::0203:KR-KCS.")
]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="The document type as publishers name it: scheme::value.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Who sends and receives what, and where it is reached.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("find")(find)
    group.command("publish")(publish)
    app.add_typer(group, name="directory")


def list_(
    type_id: Annotated[str | None, typer.Option("--type", help="One type of document; else all.")] = None, _json: Json = False
) -> None:
    """Show for each type of document which partner may send it to us, and to which we may send it.

    Example: n2n directory list --type co.certificate
    """
    from node.discovery.directory import directory

    found = [one for one in directory(_setting().agreements.pmodes()) if type_id in (None, one.type_id)]
    rows = [
        {
            "type": one.type_id,
            "service": one.service,
            "partner": one.partner,
            "we_send": one.we_send,
            "we_receive": one.we_receive,
        }
        for one in found
    ]
    cells = [(one.type_id, one.partner, _yes(one.we_send), _yes(one.we_receive), one.service) for one in found]
    show({"types": rows}, table(("TYPE", "PARTNER", "WE SEND", "WE RECEIVE", "SERVICE"), cells))


def _yes(whether: bool) -> str:
    return "yes" if whether else "-"


def find(
    participant: Participant,
    service: Service,
    process: Annotated[str | None, typer.Option(help="Only endpoints of this process: scheme::value.")] = None,
    transport: Annotated[
        str | None, typer.Option(help="Only this transport profile, such as bdxr-transport-ebms3-as4-v1p0.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An answer of a publisher as a file; nobody is asked.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the certificates there, as PEM.")] = None,
    _json: Json = False,
) -> None:
    """Ask the publisher of a participant where a service of it is reached; its signature is checked, and nothing is changed here.

    discovery.toml says whom to ask and who vouches for publishers; without a publisher there, DNS is asked where it names a domain.

    Example: n2n directory find iso6523-actorid-upis::0203:KR-KCS bdx-docid-qns::urn:n2n:customs:co:1::CertificateOfOrigin
    """
    setting = _setting()
    setting.problems.raise_if_any()
    who, what = _identifier("PARTICIPANT", participant), _identifier("SERVICE", service)
    only = _identifier("--process", process) if process else None
    now = _now()
    answer = _from_file(file, setting, who, what, now) if file else _asked(setting, who, what, now)
    endpoints = [one for one in answer.metadata.endpoints if _wanted(one, only, transport)]
    saved = _saved(save, endpoints) if save else []
    document = {
        "participant": str(who),
        "service": str(what),
        "publisher": {"subject": answer.publisher.subject, "sha256": answer.publisher.sha256},
        "endpoints": [_endpoint_json(one, now) for one in endpoints],
        "files": saved,
    }
    show(document, [*_lines(answer, endpoints, now), *saved])
    if not any(one.validity.holds(now) for one in endpoints):
        raise typer.Exit(ExitCode.NO)


def _wanted(one: "Endpoint", process: "Identifier | None", transport: str | None) -> bool:
    return transport in (None, one.transport_profile) and (process is None or not one.processes or process in one.processes)


def _identifier(option: str, said: str) -> "Identifier":
    from node.discovery.identifiers import IdentifierRefused, read_identifier

    try:
        return read_identifier(said)
    except IdentifierRefused as error:
        raise CommandFailed(ExitCode.USAGE, option, str(error)) from None


def _now() -> datetime:
    from node.clock import SystemClock

    return SystemClock().now()


def _setting() -> "Setting":
    from node.setting import Setting

    return Setting(current.home_folder(), current.passwords())


def _asked(setting: "Setting", who: "Identifier", what: "Identifier", now: datetime) -> "Answer":
    from node.locating import Locating, NotLocated
    from node.transport.name_server import NameServer
    from node.transport.public import PublicFetch

    _needs_the_extra()
    locations = setting.locations
    allowed_by = "discovery.toml says allow_private = true"
    fetch = PublicFetch(allow_private=locations.allow_private, most=_MOST, allowed_by=allowed_by)
    try:
        return Locating(locations, setting.anchors(locations.anchors), fetch, NameServer).locate(who, what, now)
    except NotLocated as error:
        raise CommandFailed(ExitCode.NOT_FOUND, str(who), str(error), "see docs/howto/find-a-participant.md") from None


def _from_file(file: Path, setting: "Setting", who: "Identifier", what: "Identifier", now: datetime) -> "Answer":
    _needs_the_extra()
    from node.discovery.reading import MetadataRefused, check_for, read_answer

    try:
        answer = read_answer(file.read_bytes(), setting.anchors(setting.locations.anchors), now)
        check_for(answer, who, what)
    except MetadataRefused as error:
        raise CommandFailed(ExitCode.REFUSED, str(file), str(error)) from None
    return answer


def _needs_the_extra() -> None:
    from importlib.util import find_spec

    if find_spec("signxml") is None or find_spec("dns") is None:
        raise CommandFailed(
            ExitCode.USAGE,
            "directory",
            "signatures of publishers are read with the extra `discovery`",
            "pip install 'customs-n2n-node[discovery]'",
        )


def _saved(folder: Path, endpoints: "list[Endpoint]") -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for place, endpoint in enumerate(endpoints, 1):
        for held in endpoint.certificates:
            file = folder / f"{place}-{held.certificate.sha256[:16]}.pem"
            file.write_bytes(held.certificate.pem())
            files.append(str(file))
    return files


def _endpoint_json(one: "Endpoint", now: datetime) -> dict[str, Any]:
    return {
        "processes": [str(process) for process in one.processes],
        "transport_profile": one.transport_profile,
        "url": one.url,
        "from": one.validity.since,
        "until": one.validity.until,
        "counts_now": one.validity.holds(now),
        "description": one.description,
        "contact": one.contact,
        "certificates": [
            {
                "purpose": held.purpose,
                "subject": held.certificate.subject,
                "not_after": held.certificate.x509.not_valid_after_utc,
                "sha256": held.certificate.sha256,
            }
            for held in one.certificates
        ],
    }


def _lines(answer: "Answer", endpoints: "list[Endpoint]", now: datetime) -> Iterator[str]:
    yield f"signed by {answer.publisher.subject}, SHA-256 {answer.publisher.sha256}"
    for one in endpoints:
        yield ""
        yield f"{one.transport_profile}  {one.url}{'' if one.validity.holds(now) else '  (does not count now)'}"
        for process in one.processes:
            yield f"  process      {process}"
        if one.validity.since or one.validity.until:
            yield f"  counts       {plain(one.validity.since) or 'always'} .. {plain(one.validity.until) or 'for ever'}"
        for held in one.certificates:
            yield f"  certificate  {held.purpose or 'any use'}: {held.certificate.subject}, SHA-256 {held.certificate.sha256}"
    if not endpoints:
        yield "no endpoint fits"


def publish(
    participant: Participant,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The root of a web server, or a folder that becomes one.")
    ],
    url: Annotated[str, typer.Option(help="Where partners reach this node.")],
    key: Annotated[str | None, typer.Option(help="The key of certs/own that signs; else the one that signs messages.")] = None,
    version: Annotated[str, typer.Option(help="1.0 or 2.0.")] = "2.0",
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Until when it counts, such as 2027-12-31; else for ever.")
    ] = None,
    _json: Json = False,
) -> None:
    """Write signed metadata of every type that this node receives: files that any web server can serve at the addresses of SMP.

    Example: n2n directory publish iso6523-actorid-upis::0158:TW-CUSTOMS --url https://as4.tw.example/as4 --out smp
    """
    from node.discovery.publishing import publish as signed
    from node.security.keys import KeyUseFailed

    setting = _setting()
    setting.problems.raise_if_any()
    if version not in ("1.0", "2.0"):
        raise CommandFailed(ExitCode.USAGE, "--version", f"{version!r} is none", "1.0 or 2.0")
    who, signer = _identifier("PARTICIPANT", participant), setting.home.keys.sign
    # Another key may have taken over.
    name = key or setting.own.current("sign", signer, _now()) or signer
    holder = setting.certificates.own.get(name)
    if holder is None:
        raise CommandFailed(ExitCode.NOT_FOUND, "--key", f"certs/own has no key {name!r}")
    _check_url(url)
    written = []
    for one in _ours(setting, who, url, version, until):
        file = _file_of(out, one)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            file.write_bytes(signed(one, holder, _algorithm(holder.certificate.public_key)))
        except KeyUseFailed as error:
            raise CommandFailed(ExitCode.CONFIGURATION, f"certs/own/{name}", str(error), "name another --key") from None
        written.append(str(file))
    show({"files": written}, written or ["no type of document is received by an agreement"])


def _check_url(url: str) -> None:
    from node.agreements.agreement import read_parts

    parts = read_parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable():
        raise CommandFailed(ExitCode.USAGE, "--url", f"{url!r} is no address", "write it as https://as4.example/as4")


def _ours(setting: "Setting", who: "Identifier", url: str, version: str, until: str | None) -> "Iterator[Metadata]":
    from node.cli.instants import read_instant
    from node.discovery.directory import directory
    from node.discovery.identifiers import Identifier
    from node.discovery.metadata import AS4, Endpoint, EndpointCertificate, Metadata
    from node.security.period import Period

    first = setting.home.keys.encrypt
    encrypt = setting.certificates.own[setting.own.current("encrypt", first, _now()) or first].certificate
    purpose = "bdxr-smp-2-encryption" if version == "2.0" else ""
    validity = Period(None, read_instant("--until", until) if until else None)
    received = {(one.type_id, one.service) for one in directory(setting.agreements.pmodes()) if one.we_receive}
    for type_id, service in sorted(received):
        process, held = Identifier("", service), EndpointCertificate(encrypt, purpose)
        yield Metadata(version, who, Identifier("", type_id), (Endpoint((process,), AS4, url, (held,), validity, type_id),))


def _file_of(out: Path, one: "Metadata") -> Path:
    from urllib.parse import unquote

    from node.discovery.naming import Publisher, metadata_url

    # Web servers look for the decoded name; no identifier has a slash here that came from outside of this home.
    path = metadata_url(Publisher("", one.version), one.participant, one.service).lstrip("/")
    parts = [unquote(part).replace("/", "%2F") for part in path.split("/")]
    if {".", ".."} & set(parts):
        raise CommandFailed(ExitCode.USAGE, "PARTICIPANT", f"{one.participant} makes no file name")
    return out.joinpath(*parts)


def _algorithm(public_key: object) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    from node.security import algorithms as a

    return a.ECDSA_SHA256 if isinstance(public_key, ec.EllipticCurvePublicKey) else a.RSA_SHA256
