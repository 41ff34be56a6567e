"""`n2n time`: how far this machine's clock is off, by whom that is known, and how far partners' clocks are from it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.clocks import Clocks


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("time")(time)


def time(
    ask: Annotated[bool, typer.Option("--ask", help="Ask the references now, once; else what n2n serve measured last.")] = False,
    _json: Json = False,
) -> None:
    """Show how far the clock is off, by each reference, since when that is so, and how far each partner's clock is from ours.

    References are named in node.toml: docs/howto/keep-the-clock-honest.md. A partner's clock is heard in its messages and answers while n2n serve runs. Nothing is
    changed, and no clock is set.

    Exit code 0 when the clocks are right or no reference is named; 1 when this clock or a partner's is off, or nobody knows.

    Example: n2n time --ask
    """
    from node.clock import SystemClock
    from node.clocks import Clocks, Standing
    from node.measuring import Inquiry, known
    from node.setting import Setting
    from node.transport.ntp import NtpServers

    setting, clock = Setting(current.home_folder(), current.passwords()), SystemClock()
    references = setting.home.time
    timekeeping, trouble = known(setting.home, clock)
    if ask:
        if references.source == "none":
            raise CommandFailed(
                ExitCode.CONFIGURATION, "node.toml: time", "names no reference", "see docs/howto/keep-the-clock-honest.md"
            )
        timekeeping.hold(Inquiry(clock, NtpServers(clock).ask)(references))
    clocks = Clocks(timekeeping, references, setting.agreements.max_apart, clock.now())
    standing, _ = clocks.judged()
    show(
        {**clocks.document(), "problem": trouble},
        [*_ours(clocks), *_theirs(clocks), *([f"attention: {trouble}"] if trouble else [])],
    )
    setting.problems.raise_if_any()
    if standing in (Standing.OFF, Standing.UNKNOWN) or any(one.off for one in clocks.partners()):
        raise typer.Exit(ExitCode.NO)


def _ours(clocks: "Clocks") -> list[str]:
    standing, words = clocks.judged()
    lines = [f"this clock: {standing}: {words}"]
    if since := clocks.timekeeping.trouble_since:
        lines.append(f"no measurement has brought anything since {plain(since)}")
    last = clocks.timekeeping.last
    if last is not None and last.measurement.asked:
        rows: list[list[Any]] = [
            [
                one.name,
                f"{one.offset.offset_ms:+d} ms" if one.offset else "",
                f"{one.offset.within_ms} ms" if one.offset else "",
                one.stratum,
                one.trouble
                or ("agrees" if one.agrees else "does not agree with most" if last.measurement.offset else "no majority"),
            ]
            for one in last.measurement.asked
        ]
        lines += ["", *table(("REFERENCE", "OFFSET", "WITHIN", "STRATUM", "VERDICT"), rows)]
    return lines


def _theirs(clocks: "Clocks") -> list[str]:
    from node.clocks import in_words

    rows = [
        [
            one.partner,
            one.by,
            in_words(one.kept.latest),
            one.kept.latest.at,
            in_words(one.kept.worst),
            f"{one.max_apart.total_seconds():g} s" + (", and it is OFF" if one.off else ""),
        ]
        for one in clocks.partners()
    ]
    if not rows:
        return ["", "no partner has told its time yet"]
    return ["", *table(("PARTNER", "BY", "ITS CLOCK IS", "AT", "WORST OF THE DAY", "AGREED"), rows)]
