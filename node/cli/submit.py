"""`n2n submit`: a message to a partner."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode, one_line
from node.cli.submit_batch import submit_batch

if TYPE_CHECKING:
    from node.app import Node
    from node.ebms.message import Property
    from node.ebms.states import OutboundState
    from node.store.values import Step

#: By file ending; what is not here goes as application/octet-stream.
MEDIA_TYPES = {
    ".xml": "application/xml",
    ".edi": "application/EDIFACT",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".zip": "application/zip",
}
LOOK_SECONDS = 0.1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("submit")(submit)


def submit(
    partner: Annotated[str, typer.Option(help="To whom: a folder of partners/.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="The payloads, in their order.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Every file of a folder in place of FILE: each one message of a batch.",
        ),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option("--action", "--type", help="The action, such as co.certificate; not needed if only one is agreed."),
    ] = None,
    service: Annotated[str | None, typer.Option(help="The service, if several have this action.")] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--property", metavar="NAME=VALUE", help="A message property; may be repeated.")
    ] = None,
    media_type: Annotated[str | None, typer.Option(help="The media type of all files; else by their ending.")] = None,
    conversation: Annotated[str | None, typer.Option(help="The ConversationId; else a new one.")] = None,
    message_id: Annotated[str | None, typer.Option(help="The MessageId; else a new one.")] = None,
    ref_to: Annotated[str | None, typer.Option(help="The MessageId that this message answers.")] = None,
    priority: Annotated[
        int | None,
        typer.Option(min=0, max=9, help="0 to 9: among what is due, the higher goes first; else what the document wants, or 5."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Wait as many seconds for the partner's receipt.")] = 0,
    _json: Json = False,
) -> None:
    """Send files to a partner; the message is on disk when this returns, and n2n serve sends it.

    Exit code with --wait: 0 acknowledged, 5 refused by the partner, 4 given up, 6 no receipt yet.

    With --batch the documents of a folder go out in the order of their names, each marked as one of how many, when none of them breaks a rule.
    The same command again goes on where it stopped; the partner sees what is missing with n2n document batch.

    Example: n2n submit --partner kr --type co.certificate certificate.xml --wait 30
    """
    from node.app import Node
    from node.msh.submit import Submission

    if batch is not None:
        if files or message_id or ref_to or conversation or service or wait:
            problem = "goes without FILE, --message-id, --ref-to, --conversation, --service and --wait"
            raise CommandFailed(ExitCode.USAGE, "--batch", problem, "each document is a message of its own")
        submit_batch(batch, partner, action, properties or (), media_type, priority)
        return
    if not files:
        raise CommandFailed(ExitCode.USAGE, "FILE", "is missing", "name a file, or a folder with --batch")
    for path in files:
        if not path.is_file():
            # A pipe would be waited for, and has no size.
            raise CommandFailed(ExitCode.USAGE, str(path), "is no regular file", "write it into a file first")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        node.check_sending(partner)
        submission = Submission(
            partner=partner,
            action=action or _only_action(node, partner),
            payloads=tuple(node.payload(path, media_type or media_type_of(path)) for path in files),
            service=service,
            properties=read_properties(properties or ()),
            conversation_id=conversation,
            message_id=message_id,
            ref_to_message_id=ref_to,
            priority=priority,
        )
        with ordered(node, "submit", about={"partner": partner}):
            exchange = node.submit(submission)
        told = {"message_id": exchange.message_id, "partner": partner, "state": exchange.state, "served": node.served()}
        if not wait:
            _report_submitted(told)
            return
        _report_end(node, exchange.message_id, wait)
    finally:
        node.close()


def _report_submitted(told: dict[str, Any]) -> None:
    step = f"n2n message show {told['message_id']}" if told["served"] else "n2n serve (nobody serves this home now)"
    show(told, [f"submitted {told['message_id']} to {told['partner']}", f"next: {step}"])


def await_end(node: "Node", message_id: str, patience: float, every: float) -> "tuple[OutboundState | None, Sequence[Step]]":
    """Look every so many seconds until the exchange has ended or patience has; its state then, and its history."""
    end = time.monotonic() + patience
    while True:
        exchange = node.messages.exchange(message_id)
        state = exchange.state if exchange else None
        if state in ("ACKNOWLEDGED", "SENT", "FAILED") or time.monotonic() >= end:
            return state, node.messages.history(message_id)
        time.sleep(every)


def _report_end(node: "Node", message_id: str, patience: float) -> None:
    state, history = await_end(node, message_id, patience, LOOK_SECONDS)
    last = history[-1] if history else None
    code = exit_code_of(state, history)
    words = {
        ExitCode.DONE: "acknowledged" if state == "ACKNOWLEDGED" else "sent; no receipt is agreed",
        ExitCode.REFUSED: "refused by the partner",
        ExitCode.UNREACHABLE: "given up",
        ExitCode.TIMED_OUT: f"no receipt yet, state {state}" + ("" if node.served() else "; nobody serves this home: n2n serve"),
    }
    told = {
        "message_id": message_id,
        "state": state,
        "detail": last.detail if last else "",
        "error_code": last.error_code if last else None,
    }
    show(
        told,
        [
            f"{message_id}: {words[code]}" + (f": {one_line(last.detail)}" if last and last.detail else ""),
            f"next: n2n message show {message_id}",
        ],
    )
    raise typer.Exit(code)


def exit_code_of(state: Any, history: "Iterable[Step]") -> ExitCode:
    """What the end of an exchange means for whoever waits."""
    if state in ("ACKNOWLEDGED", "SENT"):
        return ExitCode.DONE
    if state != "FAILED":
        return ExitCode.TIMED_OUT
    return ExitCode.REFUSED if any(step.event == "ERROR_RECEIVED" for step in history) else ExitCode.UNREACHABLE


def media_type_of(path: Path) -> str:
    """The media type that a file's ending says."""
    return MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def read_properties(given: Iterable[str]) -> "tuple[Property, ...]":
    """NAME=VALUE, each once. Raises CommandFailed."""
    from node.ebms.message import Property

    found = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise CommandFailed(ExitCode.USAGE, "--property", f"{one!r} is no NAME=VALUE")
        found.append(Property(name, value))
    return tuple(found)


def _only_action(node: "Node", partner: str) -> str:
    """The action, where only one is agreed for sending. Raises CommandFailed, SubmissionError."""
    agreements = node.setting.agreements
    if partner not in agreements.agreements:
        # Its own words name the partners that are there.
        agreements.for_submission(partner, None, "")
    actions = sorted(
        {one.leg.business_info.action for one in agreements.pmodes(partner) if not one.inbound and not one.test_service}
    )
    if len(actions) != 1:
        raise CommandFailed(ExitCode.USAGE, "--action", "is needed", f"agreed for sending: {', '.join(actions) or 'nothing'}")
    return actions[0]
