"""`n2n partner import`: what another product's file says, element by element, and drafts of agreements made from it."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.acting import changing
from node.cli.invocation import Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.agreements.resolve import Layer
    from node.foreign.account import Line
    from node.foreign.drafting import Draft
    from node.foreign.formats import ForeignFile, Format
    from node.foreign.we import We
    from node.home import Home

AUTO: Final = "auto"
FORMATS: Final = "domibus, holodeck, cppa3 or phase4"
DRAFTS: Final = ".drafts"
_LARGEST: Final = 8 << 20
_ENDINGS: Final = (".xml", ".json")

File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, help="The file; or a folder of P-Modes, one file each.")]
FormatOption = Annotated[str, typer.Option("--format", help=f"{FORMATS}; auto looks at the file.")]
WeOption = Annotated[str, typer.Option("--we", help="The party of the file that is us; else the one with our party id.")]


def import_(
    file: File,
    form: FormatOption = AUTO,
    we: WeOption = "",
    name: Annotated[str, typer.Option("--as", help="What the partner will be called here; else as the file calls it.")] = "",
    profile: Annotated[str, typer.Option(help="The preset; else the one with the fewest differences.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Write over a draft that is there already.")] = False,
    _json: Json = False,
) -> None:
    """Draft agreements from the P-Modes of another product, and account for each of its elements; nothing becomes active.

    Example: n2n partner import pmode.xml --we blue_gw --as kr
    """
    from node.cli.cert import check_name

    if name:
        check_name(name)
    home = _home()
    foreign = read_files(file, form, _we(home, we))
    presets = read_presets(home)
    if profile and profile not in presets:
        from node.configuration import nearest

        raise CommandFailed(ExitCode.USAGE, f"--profile {profile}", "no such preset", nearest(profile, presets))
    drafts = _drafts(foreign, home, presets, name, profile, file.name)
    lines = _settled(foreign, drafts, presets)
    account = [_line_document(one) for one in lines]
    with changing(home.folder, "partner import"):
        folders = _write(home, drafts, foreign, replace=replace)
        for folder in folders.values():
            (folder / "account.json").write_text(json.dumps(account, ensure_ascii=False, indent=2), "utf-8")
    problems = {one.name: problems_of(home, folders[one.name]) for one in drafts}
    document = {
        "file": str(file),
        "format": foreign.format,
        "account": account,
        "implied": [{"parameter": key, "value": value, "reason": reason} for key, value, reason in foreign.implied],
        "drafts": [_draft_document(one, folders[one.name], problems[one.name]) for one in drafts],
    }
    show(document, _told(foreign, lines, drafts, folders, problems))


def _home() -> "Home":
    from node.configuration import Problems
    from node.home import load_home

    problems = Problems()
    home = load_home(current.home_folder(), problems)
    problems.raise_if_any()
    return home


def _we(home: "Home", named: str) -> "We":
    from node.foreign.we import We

    return We(named, home.party_ids)


# -- reading, for the other commands too -----------------------------------------------------------------------------


def read_files(file: Path, form: str, we: "We") -> "ForeignFile":
    """What a file, or a folder of files, says. Raises CommandFailed."""
    from node.foreign.formats import read_foreign
    from node.foreign.items import ForeignRefused
    from node.foreign.we import PartyUnknown

    try:
        return read_foreign(_octets(file), we, None if form == AUTO else format_named(form))
    except ForeignRefused as error:
        raise CommandFailed(ExitCode.USAGE, str(file), str(error), f"the formats are {FORMATS}") from error
    except PartyUnknown as error:
        raise CommandFailed(ExitCode.USAGE, str(file), str(error), f"say --we with one of {', '.join(error.parties)}") from error


def format_named(name: str) -> "Format":
    """The format of this name. Raises CommandFailed."""
    from node.foreign.formats import Format

    try:
        return Format(name)
    except ValueError:
        raise CommandFailed(ExitCode.USAGE, f"--format {name}", "no such format", f"the formats are {FORMATS}") from None


def _octets(file: Path) -> dict[str, bytes]:
    files = sorted(one for one in file.iterdir() if one.suffix in _ENDINGS and one.is_file()) if file.is_dir() else [file]
    if not files:
        raise CommandFailed(ExitCode.USAGE, str(file), f"no file in it ends with {' or '.join(_ENDINGS)}")
    if sum(one.stat().st_size for one in files) > _LARGEST:
        raise CommandFailed(ExitCode.USAGE, str(file), f"more than {_LARGEST} octets", "give the P-Modes of this partner alone")
    return {one.name: one.read_bytes() for one in files}


def read_presets(home: "Home") -> "dict[str, Layer]":
    """What every preset says that this node can do, its bases included, by name."""
    from node.agreements.presets import preset_names, read_preset
    from node.configuration import Problems

    found = (read_preset(name, home.presets, Problems()) for name in preset_names(home.presets))
    return {one.name: one.whole() for one in found if one is not None and not one.unsupported}


# -- drafts ----------------------------------------------------------------------------------------------------------


def _drafts(
    foreign: "ForeignFile", home: "Home", presets: "Mapping[str, Layer]", name: str, profile: str, source: str
) -> "list[Draft]":
    from node.foreign.drafting import draft
    from node.foreign.gathering import gather

    gathered = gather(foreign.exchanges, whole=foreign.whole, our_role=home.role)
    names: dict[str, None] = {}
    taken: dict[str, int] = {}
    for one in gathered:
        wish = called = name or slug(one.name)
        while called in names:
            taken[wish] = taken.get(wish, 1) + 1
            called = f"{wish}-{taken[wish]}"
        names[called] = None
    return [
        draft(one, called, presets, profile=profile, ours=home.party_ids, source=source)
        for one, called in zip(gathered, names, strict=True)
    ]


def slug(name: str) -> str:
    """A name that a folder and a certificate may have."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "partner"


