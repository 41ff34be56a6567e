"""`n2n explain`: what this node would do with a message, and why, without doing it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.cli.capture import Capture
    from node.msh.explaining import Explanation
    from node.msh.ports import Peer
    from node.store.looking import StoreLooking
    from node.store.messages import StoredMessages


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE",
            help="A file with a whole HTTP request, its MIME body, or an envelope; or the number or MessageId of a refused or accepted message.",
        ),
    ],
    content_type: Annotated[
        str | None, typer.Option(help="The Content-Type of the request, where the file holds its body alone.")
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The client certificate of the connection; else the partner's own is taken for granted.",
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="Judge by this time instead of now, such as 2026-11-24T08:00Z.")] = None,
    _json: Json = False,
) -> None:
    """Tell what this node would do with a message and why: each step of receiving, the nearest agreement, certificates, documents, and the answer.

    Nothing is received, answered or written, also while n2n serve runs. Of a refused message the log has the envelope alone, and only of a partner
    that was known by its TLS certificate; what needs the payloads is then not known.

    Exit code 0 where it would be accepted, 1 where it would be refused.

    Example: n2n explain request.bin
    """
    from node.examining import looking
    from node.explaining import explain_message, judge_documents
    from node.setting import Setting
    from node.store.looking import NothingYet, StoreLooking

    setting = Setting(current.home_folder(), current.passwords())
    setting.problems.raise_if_any()
    moment = _moment(at)
    with looking(setting) as found:
        messages, judging = found or (None, None)
        store = StoreLooking(messages) if messages else None
        captured, kept, peer = _captured(capture, content_type, messages, store, tls_cert)
        told = explain_message(captured.content_type, captured.chunks(), setting, store or NothingYet(), moment, peer)
        documents = judge_documents(told, judging, moment) if judging else []
    if kept is not None:
        told = _without_payloads(told)
    lines = _lines(told, documents, judged=judging is not None)
    show({**_document(told, documents), "kept": kept}, [*([kept] if kept else []), *lines])
    if not told.accepted:
        raise typer.Exit(ExitCode.NO)


def _moment(said: str | None) -> datetime:
    from node.cli.instants import read_instant
    from node.clock import SystemClock

    return SystemClock().now() if said is None else read_instant("--at", said)


# -- what is explained -----------------------------------------------------------------------------------------------------


def _captured(
    given: str,
    content_type: str | None,
    messages: "StoredMessages | None",
    store: "StoreLooking | None",
    tls_cert: Path | None,
) -> "tuple[Capture, str | None, Peer]":
    """The message; of one whose envelope alone was kept, what became of it; and who was at the other end."""
    from node.cli.capture import read_capture
    from node.explaining import TAKEN_FOR_GRANTED
    from node.msh.ports import Peer
    from node.security.certificates import CertificateRefused, load_certificates

    peer = TAKEN_FOR_GRANTED
    if tls_cert is not None:
        try:
            peer = Peer("a capture", load_certificates(tls_cert.read_bytes())[0].der)
        except CertificateRefused as error:
            raise CommandFailed(ExitCode.USAGE, str(tls_cert), str(error), "give the certificate as PEM or DER") from None
    if Path(given).is_file():
        return read_capture(Path(given), content_type), None, peer
    found = _kept(given, messages, store)
    if found is None:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            given,
            "is no file, and no refused or accepted message whose envelope was kept",
            "n2n message list --refused shows the numbers; of strangers nothing is kept",
        )
    from node.cli.capture import Capture

    envelope, became = found
    soap_12 = b"http://www.w3.org/2003/05/soap-envelope" in envelope[:2000]
    return Capture("application/soap+xml" if soap_12 else "text/xml", envelope), became, peer


def _kept(given: str, messages: "StoredMessages | None", store: "StoreLooking | None") -> tuple[bytes, str] | None:
    """The envelope of a message of the log, and what became of it."""
    if messages is None or store is None:
        return None
    number = store.refused(given)
    if number is not None and (envelope := messages.refused_envelope(number)) is not None:
        line = messages.refusals(1, before=number + 1)[0]
        return envelope, f"refusal {number}: it was refused on {line.at:%Y-%m-%d %H:%M:%S} UTC with {line.error_code}; now"
    for one in messages.inbound(given):
        became = f"it was accepted on {one.received_at:%Y-%m-%d %H:%M:%S} UTC and is {one.state}; if it came again"
        return b"".join(map(bytes, one.envelope.chunks())), became
    return None


def _without_payloads(told: "Explanation") -> "Explanation":
    """What came to its end for want of payloads that nobody kept is not refused, but not known."""
    from dataclasses import replace

    from node.msh.explaining import NOT_KNOWN, REFUSED
    from node.msh.steps import Step

    steps = tuple(
        replace(one, verdict=NOT_KNOWN, detail="the log keeps the envelope alone, so the payloads cannot be asked")
        if one.step is Step.PAYLOADS and one.verdict == REFUSED
        else one
        for one in told.steps
    )
    if steps == told.steps:
        return told
    answered = "the receipt, if nothing is wrong with the payloads"
    return replace(told, steps=steps, accepted=True, code="", reason="", answered_with=answered)


# -- how it is told --------------------------------------------------------------------------------------------------------


def _document(told: "Explanation", documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    user, near = told.user_message, told.nearest
    return {
        "accepted": told.accepted,
        "message_id": told.message_id,
        "partner": told.pmode.partner if told.pmode else None,
        "pmode": told.pmode.id if told.pmode else None,
        "service": user.collaboration_info.service.value if user else None,
        "action": user.collaboration_info.action if user else None,
        "code": told.code or None,
        "reason": told.reason or None,
        "duplicate": told.duplicate,
        "steps": [{"step": one.step.value, "asks": one.asks, "verdict": one.verdict, "detail": one.detail} for one in told.steps],
        "nearest": {
            "pmode": near.pmode_id,
            "differences": [{"parameter": name, "expected": ours, "got": theirs} for name, ours, theirs in near.differences],
        }
        if near
        else None,
        "signature": {
            "reference": told.reference,
            "certificates": [
                {"name": one.name, "subject": one.subject, "sha256": one.sha256, "agreed": one.agreed, "why_not": one.why_not}
                for one in told.signers
            ],
        }
        if told.reference
        else None,
        "documents": list(documents),
        "answer": told.answered_with,
    }


def _lines(told: "Explanation", documents: Sequence[Mapping[str, Any]], *, judged: bool) -> list[str]:
    from node.msh.explaining import NOT_REACHED, PASSED, REFUSED

    marks = {PASSED: "ok", REFUSED: "NO", NOT_REACHED: "-"}
    if told.accepted:
        lines = ["it would be accepted" + (": it is a duplicate, and handed to nobody again" if told.duplicate else "")]
    else:
        lines = [f"it would be refused: {told.code}: {one_line(told.reason)}"]
    lines.append(f"the answer would be {told.answered_with}")
    for one in told.steps:
        detail = f": {one_line(one.detail)}" if one.verdict == REFUSED else f" ({one_line(one.detail)})" if one.detail else ""
        lines.append(f"  {marks.get(one.verdict, '?'):2}  {one.step.value:12}  {one.asks}{detail}")
    if told.nearest:
        lines.append(f"nearest agreement: {told.nearest.pmode_id}")
        lines += [f"  {name}: agreed {ours}, got {theirs}" for name, ours, theirs in told.nearest.differences]
    if told.reference:
        lines.append(f"the signature means {one_line(told.reference)}")
        lines += [
            f"  certs/partners/{one.name} ({one_line(one.subject)}): "
            + ("agreed" if one.agreed else "not agreed for this")
            + (f"; not believed: {one_line(one.why_not)}" if one.why_not else "; believed")
            for one in told.signers
        ] or ["  which is none that certs/partners holds"]
    for document in documents:
        lines.append(
            f"payload {document['payload']}: {document['type'] or 'no document of a known type'}: {document['outcome']}{document['problem']}"
        )
        lines += [
            f"  {one['rule']} {one['severity']} at {one['location'] or 'the document'}: {one_line(one['en'])}"
            for one in document["findings"]
        ]
    if told.accepted and not judged:
        lines.append("documents are not judged: this home has no store yet (n2n serve makes one)")
    return lines
