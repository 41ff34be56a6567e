"""`n2n init`: a new home, with our own keys if they are there already."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.acting import made
from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.security.keys import SoftwareKey

PURPOSES = ("sign", "encrypt", "tls")
UNREGISTERED = "urn:oasis:names:tc:ebcore:partyid-type:unregistered"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    party_id: Annotated[str, typer.Option(help="Our party id, as partners know it.")],
    party_type: Annotated[str, typer.Option(help="The scheme of the party id; empty if it is a URI.")] = UNREGISTERED,
    role: Annotated[str | None, typer.Option(help="Our role in every message; else the profile's roles.")] = None,
    host: Annotated[str | None, typer.Option(help="Right-hand side of message ids; else this machine's name.")] = None,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where partners reach us.")] = "127.0.0.1:8443",
    own_key: Annotated[
        Path | None, typer.Option(exists=True, help="Our private key (PEM), for every purpose without its own file.")
    ] = None,
    own_cert: Annotated[Path | None, typer.Option(exists=True, help="The certificates of --own-key (PEM).")] = None,
    pkcs12: Annotated[
        Path | None, typer.Option(exists=True, help="Our key and certificates (PKCS#12), instead of --own-key.")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(exists=True, help="The signing key: PEM with its certificates, or PKCS#12.")
    ] = None,
    encrypt: Annotated[Path | None, typer.Option(exists=True, help="The key that partners encrypt to, likewise.")] = None,
    tls: Annotated[Path | None, typer.Option(exists=True, help="The key of TLS, likewise.")] = None,
    trust: Annotated[list[Path] | None, typer.Option(exists=True, help="An authority that we trust; may be repeated.")] = None,
    plain_http: Annotated[bool, typer.Option("--plain-http", help="No TLS here: a proxy on this machine speaks it.")] = False,
    _json: Json = False,
) -> None:
    """Make a node home: settings, folders, and our own keys if they are given.

    A password of a key is read from N2N_KEY_PASSWORD, or N2N_KEY_PASSWORD_SIGN and the like.

    Example: n2n init tw --party-id TW-CUSTOMS --pkcs12 customs.p12 --trust ca.pem
    """
    from node.home import init_home, put_certificate, put_own_key

    listen_host, port = _listen(listen)
    keys = _own_keys({"sign": sign, "encrypt": encrypt, "tls": tls}, own_key, own_cert, pkcs12)
    if plain_http:
        keys.pop("tls", None)
    anchors = [(path.stem, _certificates(path)) for path in trust or ()]
    init_home(
        folder,
        party_id=party_id,
        party_type=party_type,
        host=host or _host_name(),
        role=role,
        listen_host=listen_host,
        port=port,
        tls=not plain_http,
        client_ca=[name for name, _ in anchors],
    )
    for name, octets in anchors:
        put_certificate(folder, "trust", name, octets)
    for purpose, (octets, suffix) in keys.items():
        put_own_key(folder, purpose, octets, suffix)
    made(folder.resolve(), "init")
    missing = [one for one in PURPOSES if one not in keys and not (plain_http and one == "tls")]
    _report(folder, party_id, sorted(keys), missing)


def _report(folder: Path, party_id: str, keys: list[str], missing: list[str]) -> None:
    lines = [f"made {folder}: the home of {party_id}", f"own keys: {', '.join(keys) or 'none'}"]
    steps = [f"n2n --home {folder} cert add --own {one} KEY.pem" for one in missing]
    steps.append(
        f"n2n --home {folder} partner add NAME --party-id ID --url URL --sign-cert FILE --encrypt-cert FILE --service S --action A"
    )
    steps.append(f"n2n --home {folder} serve")
    show(
        {"home": str(folder), "party_id": party_id, "own_keys": keys, "missing_keys": missing, "next": steps},
        [*lines, "next:", *(f"  {step}" for step in steps)],
    )


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise CommandFailed(ExitCode.USAGE, "--listen", f"{text!r} is no HOST:PORT", "for example 0.0.0.0:8443")
    return host.strip("[]"), int(port)


def _own_keys(
    given: dict[str, Path | None], own_key: Path | None, own_cert: Path | None, pkcs12: Path | None
) -> dict[str, tuple[bytes, str]]:
    """Octets and suffix of each key, read and tried before anything is written."""
    if (own_key is None) != (own_cert is None):
        raise CommandFailed(ExitCode.USAGE, "--own-key", "needs --own-cert, and the other way round")
    if own_key and own_cert:
        common: tuple[bytes, str] | None = own_key.read_bytes() + b"\n" + own_cert.read_bytes(), ".pem"
    else:
        common = (pkcs12.read_bytes(), ".p12") if pkcs12 else None
    keys: dict[str, tuple[bytes, str]] = {}
    for purpose, path in given.items():
        found = (path.read_bytes(), key_suffix(path)) if path else common
        if found:
            read_key(purpose, *found, where=str(path or pkcs12 or own_key))
            keys[purpose] = found
    return keys


def key_suffix(path: Path) -> str:
    """`.p12` or `.pem` for a key file."""
    return ".p12" if path.suffix.lower() in (".p12", ".pfx") else ".pem"


def read_key(name: str, octets: bytes, suffix: str, *, where: str) -> "SoftwareKey":
    """The key in these octets, opened with its password. Raises CommandFailed."""
    from node.keyring.passwords import CHOOSE, TRIED_FIRST, opens_by_default
    from node.security.certificates import CertificateRefused
    from node.security.keys import KeyRefused, SoftwareKey

    password = current.passwords()(name)
    if opens_by_default(octets, password, pem=suffix != ".p12"):
        # The node would refuse to start with it.
        raise CommandFailed(ExitCode.CONFIGURATION, where, TRIED_FIRST, CHOOSE)
    try:
        return SoftwareKey.from_pkcs12(octets, password) if suffix == ".p12" else SoftwareKey.from_pem(octets, octets, password)
    except (KeyRefused, CertificateRefused) as error:
        remedy = "give its password in N2N_KEY_PASSWORD" if password is None else "check the password in N2N_KEY_PASSWORD"
        raise CommandFailed(
            ExitCode.CONFIGURATION, where, str(error), remedy if "password" in str(error).lower() else ""
        ) from error


def _certificates(path: Path) -> bytes:
    from node.security.certificates import CertificateRefused, load_certificates

    octets = path.read_bytes()
    try:
        load_certificates(octets)
    except CertificateRefused as error:
        raise CommandFailed(ExitCode.CONFIGURATION, str(path), str(error), "give a certificate in PEM or DER") from error
    return octets


def _host_name() -> str:
    import socket

    name = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in socket.gethostname()).strip(".-")
    return name or "node"
