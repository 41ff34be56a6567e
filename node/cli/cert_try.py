"""`n2n cert try`: does the partner accept a key before it takes over?"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.trying import Trial, Tried


def try_(
    name: Annotated[str, typer.Option(help="The key of certs/own that is to take over.")],
    partner: Annotated[
        str | None, typer.Argument(help="A folder of partners/; else every partner that takes test messages.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="sign or tls; else the one for which node.toml has it, or sign.")] = None,
    encrypt_to: Annotated[
        str | None,
        typer.Option(help="The partner's certificate to encrypt to; else the one whose window begins next, or that of now."),
    ] = None,
    _json: Json = False,
) -> None:
    """Send a test message signed with a key that is to take over, and say whether the partner accepts it.

    Everything is as in earnest, but the partner hands it to nobody, nothing is kept here, and no other message is touched; n2n serve need not run.
    Exit code: 0 accepted by all, 5 refused by one, 4 not reached.

    Example: n2n cert try --name sign-2027 kr
    """
    import asyncio

    from node.app import Node
    from node.configuration import nearest

    node = Node.open(current.home_folder(), current.passwords())
    try:
        setting = node.setting
        known = setting.agreements.agreements
        if partner is not None and partner not in known:
            raise CommandFailed(ExitCode.NOT_FOUND, f"partner {partner!r}", "no such folder in partners", nearest(partner, known))
        if name not in setting.certificates.own:
            raise CommandFailed(
                ExitCode.NOT_FOUND, f"certs/own: {name!r}", "no such key", nearest(name, setting.certificates.own)
            )
        chosen = [partner] if partner else [one.partner for one in setting.agreements.partners() if one.test_service and one.url]
        if not chosen:
            raise CommandFailed(ExitCode.NOT_FOUND, "partners", "nobody takes test messages")
        tried = asyncio.run(_try_all(node, chosen, name, _purpose(node, name, purpose), encrypt_to))
    finally:
        node.close()
    document = {"name": name, "accepted": all(one.accepted for one in tried), "partners": [asdict(one) for one in tried]}
    show(document, [_line(one, name) for one in tried])
    raise typer.Exit(_code(tried))


def _purpose(node: "Node", name: str, said: str | None) -> str:
    found = said or next((one.purpose for one in node.setting.own.following if one.name == name), "sign")
    if found not in ("sign", "tls"):
        remedy = "give it to the partner, who tries it with its own n2n cert try --encrypt-to"
        raise CommandFailed(ExitCode.USAGE, "--purpose", f"a key to {found} cannot be tried from this side", remedy)
    return found


async def _try_all(node: "Node", partners: "list[str]", name: str, purpose: str, encrypt_to: str | None) -> "list[Tried]":
    from concurrent.futures import ThreadPoolExecutor

    from node.msh.ports import NotNow, SubmissionError
    from node.trying import Tried, try_with

    tried = []
    with ThreadPoolExecutor(1) as pool:
        for partner in partners:
            trial = _trial(node, partner, name, purpose, encrypt_to)
            try:
                tried.append(await try_with(node.setting, node.ports, partner, trial, pool))
            except (SubmissionError, NotNow) as error:
                tried.append(Tried(partner, accepted=False, detail=f"not sent: {error}", reached=False))
    return tried


def _trial(node: "Node", partner: str, name: str, purpose: str, encrypt_to: str | None) -> "Trial":
    from node.configuration import nearest
    from node.trying import Trial, next_to_encrypt_to

    agreement = node.setting.agreements.agreements[partner]
    named = agreement.certificates.encrypt
    if encrypt_to is not None and encrypt_to not in named:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"{agreement.file}: certificates.encrypt",
            f"{encrypt_to!r} is not among them",
            nearest(encrypt_to, named),
        )
    chosen = encrypt_to or next_to_encrypt_to(agreement, node.clock.now())
    return Trial(sign=name if purpose == "sign" else None, tls=name if purpose == "tls" else None, encrypt_to=chosen)


def _line(tried: "Tried", name: str) -> str:
    if not tried.reached:
        verdict = "was not reached with"
    elif tried.error_code:
        verdict = "refuses"
    else:
        verdict = "accepts" if tried.accepted else "does not acknowledge"
    encrypted = f" (encrypted to {tried.encrypted_to})" if tried.encrypted_to else ""
    return f"{tried.partner} {verdict} {name}{encrypted}: {one_line(tried.detail)}"


def _code(tried: "list[Tried]") -> ExitCode:
    if all(one.accepted for one in tried):
        return ExitCode.DONE
    return ExitCode.REFUSED if any(one.reached and not one.accepted for one in tried) else ExitCode.UNREACHABLE
