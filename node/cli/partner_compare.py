"""`n2n partner compare`: our agreement against a file of the partner's, parameter by parameter."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.invocation import Json, show, table
from node.cli.partner_export import agreement_of
from node.cli.partner_import import AUTO, File, FormatOption, WeOption, read_files
from node.cli.problems import CommandFailed, ExitCode, Told

if TYPE_CHECKING:
    from node.agreements.agreement import Agreement
    from node.foreign.comparing import Row
    from node.foreign.exchange import Exchange
    from node.setting import Setting

#: The tables of an `agreement.toml` that both sides must hold alike; the others are each side's own.
_SHARED: Final = (
    *("profile", "partner", "us", "agreement_ref", "certificates", "service", "test_service"),
    *("mep", "mep_binding", "initiator", "responder", "leg"),
)


def compare(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name here.")],
    file: File,
    form: FormatOption = AUTO,
    we: WeOption = "",
    everything: Annotated[bool, typer.Option("--all", help="Show what agrees, and what the file says nothing of, too.")] = False,
    our_url: Annotated[str, typer.Option("--our-url", help="The address where the partner sends to, to be compared too.")] = "",
    _json: Json = False,
) -> None:
    """Compare our agreement with the partner's P-Modes, or its agreement.toml; 1 if something that matters differs.

    Example: n2n partner compare kr their-pmode.xml --we blue_gw
    """
    from node.foreign.comparing import Verdict, compare, with_partner
    from node.foreign.exchange import exchanges_of

    setting, agreement = agreement_of(name)
    ours = list(exchanges_of(agreement, our_url))
    if file.is_file() and file.suffix == ".toml":
        theirs, whole = _of_toml(file, setting, agreement), True
    else:
        theirs, whole = _of_foreign(file, form, we, agreement)
    theirs = with_partner(theirs, agreement.party_ids)
    if not theirs:
        remedy = "is it the right file? Else say --we PARTY"
        raise CommandFailed(ExitCode.NO, str(file), f"it says nothing of an exchange between us and {name}", remedy)
    rows = compare(ours, theirs, whole=whole)
    matters = sum(one.matters for one in rows)
    shown = [
        one
        for one in rows
        if everything or one.verdict is Verdict.DIFFER or (one.verdict is not Verdict.AGREE and one.key == "service")
    ]
    shown.sort(key=lambda one: -one.effect.risk.weight)
    counts = {verdict: sum(one.verdict is verdict for one in rows) for verdict in Verdict}
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    lines = [*_lines(shown), f"{name}: {summary}; {matters} that matter"]
    document = {
        "partner": name,
        "file": str(file),
        "matters": matters,
        "counts": counts,
        "rows": [_document(one) for one in rows],
    }
    show(document, lines)
    if matters:
        raise typer.Exit(ExitCode.NO)


def _of_foreign(file: Path, form: str, we: str, agreement: "Agreement") -> "tuple[list[Exchange], bool]":
    from node.foreign.we import We

    found = read_files(file, form, We(we, agreement.us.party_ids, agreement.party_ids))
    return list(found.exchanges), found.whole


def _of_toml(file: Path, setting: "Setting", ours: "Agreement") -> "list[Exchange]":
    """Another agreement.toml: of ours, or the partner's view of us, which is turned round."""
    from node.foreign.exchange import exchanges_of, mirrored

    theirs = _read_agreement(file, setting, ours)
    found = list(exchanges_of(theirs))
    us = {one.value for one in ours.us.party_ids}
    return [mirrored(one) for one in found] if us & {one.value for one in theirs.party_ids} else found


def _read_agreement(file: Path, setting: "Setting", ours: "Agreement") -> "Agreement":
    from node.agreements.agreement import Known, Said, Us, read_tables
    from node.configuration import Problems, parse_toml

    try:
        values = parse_toml(file.read_bytes())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandFailed(ExitCode.USAGE, str(file), f"is not TOML: {error}") from error
    # What is no name is told by the reader.
    certificates: Any = dict.fromkeys(_words(values.get("certificates"), "sign", "encrypt", "tls"))
    keys: Any = dict.fromkeys(_words(values.get("us"), "sign", "encrypt"))
    # Whoever wrote it: the party ids of its own side stand in its node.toml, unless the file has them.
    owner = ours.party_ids if _names(values) & {one.value for one in ours.us.party_ids} else ours.us.party_ids
    known = Known(Us(owner, ours.us.sign, ours.us.encrypt), keys, certificates, setting.known.presets)
    problems = Problems()
    shared: dict[str, Any] = {key: values[key] for key in (*_SHARED, "weakened") if key in values}
    if not shared:
        raise CommandFailed(ExitCode.USAGE, str(file), "holds nothing of an agreement", "it begins with profile = ...")
    found = read_tables(Said(ours.partner, str(file), shared), known, problems)
    if found is None:
        failed = CommandFailed(ExitCode.USAGE, str(file), "cannot be read as an agreement")
        failed.told = tuple(Told(f"{file}: {one.key}", one.problem, one.remedy) for one in problems.found)
        raise failed
    return found


def _names(values: dict[str, Any]) -> set[str]:
    partner = values.get("partner")
    if not isinstance(partner, dict):
        return set()
    many = partner.get("party_ids")
    return (
        {str(one.get("value")) for one in many if isinstance(one, dict)}
        if isinstance(many, list)
        else {str(partner.get("party_id"))}
    )


def _words(table: Any, *keys: str) -> list[str]:
    """What a table of a stranger's file names under some keys, alone or in a list."""
    said = [table.get(key) for key in keys] if isinstance(table, dict) else []
    return [word for one in said for word in (one if isinstance(one, list) else [one]) if isinstance(word, str)]


def _lines(rows: "list[Row]") -> list[str]:
    if not rows:
        return []
    cells = [(one.effect.risk, one.verdict, one.parameter, one.ours, one.theirs, one.effect.en, one.where) for one in rows]
    return table(("RISK", "VERDICT", "PARAMETER", "OURS", "THEIRS", "EFFECT", "WHERE"), cells)


def _document(one: "Row") -> dict[str, Any]:
    return {
        "parameter": one.parameter,
        "key": one.key,
        "verdict": one.verdict,
        "ours": one.ours,
        "theirs": one.theirs,
        "where": one.where,
        "risk": one.effect.risk,
        "effect": one.effect.en,
        "effect_zh": one.effect.zh,
        "matters": one.matters,
    }
