"""`n2n partner`: with whom we exchange, and whether it fits together."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli import partner_gates, partner_sheets, partner_updates, partner_versions
from node.cli.acting import changing
from node.cli.invocation import Json, current, show, table
from node.cli.partner_compare import compare
from node.cli.partner_export import export
from node.cli.partner_import import import_
from node.cli.ping import ping
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.retry_plan import retry_plan
from node.cli.weakened import weakened_lines, weakened_rows

if TYPE_CHECKING:
    from node.agreements.agreement import Agreement
    from node.setting import Setting

Name = Annotated[str, typer.Argument(metavar="NAME", help="The partner's name here: a folder of partners/.")]
OnlyName = Annotated[str | None, typer.Argument(metavar="[NAME]", help="One partner; else all.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Partners and what was agreed with them.", no_args_is_help=True)
    group.command("add")(add)
    group.command("ping")(ping)
    group.command("list")(list_)
    group.command("explain")(explain)
    group.command("check")(check)
    group.command("retry-plan")(retry_plan)
    partner_sheets.register(group)
    partner_versions.register(group)
    partner_updates.register(group)
    partner_gates.register(group)
    group.command("import")(import_)
    group.command("export")(export)
    group.command("compare")(compare)
    app.add_typer(group, name="partner")


@dataclass(frozen=True, slots=True)
class Offered:
    """A partner's certificate file and the name it will have."""

    purpose: str
    name: str
    file: Path


