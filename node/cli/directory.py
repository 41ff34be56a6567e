"""`n2n directory`: who can send and receive which type of document, and where a participant of an open network is reached."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli import directory_publish
from node.cli.invocation import Json, current, plain, show, table
from node.cli.participant import Participant, identifier
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.discovery.identifiers import Identifier
    from node.discovery.metadata import Endpoint
    from node.discovery.reading import Answer
    from node.setting import Setting

#: Octets of what a publisher says, at most.
_MOST: Final = 1 << 20

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="The document type as publishers name it: scheme::value.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Who sends and receives what, and where it is reached.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("find")(find)
    directory_publish.register(group)
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
    who, what = identifier("PARTICIPANT", participant), identifier("SERVICE", service)
    only = identifier("--process", process) if process else None
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
        return Locating(locations, setting.certificates.anchors(locations.anchors), fetch, NameServer).locate(who, what, now)
    except NotLocated as error:
        raise CommandFailed(ExitCode.NOT_FOUND, str(who), str(error), "see docs/howto/find-a-participant.md") from None


def _from_file(file: Path, setting: "Setting", who: "Identifier", what: "Identifier", now: datetime) -> "Answer":
    _needs_the_extra()
    from node.discovery.reading import MetadataRefused, check_for, read_answer

    try:
        answer = read_answer(file.read_bytes(), setting.certificates.anchors(setting.locations.anchors), now)
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
