"""`n2n cert forecast`: what ends when, and the same for a calendar."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import Json, current, say, show, table

if TYPE_CHECKING:
    from node.setting import Setting
    from node.store.pending import Pending


def forecast(
    ics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an iCalendar file with alarms; - for standard output.")
    ] = None,
    _json: Json = False,
) -> None:
    """Show what ends when, the first to end first: own keys, partners' certificates, authorities, and versions of agreements that no other follows.

    Besides: revocation lists that somebody has to bring, or whose address brings nothing; what is to be answered by when; when updates and switches of our
    own keys take effect. Alarms are 90, 60, 30, 14, 7 and 1 days before; n2n serve logs each, and in the last month each day. A calendar that imports the file again moves the
    entries of what was renewed.

    Example: n2n cert forecast --ics certificates.ics
    """
    from node.clock import SystemClock
    from node.foreseeing import foreseen
    from node.keyring.forecast import endings
    from node.keyring.icalendar import calendar
    from node.setting import Setting

    setting, now = Setting(current.home_folder(), current.passwords()), SystemClock().now()
    pending, unread = pending_of(setting)
    found = endings(setting.certificates, foreseen(setting, pending, now))
    if ics is not None:
        octets = calendar(found, setting.home.host, now)
        if str(ics) == "-":
            for one in unread:
                say(f"warning: {one}")
            print(octets.decode(), end="")
            return
        ics.write_bytes(octets)
    rows = [
        {
            "kind": one.kind,
            "place": one.place,
            "subject": one.subject,
            "end": one.end,
            "days": one.days(now),
            "alarm": one.alarm(now),
            "sha256": one.sha256,
            "event": one.event,
            "remedy": one.remedy,
        }
        for one in found
    ]
    words = [[one["end"], _left(one["days"]), one["place"], one["event"], one["subject"]] for one in rows]
    lines = table(("WHEN", "DAYS LEFT", "WHAT", "", "SUBJECT"), words)
    written = [f"{ics}: {len(found)} entries; import it into your calendar"] if ics else []
    warned = [f"warning: {one}" for one in unread]
    show({"endings": rows, "warnings": unread, "file": str(ics) if ics else None}, [*lines, *warned, *written])


def pending_of(setting: "Setting") -> "tuple[Pending, list[str]]":
    """What is under way in the store; nothing and a warning where it cannot be read, since certificates are shown all the same."""
    from node.msh.ports import StorageUnavailable
    from node.store.pending import Pending
    from node.versions import read_pending

    try:
        return read_pending(setting.home), []
    except StorageUnavailable as error:
        return Pending(), [f"the store cannot be read, so agreements and updates are left out: {error}"]


def _left(days: object) -> str:
    return "ended" if isinstance(days, int) and days < 0 else str(days)