def add(
    name: Name,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="A whole agreement.toml; then only certificates are options."),
    ] = None,
    party_id: Annotated[str | None, typer.Option(help="The partner's party id.")] = None,
    party_type: Annotated[
        str, typer.Option(help="The scheme of the party id; empty if it is a URI.")
    ] = "urn:oasis:names:tc:ebcore:partyid-type:unregistered",
    role: Annotated[str | None, typer.Option(help="The partner's role in every message; else the profile's roles.")] = None,
    url: Annotated[str, typer.Option(help="Where we send to; without it we only receive.")] = "",
    profile: Annotated[str, typer.Option(help="The preset: a file of profiles/messaging.")] = "edelivery-as4-1.15",
    service: Annotated[str | None, typer.Option(help="The agreed service.")] = None,
    service_type: Annotated[str | None, typer.Option(help="The service's type; needed if the service is no URI.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="An agreed action; may be repeated.")] = None,
    direction: Annotated[str, typer.Option(help="Who may send: both, send (we) or receive.")] = "both",
    agreement: Annotated[str | None, typer.Option(help="The AgreementRef, if one was agreed.")] = None,
    sign_cert: Annotated[Path | None, typer.Option(exists=True, help="The certificate the partner signs with.")] = None,
    encrypt_cert: Annotated[
        Path | None, typer.Option(exists=True, help="The certificate we encrypt to; else that of --sign-cert.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(exists=True, help="The partner's TLS certificate; others are then refused.")
    ] = None,
    trust: Annotated[
        str, typer.Option(help="path: a way to certs/trust is needed; pinned: these certificates themselves are trusted.")
    ] = "path",
    policy: Annotated[
        str, typer.Option(help="By which rules paths are judged: docs/howto/trust-a-partners-authority.md; else as trust says.")
    ] = "",
    _json: Json = False,
) -> None:
    """Add a partner from a file or from options; nothing is kept unless everything fits together.

    Example: n2n partner add kr --party-id KR-CUSTOMS --url https://as4.example.kr/as4 --sign-cert kr.pem --service urn:co --action co.certificate
    """
    from node.agreements.writing import NewAgreement, agreement_text
    from node.cli.cert import check_name
    from node.ebms.message import AgreementRef

    check_name(name)
    home = current.home_folder()
    folder = home / "partners" / name
    # An empty one is what a command that was killed left behind.
    if folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
        raise CommandFailed(
            ExitCode.NOT_ALLOWED, f"partners/{name}", "is there already", "edit its agreement.toml, or choose another name"
        )
    files = {"sign": sign_cert, "encrypt": encrypt_cert, "tls": tls_cert}
    if file is None:
        if party_id is None or service is None or not action or sign_cert is None:
            needed = "--party-id, --service, --action and --sign-cert, or --file"
            raise CommandFailed(ExitCode.USAGE, "partner add", f"needs {needed}", "see n2n partner add --help")
        files["encrypt"] = encrypt_cert or sign_cert
    offered = [Offered(purpose, f"{name}-{purpose}", path) for purpose, path in files.items() if path]
    if file is not None:
        text = _text_of(file)
    else:
        names = {one.purpose: (one.name,) for one in offered}
        text = agreement_text(
            NewAgreement(
                profile=profile,
                party_id=party_id or "",
                # An empty --party-type says that the party id is a URI.
                party_type=party_type or None,
                url=url,
                services=[(service or "", service_type, action or [], direction)],
                sign=names.get("sign", ()),
                encrypt=names.get("encrypt", ()),
                tls=names.get("tls", ()),
                trust=trust,
                policy=policy,
                role=role,
                agreement_ref=AgreementRef(agreement) if agreement else None,
            )
        )
    with changing(home, "partner add", {"partner": name}):
        setting = _write(home, folder, text, offered)
    _report_added(setting, name)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CommandFailed(ExitCode.CONFIGURATION, str(file), f"is no text in UTF-8: {error}", "give a TOML file") from error


def _write(home: Path, folder: Path, text: str, offered: list[Offered]) -> "Setting":
    """Write agreement and certificates, read the whole home again, and take all back if anything in it is wrong."""
    from node.cli.cert import put
    from node.setting import Setting

    written: list[Path] = []
    try:
        for one in offered:
            before = set((home / "certs" / "partners").glob("*"))
            path, _ = put(home, "partners", one.name, one.file, one.file.read_bytes())
            if path not in before:
                written.append(path)
        folder.mkdir(parents=True, exist_ok=True)
        growing = folder / ".agreement.toml"
        growing.write_text(text, "utf-8")
        # A node that runs sees all of it or nothing.
        growing.rename(folder / "agreement.toml")
        setting = Setting(home, current.passwords())
        setting.problems.raise_if_any()
        _refuse_hopeless(setting, folder.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return setting


def _refuse_hopeless(setting: "Setting", name: str) -> None:
    """Raises ConfigurationError for certificates that no waiting makes usable: what expired, and what must not be used so."""
    from node.clock import SystemClock
    from node.configuration import Problems
    from node.preflight import why_not

    problems, now, named = Problems(), SystemClock().now(), setting.agreements.agreements[name].certificates
    for use, names in (("sign", named.sign), ("encrypt", named.encrypt), ("tls", named.tls)):
        for one in names:
            certificate = setting.certificates.partners[one].certificate
            end = certificate.x509.not_valid_after_utc
            if end < now:
                problems.add(
                    f"certs/partners/{one}", use, f"expired on {end:%Y-%m-%d %H:%M} UTC", "ask the partner for the next one"
                )
            if why := why_not(certificate, use):
                problems.add(f"certs/partners/{one}", use, why, "ask the partner for a certificate with the right keyUsage")
    problems.raise_if_any()


def _report_added(setting: "Setting", name: str) -> None:
    agreement = setting.agreements.agreements[name]
    doubts = _doubts(setting, agreement)
    prints = _fingerprints(setting, agreement)
    steps = [
        f"compare these fingerprints with {name} by another way (telephone, letter)",
        f"send {name} our party id, address and certificates: n2n cert list",
        "n2n serve (a running one takes it in within seconds)",
    ]
    sends = next(
        (one.leg.business_info for one in setting.agreements.pmodes(name) if not one.inbound and not one.test_service), None
    )
    if sends:
        steps.append(f"n2n submit --partner {name} --action {sends.action} FILE --wait 30")
    lines = [
        f"added {name}: {agreement.title}, {agreement.profile}",
        *(f"  {one['purpose']}: SHA-256 {one['sha256']}" for one in prints),
    ]
    lines += [f"attention: {one}" for one in doubts]
    lines += ["next:", *(f"  {one}" for one in steps)]
    show({"partner": name, "file": agreement.file, "certificates": prints, "attention": doubts, "next": steps}, lines)


def _fingerprints(setting: "Setting", agreement: "Agreement") -> list[dict[str, str]]:
    named = {"sign": agreement.certificates.sign, "encrypt": agreement.certificates.encrypt, "tls": agreement.certificates.tls}
    held = setting.certificates.partners
    return [
        {"purpose": purpose, "name": one, "subject": held[one].certificate.subject, "sha256": held[one].certificate.sha256}
        for purpose, names in named.items()
        for one in names
    ]


def _doubts(setting: "Setting", agreement: "Agreement") -> list[str]:
    """Certificates that cannot be used at this moment: they may become usable, so they do not stop the node; and times in which none counts."""
    from node.clock import SystemClock
    from node.gaps import gaps_of
    from node.security.path import Purpose
    from node.security.period import ALWAYS, in_force

    now, keyring, named = SystemClock().now(), setting.keyring, agreement.certificates
    found = [
        (name, why)
        for names, purpose in ((named.sign, Purpose.SIGN), (named.encrypt, Purpose.ENCRYPT))
        for name, why in keyring.why_not(names, now, purpose).items()
        # One whose time is to come, or is over, is as it should be.
        if in_force(named.periods.get(name, ALWAYS), now)
    ]
    if named.trust == "path":
        found += [
            (name, why)
            for name, why in keyring.why_not(named.tls, now, Purpose.TLS_CLIENT).items()
            if in_force(named.periods.get(name, ALWAYS), now)
        ]
    gaps = [one for one in gaps_of(setting, now) if one.startswith(f"{agreement.file}:")]
    return [*dict.fromkeys(f"certs/partners/{name}: {why}" for name, why in found), *gaps]


def _unfit(setting: "Setting", agreement: "Agreement") -> list[str]:
    """What of our own side would make messages to this partner fail now."""
    from node.clock import SystemClock
    from node.preflight import unfit

    own = (one for one in unfit(setting, agreement, SystemClock().now()) if one.file.startswith("certs/own/"))
    return [f"{one.file}: {one.problem}; {one.remedy}" for one in own]


def _apart(setting: "Setting", name: str) -> list[str]:
    """Where the partner's clock is farther from ours than was agreed, as far as a process that serves has heard it."""
    from node.clock import SystemClock
    from node.clocks import Clocks, in_words
    from node.measuring import known

    timekeeping, _ = known(setting.home, SystemClock())
    clocks = Clocks(timekeeping, setting.home.time, setting.agreements.max_apart, SystemClock().now())
    return [
        f"{name}: its clock is {in_words(one.counts)} by its {one.by}, and {one.max_apart.total_seconds():g} s were agreed; n2n time"
        for one in clocks.partner(name)
        if one.off
    ]


def list_(_json: Json = False) -> None:
    """Show every partner with its profile, address and what is agreed."""
    setting = _setting()
    rows: list[dict[str, Any]] = [
        {
            "name": one.partner,
            "title": one.title,
            "party_id": one.party_ids[0].value,
            "profile": one.profile,
            "url": one.url,
            # 0 for a file of one side.
            "version": one.term.version,
            "services": [
                {"value": s.service.value, "type": s.service.type, "actions": list(s.actions), "direction": s.direction}
                for s in one.services
            ],
            "weakened": weakened_rows(one.all_weakened()),
        }
        for one in setting.agreements.partners()
    ]
    cells = [
        [
            *(one[k] for k in ("name", "party_id", "profile", "url")),
            sum(len(s["actions"]) for s in one["services"]),
            len(one["weakened"]) or "no",
            f"by both, version {one['version']}" if one["version"] else "by us alone",
        ]
        for one in rows
    ]
    lines = (
        table(("NAME", "PARTY ID", "PROFILE", "URL", "ACTIONS", "WEAKENED", "SIGNED"), cells)
        if rows
        else ["no partner yet; next: n2n partner offer --out offer.json ..., or n2n partner add NAME ..."]
    )
    lines += [line for one in setting.agreements.partners() for line in weakened_lines(one.partner, one.all_weakened())]
    show({"partners": rows, "problems": [str(one) for one in setting.problems.found]}, lines)
    setting.problems.raise_if_any()
    _raise_unread(setting)


def explain(name: Name, _json: Json = False) -> None:
    """Show every parameter of an agreement and the file and line it comes from, what it weakens, and what its network recommends otherwise."""
    from node.agreements.compliance import breaks
    from node.agreements.requirements import SHOULD

    setting = _setting()
    if name not in setting.agreements.agreements:
        setting.problems.raise_if_any()
        _raise_unread(setting)
        raise _unknown(name, setting)
    rows = [(one.parameter, one.value, str(one.origin)) for one in setting.agreements.explain(name)]
    document = [{"parameter": parameter, "value": value, "origin": origin} for parameter, value, origin in rows]
    agreement = setting.agreements.agreements[name]
    weakened = agreement.all_weakened()
    advice = [
        {"fact": wanted.fact, "is": said, "recommended": wanted.words(), "clause": wanted.clause}
        for wanted, said in breaks(agreement, SHOULD)
    ]
    lines = [*table(("PARAMETER", "VALUE", "FROM"), rows), *weakened_lines(name, weakened)]
    lines += [
        one_line(f"advice: {one['fact']} {one['is']}; recommended is {one['recommended']} ({one['clause']})") for one in advice
    ]
    show({"partner": name, "parameters": document, "weakened": weakened_rows(weakened), "advice": advice}, lines)


def check(name: OnlyName = None, _json: Json = False) -> None:
    """Check settings, agreements, keys and certificates without sending anything; 1 if something is wrong."""
    setting = _setting()
    agreements = setting.agreements.agreements
    problems = [str(one) for one in setting.problems.found]
    if setting.unread is not None:
        problems.append(f"store: {setting.unread}; the agreements that both sides signed are not among those checked")
    if name is not None:
        problems = [one for one in problems if not one.startswith("partners/") or one.startswith(f"partners/{name}/")]
        if name not in agreements and not problems:
            _raise_unread(setting)
            raise _unknown(name, setting)
    chosen = [one for key, one in agreements.items() if name in (None, key)]
    doubts = list(
        dict.fromkeys(
            doubt for one in chosen for doubt in (*_doubts(setting, one), *_unfit(setting, one), *_apart(setting, one.partner))
        )
    )
    checked = [one.partner for one in chosen]
    lines = [*(f"wrong: {one}" for one in problems), *(f"attention: {one}" for one in doubts)]
    if not lines:
        lines = [f"{len(checked)} partners checked, nothing wrong" if name is None else f"{name}: nothing wrong"]
    # A reason was given, so nothing is wrong with it; and nobody shall forget it.
    lines += [line for one in chosen for line in weakened_lines(one.partner, one.all_weakened())]
    weakened = {one.partner: weakened_rows(one.all_weakened()) for one in chosen}
    show({"checked": checked, "problems": problems, "attention": doubts, "weakened": weakened}, lines)
    if problems or doubts:
        raise typer.Exit(ExitCode.NO)


def _setting() -> "Setting":
    from node.setting import Setting

    return Setting(current.home_folder(), current.passwords())


def _raise_unread(setting: "Setting") -> None:
    """Raises StorageUnavailable where the store did not say what both sides signed: nobody shall take its silence for there being nothing."""
    if setting.unread is not None:
        raise setting.unread


def _unknown(name: str, setting: "Setting") -> CommandFailed:
    from node.configuration import nearest

    return CommandFailed(
        ExitCode.NOT_FOUND, f"partner {name!r}", "no such folder in partners", nearest(name, setting.agreements.agreements)
    )