def _write(home: "Home", drafts: "Sequence[Draft]", foreign: "ForeignFile", *, replace: bool) -> dict[str, Path]:
    folders = {one.name: home.partners / DRAFTS / one.name for one in drafts}
    for folder in folders.values():
        if (folder / "agreement.toml").exists() and not replace:
            where = f"partners/{DRAFTS}/{folder.name}"
            raise CommandFailed(ExitCode.NOT_ALLOWED, where, "is there already", "say --replace, or --as another name")
    for one in drafts:
        folder = folders[one.name]
        folder.mkdir(parents=True, exist_ok=True)
        for stale in ("agreement.toml", "account.json", "sign.pem", "encrypt.pem"):
            (folder / stale).unlink(missing_ok=True)
        (folder / "agreement.toml").write_text(one.text, "utf-8")
        for (partner, purpose), der in foreign.certificates.items():
            if partner == one.gathered.name:
                (folder / f"{purpose}.pem").write_text(_pem(der), "utf-8")
    return folders


def _pem(der: bytes) -> str:
    import base64
    import textwrap

    return "\n".join(
        ["-----BEGIN CERTIFICATE-----", *textwrap.wrap(base64.b64encode(der).decode(), 64), "-----END CERTIFICATE-----", ""]
    )


def problems_of(home: "Home", folder: Path) -> list[str]:
    """What the reader of agreements says of a draft, certificates left out of account."""
    from node.agreements.agreement import Known, Us, read_agreement
    from node.agreements.patterns import check_patterns
    from node.configuration import Problems

    names: Any = {f"{folder.name}-{purpose}": None for purpose in ("sign", "encrypt", "tls")}
    known = Known(Us(home.party_ids, home.keys.sign, home.keys.encrypt, home.role), {}, names, home.presets, home.retention)
    problems = Problems()
    agreement = read_agreement(folder, known, problems)
    if agreement is not None:
        check_patterns(agreement, problems)
    return [f"{one.key}: {one.problem}" + (f"; {one.remedy}" if one.remedy else "") for one in problems.found]


