"""`n2n co use|ask|reply|verify`: what is sent about a certificate of origin."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.answers import awaited, check_served
from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.customs.making.origin import Answer, Quantity, Question

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the certificate.")]
Issuer = Annotated[str | None, typer.Option(help="The issuing authority, where several have the number.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("use")(use)
    group.command("ask")(ask)
    group.command("reply")(reply)
    group.command("verify")(verify)


def use(
    number: Number,
    declaration: Annotated[str, typer.Option(help="The number of the import declaration.")],
    accepted: Annotated[str | None, typer.Option(metavar="DATE", help="When it was accepted; else today.")] = None,
    item: Annotated[
        list[str] | None,
        typer.Option(metavar="N=AMOUNT:UNIT", help="What it uses of an item, such as 1=12.5:NAR; may be repeated."),
    ] = None,
    code: Annotated[str, typer.Option(help="PRESENTED, PARTLY-USED or USED.")] = "PARTLY-USED",
    preference: Annotated[str, typer.Option(help="GIVEN, NOT-GIVEN or PENDING.")] = "GIVEN",
    reason: Annotated[str, typer.Option(help="With NOT-GIVEN, such as DOCUMENT or EXPIRED.")] = "",
    office: Annotated[str, typer.Option(help="The customs office.")] = "",
    issuer: Issuer = None,
    _json: Json = False,
) -> None:
    """Report to the issuing side that a declaration used a certificate; quantities are written off.

    Example: n2n co use 26-R00418207 --declaration AA2600012345 --item 1=12.5:NAR
    """
    from node.customs.making.origin import Use

    on = _day("--accepted", accepted) if accepted else datetime.now(UTC).astimezone().date()  # noqa: TID251 - the command line's own day
    said = Use(code, declaration, on, preference, reason, office, [_quantity(one) for one in item or ()])
    _submitted("co use", lambda origin, now: origin.use(number, issuer, said, now))


def ask(
    number: Number,
    due: Annotated[str, typer.Option(metavar="DATE", help="Until when the answer is wanted.")],
    question: Annotated[
        list[str], typer.Option(metavar="CODE[@ITEM][=TEXT]", help="AUTHENTIC, CRITERION@2, OTHER=Which mill?; may be repeated.")
    ],
    reason: Annotated[str, typer.Option(help="RANDOM, DOUBT or SIGNATURE.")] = "DOUBT",
    issuer: Issuer = None,
    _json: Json = False,
) -> None:
    """Ask the issuing side to verify a certificate.

    Example: n2n co ask 26-R00418207 --due 2027-02-28 --question AUTHENTIC --question CRITERION@2
    """
    questions = [_question(one) for one in question]
    due_on = _day("--due", due)
    _submitted("co ask", lambda origin, now: origin.ask(number, issuer, reason, due_on, questions, now))


def reply(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="The number of the verification request.")],
    outcome: Annotated[str, typer.Option(help="CONFIRMED, PARTLY or NOT-CONFIRMED.")],
    answer: Annotated[list[str], typer.Option(metavar="N=Y|N|NA[:TEXT]", help="The answer to a question; each once.")],
    _json: Json = False,
) -> None:
    """Reply to a verification request that came.

    Example: n2n co reply VR-26-R00418207-20261120 --outcome CONFIRMED --answer 1=Y
    """
    answers = [_answer(one) for one in answer]
    _submitted("co reply", lambda origin, now: origin.reply(request, outcome, answers, now))


def verify(
    number: Number,
    purpose: Annotated[str, typer.Option(help="CLEARANCE, AUDIT or VERIFICATION.")] = "CLEARANCE",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for the answer; n2n serve must run.")] = 30,
    issuer: Issuer = None,
    _json: Json = False,
) -> None:
    """Ask the issuing side now whether a certificate is genuine, in which state, and what is left of it.

    Exit code 0 when it is found and in force, 1 when not, 4 when nobody serves this home, 6 when no answer came in time.

    Example: n2n co verify 26-R00418207
    """
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        now = node.clock.now()
        made = node.origin.query(number, issuer, purpose, now)
        node.check_sending(made.submission.partner)
        check_served(node)
        with ordered(node, "co verify", about={"partner": made.submission.partner}):
            node.submit(made.submission)
        told = _told(awaited(node, made, "co.query-response", timeout))
    finally:
        node.close()
    lines = [f"{name:20} {value}" for name, value in told.items() if name != "items"]
    items = told.get("items") or []
    lines += [
        f"item {one['number']:<15} {one['classification']} {one['origin']}  left {one['remaining']} {one['unit']}"
        for one in items
    ]
    show(told, lines)
    if told["result"] != "FOUND" or told["issue"] not in {"ISSUED", "AMENDED"}:
        raise typer.Exit(ExitCode.NO)


def _told(octets: bytes) -> dict[str, Any]:
    from node.ebms.xml import XmlLimits, parse_xml

    root = parse_xml(octets, XmlLimits(octets=21 << 20, elements=300_000, only_elements=False))
    names = {
        "number": "ID", "version": "VersionID", "issued": "IssueDate", "expires": "ExpiryDate", "issue": "IssuerStateCode",
        "use": "UseStateCode", "verification": "VerificationStateCode", "since": "StateDateTime", "exporter": "ExporterName",
        "import_country": "ImportCountryCode", "digest": "DocumentDigest",
    }  # fmt: skip
    told: dict[str, Any] = {"result": root.findtext("{*}ResultCode")}
    told |= {name: root.findtext(f"{{*}}CertificateState/{{*}}{path}") or "" for name, path in names.items()}
    told["items"] = [
        {
            "number": int(item.findtext("{*}SequenceNumeric") or 0),
            "classification": item.findtext("{*}ClassificationID"),
            "origin": item.findtext("{*}OriginCountryCode"),
            "remaining": item.findtext("{*}RemainingQuantity") or "",
            "unit": next((left.get("unitCode") for left in item.iterfind("{*}RemainingQuantity")), ""),
        }
        for item in root.iterfind("{*}CertificateState/{*}Item")
    ]
    return told


def _submitted(what: str, make: Any) -> None:
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        made = make(node.origin, node.clock.now())
        node.check_sending(made.submission.partner)
        with ordered(node, what, about={"partner": made.submission.partner}):
            message_id = node.submit(made.submission).message_id
    finally:
        node.close()
    document = {"message_id": message_id, "document_id": made.document_id, "partner": made.submission.partner}
    show(document, [f"submitted to {made.submission.partner}: document {made.document_id}, message {message_id}"])


def _day(option: str, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise CommandFailed(ExitCode.USAGE, option, f"{said!r} is no date", "write 2026-11-20") from None


def _quantity(said: str) -> "Quantity":
    from node.customs.making.origin import Quantity

    number, _, rest = said.partition("=")
    amount, _, unit = rest.partition(":")
    if not (number.isdigit() and amount.replace(".", "", 1).isdigit() and unit):
        raise CommandFailed(
            ExitCode.USAGE, "--item", f"{said!r} is no quantity", "number of the item, amount and unit: 1=12.5:NAR"
        )
    return Quantity(int(number), amount, unit)


def _question(said: str) -> "Question":
    from node.customs.making.origin import Question

    about, _, text = said.partition("=")
    code, _, item = about.partition("@")
    if not code or (item and not item.isdigit()):
        raise CommandFailed(ExitCode.USAGE, "--question", f"{said!r} is no question", "like AUTHENTIC, CRITERION@2 or OTHER=TEXT")
    return Question(code, int(item) if item else None, text)


def _answer(said: str) -> "Answer":
    from node.customs.making.origin import Answer

    number, _, rest = said.partition("=")
    code, _, text = rest.partition(":")
    if not number.isdigit() or code not in {"Y", "N", "NA"}:
        raise CommandFailed(ExitCode.USAGE, "--answer", f"{said!r} is no answer", "number of the question and Y, N or NA: 1=Y")
    return Answer(int(number), code, text)
