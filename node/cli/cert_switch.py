"""`n2n cert switch`: which of our keys takes over when, written into node.toml after everything about it was checked."""

import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.acting import changing
from node.cli.instants import read_instant
from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.security.succession import NextKey
    from node.setting import Setting


def switch(
    purpose: Annotated[str, typer.Option(help="sign, encrypt or tls.")],
    name: Annotated[str, typer.Option(help="The key of certs/own that takes over.")],
    since: Annotated[str, typer.Option("--from", metavar="TIME", help="When, with its zone: 2027-01-05T00:00Z.")],
    _json: Json = False,
) -> None:
    """Write down that another of our keys takes over at a time; every n2n serve of this home then switches by itself.

    Checked first: the key opens and belongs to its certificate, which is valid at that time, allows the purpose and suits the profiles of all partners. That the
    partners know the certificate cannot be seen from here: n2n cert try asks them.

    Example: n2n cert switch --purpose sign --name sign-2027 --from 2027-01-05T00:00Z
    """
    from node.clock import SystemClock
    from node.security.succession import PURPOSES, NextKey
    from node.setting import Setting

    if purpose not in PURPOSES:
        raise CommandFailed(ExitCode.USAGE, "--purpose", f"{purpose!r} is none of {', '.join(PURPOSES)}")
    at, now = read_instant("--from", since), SystemClock().now()
    home = current.home_folder()
    following = NextKey(purpose, name, at)
    with alone(home):
        setting = Setting(home, current.passwords())
        setting.problems.raise_if_any()
        check(setting, following)
        before = setting.own.current(purpose, setting.own.first(purpose), at)
        with changing(home, "cert switch"):
            write(home / "node.toml", following)
    lines = [
        f"{name} takes over from {before} to {purpose} at {at:%Y-%m-%dT%H:%MZ}" + (", which is at once" if at <= now else "")
    ]
    if purpose == "encrypt":
        end = setting.own.opens_until(at)
        lines.append(
            f"what was encrypted to {before} is opened until {end:%Y-%m-%dT%H:%MZ}: leave {before} in certs/own until then"
        )
    following_steps = [f"n2n cert try --name {name}"] if purpose != "encrypt" else []
    told = "a running n2n serve takes it in within seconds"
    document = {"purpose": purpose, "name": name, "from": at, "follows": before, "next": [*following_steps, told]}
    show(document, [*lines, *(f"next: {one}" for one in (*following_steps, told))])


def check(setting: "Setting", following: "NextKey") -> None:
    """Raises ConfigurationError with everything that keeps this key from taking over, or CommandFailed."""
    from dataclasses import replace

    from node.agreements.agreements import load_agreements
    from node.configuration import Problems
    from node.home import NODE_TOML
    from node.security.path import Purpose, Untrusted, check_purpose
    from node.setting import check_next_keys

    keys, problems = setting.home.keys, Problems()
    if keys.first(following.purpose) is None:
        raise CommandFailed(
            ExitCode.CONFIGURATION, NODE_TOML, f"keys.{following.purpose} is not set, so there is nothing to follow"
        )
    for turn in keys.turns(following.purpose):
        if turn.since == following.since or turn.name == following.name:
            when = f"from {turn.since:%Y-%m-%dT%H:%MZ}" if turn.since else "from the beginning"
            remedy = "edit [[keys.next]] in node.toml to change that"
            raise CommandFailed(
                ExitCode.NOT_ALLOWED, NODE_TOML, f"{turn.name!r} is to {following.purpose} {when} already", remedy
            )
    check_next_keys(replace(keys, following=(following,)), setting.certificates.own, problems)
    held = setting.certificates.own.get(following.name)
    if held and following.purpose != "tls":
        try:
            check_purpose(held.certificate, Purpose(following.purpose))
        except Untrusted as error:
            problems.add(f"certs/own/{following.name}", "", str(error), "have a certificate issued for this purpose")
    known = replace(setting.known, following=(*setting.known.following, following))
    load_agreements(setting.home.partners, known, problems)
    problems.raise_if_any()


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One command at a time changes node.toml, each after it has read what the one before wrote."""
    descriptor = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(path: Path, following: "NextKey") -> None:
    """Add the entry to node.toml; every other line of it stays as it is."""
    from node.configuration import toml

    # Where node.toml is a link, what it leads to is changed, and the link stays.
    path = path.resolve()
    text = path.read_text("utf-8-sig")
    since: datetime = following.since
    added = f"[[keys.next]]\npurpose = {toml(following.purpose)}\nname    = {toml(following.name)}\nfrom    = {since:%Y-%m-%dT%H:%M:%SZ}\n"
    changed = text.rstrip("\n") + "\n\n" + added
    try:
        tomllib.loads(changed)
    except tomllib.TOMLDecodeError as error:
        remedy = f"write it there by hand: {' '.join(added.split())}"
        raise CommandFailed(ExitCode.CONFIGURATION, str(path), f"cannot be added to: {error}", remedy) from error
    growing = path.with_name(f".{path.name}")
    growing.write_text(changed, "utf-8")
    growing.chmod(path.stat().st_mode & 0o777)
    # A node that runs sees all of it or nothing.
    growing.rename(path)