# -- telling ---------------------------------------------------------------------------------------------------------


def _settled(foreign: "ForeignFile", drafts: "Sequence[Draft]", presets: "Mapping[str, Layer]") -> "tuple[Line, ...]":
    from node.foreign.account import settled
    from node.foreign.drafting import preset_value
    from node.foreign.values import same

    chosen = [presets[name] for name in {one.profile for one in drafts}]
    return settled(foreign.account, lambda key, value: all(same(key, preset_value(one, key), value) for one in chosen))


def _line_document(line: "Line") -> dict[str, str]:
    return {"element": line.path, "fate": line.fate, "parameter": line.parameter, "value": line.value, "reason": line.reason}


def _draft_document(one: "Draft", folder: Path, problems: list[str]) -> dict[str, Any]:
    return {
        "name": one.name,
        "partner": one.gathered.name,
        "folder": str(folder),
        "profile": one.profile,
        "overrides": dict(one.overrides),
        "weakens": [{"parameter": w.parameter, "preset": w.preset, "value": w.value} for w in one.weakened],
        "as_near": list(one.as_near),
        "doubts": [*one.gathered.doubts, *problems],
        "next": next_command(one, folder),
    }


def next_command(one: "Draft", folder: Path) -> str:
    """The command that makes a draft an agreement."""
    words = ["n2n", "partner", "add", one.name, "--file", str(folder / "agreement.toml")]
    for purpose, needed in (("sign", one.signs), ("encrypt", one.encrypts), ("tls", not one.signs)):
        if needed:
            held = folder / f"{purpose}.pem"
            words += [f"--{purpose}-cert", str(held) if held.is_file() else f"{purpose.upper()}.pem"]
    return shlex.join(words)


def _told(
    foreign: "ForeignFile",
    lines: "Sequence[Line]",
    drafts: "Sequence[Draft]",
    folders: Mapping[str, Path],
    problems: Mapping[str, list[str]],
) -> Iterable[str]:
    shown = [one for one in lines if one.fate != "used" or one.parameter]
    rows = [(one.path, one.fate, one.parameter, one.reason or one.value) for one in shown]
    yield from table(("ELEMENT", "FATE", "PARAMETER", "VALUE OR REASON"), rows)
    counts = {fate: sum(1 for one in lines if one.fate == fate) for fate in dict.fromkeys(one.fate for one in lines)}
    yield ""
    yield f"{len(lines)} elements and attributes: " + ", ".join(f"{count} {fate}" for fate, count in sorted(counts.items()))
    yield f"({len(lines) - len(shown)} that only hold or name others are not shown; --json has all)"
    for parameter, value, reason in foreign.implied:
        yield f"implied: {parameter} = {value}: {reason}"
    if not drafts:
        yield "no exchange between us and a partner is in it: nothing was drafted"
    for one in drafts:
        yield from _draft_told(one, folders[one.name], problems[one.name])


def _draft_told(one: "Draft", folder: Path, problems: list[str]) -> Iterable[str]:
    from node.agreements.agreements import text

    yield ""
    differences = f"{len(one.overrides)} difference" + ("" if len(one.overrides) == 1 else "s")
    yield f"draft {one.name}: {folder / 'agreement.toml'} (preset {one.profile}, {differences})"
    for key, value in one.overrides.items():
        yield f"  {key} = {text(value)}"
    if one.as_near:
        yield f"attention: {', '.join(one.as_near)} would fit as well: say --profile if it is one of them"
    for weak in one.weakened:
        yield f"attention: {weak.parameter} = {text(weak.value)} is weaker than the preset's {text(weak.preset)}"
    for doubt in (*one.gathered.doubts, *problems):
        yield f"attention: {doubt}"
    yield f"next: {next_command(one, folder)}"
