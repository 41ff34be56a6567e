"""`n2n partner export`: an agreement as the P-Modes of another product, with a list of what these cannot say."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import Json, current, say, show, table
from node.cli.partner_import import FORMATS, format_named
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.agreements.agreement import Agreement
    from node.setting import Setting


def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name here.")],
    form: Annotated[str, typer.Option("--format", help=f"{FORMATS}.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; a folder where a format has one file for each P-Mode.")
    ] = None,
    our_url: Annotated[str, typer.Option("--our-url", help="The address where the partner sends to.")] = "",
    ours: Annotated[bool, typer.Option("--ours", help="For a node of our own; else for the partner's.")] = False,
    _json: Json = False,
) -> None:
    """Write an agreement for another product, and tell what its format cannot say.

    Example: n2n partner export kr --format domibus --our-url https://as4.example.tw/as4 -o kr.xml
    """
    from node.foreign.exchange import exchanges_of
    from node.foreign.formats import write_foreign
    from node.foreign.losses import losses

    chosen = format_named(form)
    setting, agreement = agreement_of(name)
    theirs, own = _certificates(setting, agreement)
    exchanges = list(exchanges_of(agreement, our_url, own, theirs))
    if not exchanges:
        raise CommandFailed(ExitCode.NO, f"partner {name}", "nothing is exchanged with it", "see n2n partner explain")
    files = write_foreign(exchanges, chosen, for_partner=not ours)
    lost = losses(agreement, exchanges, files, chosen)
    written = _write(files, output)
    account = [{"parameter": one.parameter, "value": one.value, "reason": one.reason} for one in lost]
    for line in table(("NOT SAID BY THE FILE", "VALUE", "WHY"), [(one.parameter, one.value, one.reason) for one in lost]):
        say(line)
    if not our_url:
        say("attention: our address is not in it; say --our-url")
    document = {
        "partner": name,
        "format": chosen,
        "files": [str(one) for one in written] or {key: octets.decode() for key, octets in files.items()},
        "lost": account,
    }
    texts = [octets.decode().rstrip("\n") for octets in files.values()]
    show(document, [f"written: {one}" for one in written] or texts)


def agreement_of(name: str) -> "tuple[Setting, Agreement]":
    """A partner's agreement and the setting that it stands in. Raises CommandFailed."""
    from node.configuration import nearest
    from node.setting import Setting

    setting = Setting(current.home_folder(), current.passwords())
    found = setting.agreements.agreements.get(name)
    if found is None:
        setting.problems.raise_if_any()
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"partner {name!r}", "no such folder in partners", nearest(name, setting.agreements.agreements)
        )
    return setting, found


def _certificates(setting: "Setting", agreement: "Agreement") -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The partner's and our own certificates by purpose."""
    held, own = setting.certificates.partners, setting.certificates.own
    named = {"sign": agreement.certificates.sign, "encrypt": agreement.certificates.encrypt}
    theirs = {purpose: held[names[0]].certificate.der for purpose, names in named.items() if names and names[0] in held}
    ours = {"sign": agreement.us.sign, "encrypt": agreement.us.encrypt}
    return theirs, {purpose: own[name].certificate.der for purpose, name in ours.items() if name in own}


def _write(files: Mapping[str, bytes], output: Path | None) -> list[Path]:
    if output is None:
        if len(files) > 1 and not current.as_json:
            raise CommandFailed(ExitCode.USAGE, "partner export", f"there are {len(files)} P-Modes", "say -o FOLDER")
        return []
    if len(files) == 1:
        output.write_bytes(next(iter(files.values())))
        return [output]
    if output.exists() and not output.is_dir():
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(output), f"is a file, and there are {len(files)} P-Modes", "name a folder")
    output.mkdir(parents=True, exist_ok=True)
    for name, octets in files.items():
        (output / name).write_bytes(octets)
    return [output / name for name in files]
