"""`n2n directory publish`: signed metadata of what this node receives, as files for a web server."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.acting import changing
from node.cli.invocation import Json, current, show
from node.cli.participant import Participant, identifier
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.discovery.identifiers import Identifier
    from node.discovery.metadata import Metadata
    from node.setting import Setting


def register(group: typer.Typer) -> None:
    """Add the command to `n2n directory`."""
    group.command("publish")(publish)


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
    from node.clock import SystemClock
    from node.discovery.publishing import publish as signed
    from node.security.keys import KeyUseFailed
    from node.setting import Setting

    setting, now = Setting(current.home_folder(), current.passwords()), SystemClock().now()
    setting.problems.raise_if_any()
    if version not in ("1.0", "2.0"):
        raise CommandFailed(ExitCode.USAGE, "--version", f"{version!r} is none", "1.0 or 2.0")
    who, signer = identifier("PARTICIPANT", participant), setting.home.keys.sign
    # Another key may have taken over.
    name = key or setting.own.current("sign", signer, now) or signer
    holder = setting.certificates.own.get(name)
    if holder is None:
        raise CommandFailed(ExitCode.NOT_FOUND, "--key", f"certs/own has no key {name!r}")
    _check_url(url)
    written = []
    with changing(setting.home.folder, "directory publish") as order:
        for one in _ours(setting, who, url, version, until, now):
            file = _file_of(out, one)
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                octets = signed(one, holder, _algorithm(holder.certificate.public_key))
            except KeyUseFailed as error:
                raise CommandFailed(ExitCode.CONFIGURATION, f"certs/own/{name}", str(error), "name another --key") from None
            file.write_bytes(octets)
            order.taken.append(octets)
            written.append(str(file))
    show({"files": written}, written or ["no type of document is received by an agreement"])


def _check_url(url: str) -> None:
    from node.agreements.agreement import read_parts

    parts = read_parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable():
        raise CommandFailed(ExitCode.USAGE, "--url", f"{url!r} is no address", "write it as https://as4.example/as4")


def _ours(
    setting: "Setting", who: "Identifier", url: str, version: str, until: str | None, now: datetime
) -> "Iterator[Metadata]":
    from node.cli.instants import read_instant
    from node.discovery.directory import directory
    from node.discovery.identifiers import Identifier
    from node.discovery.metadata import AS4, Endpoint, EndpointCertificate, Metadata
    from node.security.period import Period

    first = setting.home.keys.encrypt
    encrypt = setting.certificates.own[setting.own.current("encrypt", first, now) or first].certificate
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
