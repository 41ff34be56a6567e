"""`n2n cert`: what lies in certs/, and adding to it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli import cert_revocations
from node.cli.acting import changing
from node.cli.invocation import Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode
from node.configuration import NAMES, is_name

if TYPE_CHECKING:
    from node.security.certificates import Certificate
    from node.security.keys import SoftwareKey
    from node.setting import Setting

#: Shown as soon as a certificate has fewer days left.
SOON_DAYS = 60


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Our own keys, partners' certificates, and the authorities we trust.", no_args_is_help=True)
    from node.cli.cert_forecast import forecast
    from node.cli.cert_switch import switch
    from node.cli.cert_try import try_

    group.command("list")(list_)
    group.command("add")(add)
    cert_revocations.register(group)
    group.command("switch")(switch)
    group.command("try")(try_)
    group.command("forecast")(forecast)
    app.add_typer(group, name="cert")


def list_(_json: Json = False) -> None:
    """Show every certificate of this home with its fingerprint, its end, and what it is used for from when until when.

    Compare fingerprints with the partner over the telephone before you rely on them. Partners that have not accepted the next of our keys by message are
    warned of.
    """
    from node.cli.cert_forecast import pending_of
    from node.clock import SystemClock
    from node.gaps import gaps_of
    from node.setting import Setting
    from node.switching import warnings_of

    setting, now = Setting(current.home_folder(), current.passwords()), SystemClock().now()
    rows = list(_rows(setting, now))
    shown = [
        [*(one[k] for k in _SHOWN[:3]), "; ".join(map(_use, one["uses"])) or "-", *(one[k] for k in _SHOWN[3:])] for one in rows
    ]
    lines = table(("KIND", "NAME", "SUBJECT", "USED", "VALID UNTIL", "STATE", "SHA-256"), shown)
    pending, unread = pending_of(setting)
    warnings = [*gaps_of(setting, now), *warnings_of(setting, pending.updates, now), *unread]
    lines += [f"warning: {one}" for one in warnings]
    show({"certificates": rows, "warnings": warnings, "problems": [str(one) for one in setting.problems.found]}, lines)
    setting.problems.raise_if_any()


_SHOWN = ("kind", "name", "subject", "not_after", "state", "sha256")


def _rows(setting: "Setting", now: datetime) -> Iterator[dict[str, Any]]:
    from node.cli.cert_uses import own_uses, partner_uses

    folder = setting.certificates
    for name, key in sorted(folder.own.items()):
        yield row("own", name, key.certificate, now) | {"uses": own_uses(setting, name, now)}
    for name, partner in sorted(folder.partners.items()):
        yield row("partner", name, partner.certificate, now) | {"uses": partner_uses(setting, name, now)}
    for name, anchors in sorted(folder.trust.items()):
        for anchor in anchors:
            yield row("trust", name, anchor, now) | {"uses": []}


def _use(use: dict[str, Any]) -> str:
    words = [use["state"], use["purpose"], *([f"of {use['partner']}"] if use.get("partner") else [])]
    for key, word in (("from", "from"), ("until", "until"), ("opens_until", "opens what comes until")):
        if use.get(key):
            words += [word, f"{use[key]:%Y-%m-%dT%H:%MZ}"]
    return " ".join(words)


def row(kind: str, name: str, certificate: "Certificate", now: datetime) -> dict[str, Any]:
    """One certificate as it is listed."""
    end = certificate.x509.not_valid_after_utc
    days = (end - now).days
    if now < certificate.x509.not_valid_before_utc:
        state = "not yet valid"
    else:
        state = "expired" if end < now else f"{days} days left" if days < SOON_DAYS else "valid"
    return {
        "kind": kind,
        "name": name,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_after": end,
        "state": state,
        "sha256": certificate.sha256,
    }


def add(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="PEM or DER; for --own PEM or PKCS#12 with the key."),
    ],
    trust: Annotated[bool, typer.Option("--trust", help="An authority that we trust.")] = False,
    partner: Annotated[bool, typer.Option("--partner", help="A partner's certificate, to be named in its agreement.")] = False,
    own: Annotated[
        str | None, typer.Option(metavar="NAME", help="Our own private key under this name: sign, encrypt, tls.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name under which agreements know it; else that of the file.")] = None,
    _json: Json = False,
) -> None:
    """Put a certificate, or an own key, where the node finds it.

    Example: n2n cert add --trust ca.pem; n2n cert add --own tls tls.p12
    """
    from node.clock import SystemClock
    from node.home import put_own_key

    if sum((trust, partner, own is not None)) != 1:
        raise CommandFailed(ExitCode.USAGE, "cert add", "exactly one of --trust, --partner and --own says what it is")
    home, octets, now = current.home_folder(), file.read_bytes(), SystemClock().now()
    if own is not None:
        key, suffix = opened(own, file, octets)
        with changing(home, "cert add"):
            path, found = put_own_key(home, own, octets, suffix), key.certificate
        rows = [row("own", own, found, now)]
    else:
        kind, called = ("trust" if trust else "partners"), name or file.stem
        with changing(home, "cert add"):
            path, certificates = put(home, kind, called, file, octets)
        rows = [row("trust" if trust else "partner", called, one, now) for one in certificates]
    lines = [f"{path.relative_to(home)}: {one['subject']}, {one['state']}, SHA-256 {one['sha256']}" for one in rows]
    taken = "a running n2n serve takes it in within seconds"
    show({"file": str(path), "certificates": rows, "next": taken}, [*lines, f"next: {taken}"])


def opened(name: str, file: Path, octets: bytes) -> tuple["SoftwareKey", str]:
    """An own key as it will lie in certs/own, and the ending of its file, after it was opened."""
    from node.cli.init import key_suffix, read_key

    check_name(name)
    suffix = key_suffix(file)
    return read_key(name, octets, suffix, where=str(file)), suffix


def put(home: Path, kind: str, name: str, file: Path, octets: bytes) -> tuple[Path, tuple["Certificate", ...]]:
    """Certificates into certs/partners or certs/trust, after they were read."""
    from node.home import put_certificate
    from node.security.certificates import CertificateRefused, load_certificates

    check_name(name)
    try:
        found = load_certificates(octets)
    except CertificateRefused as error:
        raise CommandFailed(ExitCode.CONFIGURATION, str(file), str(error), "give a certificate in PEM or DER") from error
    return put_certificate(home, kind, name, octets), found


def check_name(name: str) -> None:
    """Names become file names."""
    if not is_name(name):
        raise CommandFailed(ExitCode.USAGE, "name", f"{name!r} is no name", NAMES)
