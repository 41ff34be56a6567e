"""`n2n partner retry-plan`: a partner's schedule and calendar in words, and every attempt that a message would get."""

import random
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.agreements.agreement import Agreement


def retry_plan(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name here: a folder of partners/.")],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", exists=True, dir_okay=False, help="An agreement.toml to be tried before it is saved; else the saved one."
        ),
    ] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Show each attempt that a message gets if none succeeds.")] = False,
    seed: Annotated[int, typer.Option(help="Of the jitter; the same seed shows the same times.")] = 1,
    start: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="When it is submitted, such as 2026-11-24T08:00Z; else now.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most as many attempts.")] = 200,
    _json: Json = False,
) -> None:
    """Show when a message to a partner is sent again, under its schedule and its calendar, and when it is given up.

    Example: n2n partner retry-plan kr --simulate --from 2026-12-24T08:00Z
    """
    from node.agreements.retrying import retry_parameters
    from node.clock import SystemClock
    from node.msh.next_action import rehearse
    from node.msh.schedule import ONCE, read_schedule

    agreement = _agreement(name, file)
    p = agreement.parameters
    retried = p["leg.reception_awareness.enabled"] and p["leg.reception_awareness.retry"]
    schedule = read_schedule(retry_parameters(p)) if retried else ONCE
    windows = [one.words(agreement.calendar.zone) for one in agreement.calendar.windows]
    document: dict[str, Any] = {"partner": name, "schedule": schedule.text(), "windows": windows}
    lines = [f"schedule  {schedule.text()}", *(f"window    {one}" for one in windows)]
    if not simulate:
        show(document, [*lines, f"next: n2n partner retry-plan {name} --simulate"])
        return
    begin = SystemClock().now() if start is None else read_instant("--from", start)
    dice = random.Random(seed)  # noqa: S311 - a rehearsal that can be repeated
    told = list(rehearse(schedule, agreement.calendar, begin, dice.random, limit))
    document |= {"from": begin, "seed": seed}
    document["attempts"] = [
        {"attempt": one.number, "at": one.at, "after_seconds": round((one.at - begin).total_seconds()), "waited_for": one.why}
        | ({"address": one.address} if one.address else {})
        for one in told
        if one.number
    ]
    ended = told[-1] if told and not told[-1].number else None
    document["given_up"] = {"at": ended.at, "why": ended.why} if ended else None
    rows = [
        (one.number or "end", plain(one.at), _after(one.at - begin), one.why + (f" to {one.address}" if one.address else ""))
        for one in told
    ]
    show(document, [*lines, *table(("ATTEMPT", "AT", "AFTER", "WHY"), rows)])


def _agreement(name: str, file: Path | None) -> "Agreement":
    """The saved agreement, or the one in a file as if it were saved. Raises CommandFailed, ConfigurationError."""
    from node.agreements.agreement import read_agreement
    from node.cli.cert import check_name
    from node.configuration import Problems, nearest
    from node.setting import Setting

    check_name(name)

    setting = Setting(current.home_folder(), current.passwords())
    if file is None:
        found = setting.agreements.agreements.get(name)
        if found is None:
            setting.problems.raise_if_any()
            raise CommandFailed(
                ExitCode.NOT_FOUND,
                f"partner {name!r}",
                "no such folder in partners",
                nearest(name, setting.agreements.agreements),
            )
        return found
    problems = Problems()
    with TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.mkdir()
        shutil.copyfile(file, place / "agreement.toml")
        tried = read_agreement(place, setting.known, problems)
    problems.raise_if_any()
    if tried is None:
        raise CommandFailed(ExitCode.CONFIGURATION, str(file), "is empty", "write an agreement into it")
    return tried


def _after(length: Any) -> str:
    """`2 d 03:04:05`."""
    seconds = int(length.total_seconds())
    return (
        f"{seconds // 86400} d " * (seconds >= 86400) + f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    )
