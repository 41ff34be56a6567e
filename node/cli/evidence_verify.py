"""`n2n evidence verify`: a bundle is checked with nothing but the bundle and the time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import Json, padded, plain, show
from node.cli.language import LANGUAGES, Language, chosen
from node.cli.problems import CommandFailed, ExitCode, remedy_of

if TYPE_CHECKING:
    from node.evidence.finding import Finding
    from node.evidence.verify import Anchor, Verdict

_MARKS = {False: ("holds", "成立"), True: ("FAILS", "不成立")}
_NOTE = ("note", "附註")
_WHOSE = {"node": ("of the node", "節點"), "time": ("for time-stamps", "時戳機構")}
_KNOWN = {True: ("known to you", "您已知悉"), False: ("NOT known to you, so not used", "您未列為已知，故不採信")}
_ENDS = {
    True: ("The bundle holds: no check fails.", "本證據包成立：無任何檢查不成立。"),
    False: ("The bundle does NOT hold: ", "本證據包不成立："),
}
_AS_OF = ("Verified as of {at}.", "查驗時點：{at}。")
#: It is no better proven than by the checks below.
_SAYS = (
    "The bundle says that it was made at {at} by {by}, out of the log {log}.",
    "本證據包自稱於 {at} 由 {by} 自紀錄簿 {log} 製作。",
)
_UNKNOWN = (
    "These anchors came out of the bundle itself and prove nothing by themselves: compare their fingerprints with what you know by another way, or name the certificates that you know: --anchor CERT",
    "上列信任起點取自證據包本身，不能自我證明：請以其他途徑核對其指紋，或以 --anchor 指定您已知之憑證。",
)


def register(group: typer.Typer) -> None:
    """Add to `n2n evidence`."""
    group.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle of evidence.")],
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            metavar="[WHOSE=]CERT",
            help="A certificate that you know by another way (PEM or DER); then no other counts. WHOSE is node, time or the name of a partner: then it counts for that side alone. Repeatable.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="As if it were then, such as 2036-11-20T12:00Z; else now.")
    ] = None,
    fallen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=INSTANT",
            help="An algorithm of time-stamps that is no longer safe, and since when: sha256, rsa2048, secp256r1. Repeatable.",
        ),
    ] = None,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Check a bundle of evidence: container, files, entries, proofs, checkpoints, time-stamps, signatures, receipts, seal.

    Needs no home, no network and no database. Exit code 0 where every check holds, 1 where one fails.

    Example: n2n evidence verify m1.asice --anchor node=customs-root.pem --anchor kr=kr-root.pem --anchor time=time-root.pem
    """
    from node.clock import SystemClock
    from node.evidence.verify import verify as judged

    zh = chosen(lang)
    octets = _read(file)
    moment = read_instant("--at", at) if at else SystemClock().now()
    known, known_of = _known(anchor or ())
    verdict = judged(octets, moment, known=known, known_of=known_of, fallen=dict(map(_fallen, fallen or ())))
    show(_document(verdict, moment), _lines(verdict, moment, zh))
    if not verdict.holds:
        raise typer.Exit(ExitCode.NO)


def _read(file: Path) -> bytes:
    from node.evidence.bundle import MOST_READ

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_READ + 1)
    except FileNotFoundError as error:
        raise CommandFailed(ExitCode.NOT_FOUND, str(file), "is not there", remedy_of(error)) from None
    except IsADirectoryError as error:
        raise CommandFailed(ExitCode.USAGE, str(file), "is a folder", remedy_of(error)) from None


def fingerprints(file: Path) -> list[str]:
    """The SHA-256 of every certificate of a file. Raises CommandFailed."""
    from node.security.certificates import CertificateRefused, load_certificates

    try:
        return [one.sha256 for one in load_certificates(_read(file))]
    except CertificateRefused as refused:
        # What the parser stumbled over helps nobody who took the wrong file.
        what = str(refused).partition(": error parsing")[0]
        raise CommandFailed(ExitCode.USAGE, str(file), what, "name a certificate in PEM or DER") from None


def _known(anchors: Iterable[str]) -> tuple[frozenset[str] | None, dict[str, frozenset[str]]]:
    """The SHA-256 of what is known of anybody, None where nothing was said; and of what is known of one side alone."""
    from node.evidence.case import of_partner

    whole: set[str] = set()
    sides: dict[str, frozenset[str]] = {}
    for said in anchors:
        whose, equals, file = said.partition("=")
        # A file may have such a sign in its name.
        if not equals or Path(said).exists():
            whole.update(fingerprints(Path(said)))
            continue
        side = whose if whose in _WHOSE else of_partner(whose)
        sides[side] = sides.get(side, frozenset()) | frozenset(fingerprints(Path(file)))
    return frozenset(whole) or None, sides


def _fallen(said: str) -> tuple[str, datetime]:
    name, equals, since = said.partition("=")
    if not equals:
        raise CommandFailed(ExitCode.USAGE, "--fallen", f"{said!r} names no instant", "write it as sha256=2035-01-01")
    return name, read_instant("--fallen", since)


def _lines(verdict: "Verdict", moment: datetime, zh: int) -> Iterator[str]:
    from node.evidence.report import scope_of
    from node.evidence.report_words import label

    language, manifest = LANGUAGES[zh], verdict.manifest
    yield _AS_OF[zh].format(at=_second(moment))
    if manifest is not None:
        made = {"at": _second(manifest.made_at), "by": manifest.made_by, "log": manifest.log}
        said = [_SAYS[zh].format_map(made), scope_of(manifest, zh), *([label("redacted", zh)] if manifest.redacted else [])]
        yield ("" if zh else " ").join(said)
    yield ""
    for one in verdict.findings:
        mark = _NOTE[zh] if one.is_note else _MARKS[one.fails][zh]
        yield f"{padded(mark, 8)}{padded(_name(one), 14)}{_place(one)}{one.says(language)}"
    if verdict.anchors:
        yield ""
    for anchor in verdict.anchors:
        yield _anchor(anchor, zh)
    if any(one.known is None for one in verdict.anchors):
        yield _UNKNOWN[zh]
    yield ""
    yield _ENDS[verdict.holds][zh] + ", ".join(verdict.failed)


def _second(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _name(finding: "Finding") -> str:
    return f"{finding.check.value}{f' {finding.step}' if finding.step else ''}"


def _place(finding: "Finding") -> str:
    return f"{finding.place}: " if finding.fails and finding.place else ""


def _anchor(anchor: "Anchor", zh: int) -> str:
    whose = _WHOSE.get(anchor.whose, (f"of {anchor.whose}", anchor.whose))[zh]
    known = "" if anchor.known is None else f", {_KNOWN[anchor.known][zh]}"
    return f"{('anchor', '信任起點')[zh]} {whose}: {anchor.certificate.subject}, SHA-256 {anchor.certificate.sha256}{known}"


def _document(verdict: "Verdict", at: datetime) -> dict[str, Any]:
    manifest = verdict.manifest
    return {
        "holds": verdict.holds,
        "at": plain(at),
        "failed": [one.value for one in verdict.failed],
        "findings": [one.as_json() for one in verdict.findings],
        "anchors": [
            {"whose": one.whose, "subject": one.certificate.subject, "sha256": one.certificate.sha256, "known": one.known}
            for one in verdict.anchors
        ],
        "stamped": {str(size): plain(time) for size, time in verdict.stamped.items()},
        "bundle": manifest
        and {
            "made_at": plain(manifest.made_at),
            "made_by": manifest.made_by,
            "log": manifest.log,
            "redacted": manifest.redacted,
            "messages": [one.message_id for one in manifest.exchanges],
        },
    }
