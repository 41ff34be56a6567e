"""Instants as people write them on the command line."""

from datetime import UTC, datetime

from node.cli.problems import CommandFailed, ExitCode


def read_instant(option: str, said: str, remedy: str = "write it as 2026-11-24T08:00Z", none: str = "is no instant") -> datetime:
    """What an option says, in ISO 8601. What says no zone is meant in UTC, as everything that is shown.

    Raises CommandFailed with `none` and the remedy.
    """
    try:
        found = datetime.fromisoformat(said)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        # At the ends of the calendar a zone leads out of it.
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(ExitCode.USAGE, option, f"{said!r} {none}", remedy) from None
    return found
