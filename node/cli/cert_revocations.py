"""`n2n cert revocations` and `n2n cert add-crl`: what authorities took back, as far as this node knows."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import changing
from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.setting import Setting


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n cert`."""
    group.command("revocations")(revocations)
    group.command("add-crl")(add_crl)


def revocations(_json: Json = False) -> None:
    """Show the revocation lists and OCSP answers that lie here, where they come from, and what they say of each partner's certificate.

    A running n2n serve fetches them before they end; nothing is fetched by this command.
    """
    from node.clock import SystemClock
    from node.setting import Setting

    setting, now = Setting(current.home_folder(), current.passwords()), SystemClock().now()
    lists, places, certificates = list(_lists(setting, now)), list(_places(setting)), list(_certificates(setting, now))
    lines = table(("CERTIFICATE", "STATUS", "WHY"), [[one["name"], one["status"], one_line(one["why"])] for one in certificates])
    if lists:
        names = ("kind", "about", "since", "until", "age", "source")
        lines += ["", *table(("KIND", "OF", "SINCE", "UNTIL", "AGE", "FROM"), [[plain(one[k]) for k in names] for one in lists])]
    if places:
        shown = ("url", "fetched", "next", "problem")
        lines += [
            "",
            *table(
                ("ADDRESS", "FETCHED", "NEXT", "PROBLEM"), [[one_line(str(plain(one[k]) or "")) for k in shown] for one in places]
            ),
        ]
    if not lists and not places:
        lines += [
            "",
            "no list lies here; next: n2n serve fetches those that certificates name, n2n cert add-crl FILE adds another",
        ]
    show({"certificates": certificates, "lists": lists, "places": places}, lines)


def _lists(setting: "Setting", now: datetime) -> Iterator[dict[str, Any]]:
    for one in sorted(setting.revocations.index().kept, key=lambda kept: (kept.kind, kept.about)):
        hours = int((now - one.since).total_seconds() // 3600)
        age = f"{hours // 24} d" if hours >= 48 else f"{hours} h"
        ended = ", ended" if one.until is not None and one.until < now else ""
        yield {
            "kind": one.kind,
            "about": one.about,
            "since": one.since,
            "until": one.until,
            "fetched": one.fetched,
            "age": age + ended,
            "source": one.source,
            "sha256": one.sha256,
        }


def _places(setting: "Setting") -> Iterator[dict[str, Any]]:
    for one in setting.revocations.index().places.values():
        yield {
            "url": one.url,
            "first_wanted": one.first_wanted,
            "tried": one.tried,
            "fetched": one.fetched,
            "next": one.next,
            "problem": one.problem,
        }


def _certificates(setting: "Setting", now: datetime) -> Iterator[dict[str, Any]]:
    from node.security.trust import Untrusted

    for name, held in sorted(setting.certificates.partners.items()):
        try:
            statuses = setting.keyring.judging.statuses(held, now)
        except Untrusted as problem:
            yield {"name": name, "subject": held.certificate.subject, "status": "no path", "why": str(problem)}
            continue
        # The worst of the path is what counts.
        worst = min(statuses, key=lambda one: ("revoked", "unknown", "good").index(one.state), default=None)
        found = ("unknown", "nobody above it is known") if worst is None else (worst.state, worst.why)
        above = f"{worst.subject}: " if worst is not None and worst.subject != held.certificate.subject else ""
        yield {"name": name, "subject": held.certificate.subject, "status": found[0], "why": above + found[1]}


def add_crl(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A revocation list in DER or PEM.")],
    _json: Json = False,
) -> None:
    """Take in a revocation list that came by another way; a running n2n serve goes by it from the next message on.

    Its authority must lie in certs/trust, or have come along with a partner's certificate. An older list than the one here is refused.
    """
    from node.clock import SystemClock
    from node.keyring.revocations import NotTaken
    from node.refreshing import taken
    from node.setting import Setting

    setting = Setting(current.home_folder(), current.passwords())
    try:
        with changing(setting.home.folder, "cert add-crl") as order:
            octets = file.read_bytes()
            order.taken.append(octets)
            kept = taken(setting.revocations, octets, setting.certificates, file.name, SystemClock().now())
    except NotTaken as problem:
        raise CommandFailed(
            ExitCode.CONFIGURATION,
            str(file),
            str(problem),
            "n2n cert revocations shows what lies here; n2n cert list the authorities",
        ) from None
    holds = f"holds until {plain(kept.until)}" if kept.until else "does not say until when it holds"
    lines = [f"{kept.about}: a list of {plain(kept.since)}, which {holds}", "next: n2n cert revocations"]
    show({"about": kept.about, "since": kept.since, "until": kept.until, "sha256": kept.sha256}, lines)
