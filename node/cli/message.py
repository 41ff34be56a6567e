"""`n2n message`: what was sent, received and refused, and what became of it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli import order, retention, steps
from node.cli.invocation import Json, current, plain, show, table
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from node.app import Node
    from node.ebms.message import UserMessage
    from node.msh.ports import AcceptedPayload, SubmittedPayload
    from node.store.messages import StoredMessages
    from node.store.purging import Purged
    from node.store.values import InboundMessage, OpenCircuit, Step

#: How far back a shortened MessageId is looked for.
PREFIX_DEPTH = 1000


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Messages sent, received and refused.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show_)
    order.register(group)
    group.command("deliver-again")(deliver_again)
    group.command("keep")(retention.keep)
    app.add_typer(group, name="message")


def list_(
    sent: Annotated[bool, typer.Option("--sent", help="Only what we send.")] = False,
    received: Annotated[bool, typer.Option("--received", help="Only what we received.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Requests that were refused, and why.")] = False,
    partner: Annotated[str | None, typer.Option(help="Only of this partner.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state, such as ACKNOWLEDGED.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Only of this conversation.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most as many, the newest first.")] = 50,
    _json: Json = False,
) -> None:
    """Show messages, the newest first.

    Example: n2n message list --sent --state FAILED
    """
    from node.app import Node

    node = Node.open(current.home_folder(), current.passwords())
    try:
        if refused:
            _show_refused(node.messages, limit, partner)
            return
        rows = _messages(node.messages, limit, partner, state, conversation, sent=sent, received=received)
        circuits = node.messages.circuits()
    finally:
        node.close()
    for row in rows:
        if row["direction"] == "sent":
            row["waits_for"] = waits_for(row, circuits)
    # A column that would be empty is left out.
    last = ("waits_for",) if any(row.get("waits_for") for row in rows) else ()
    names = ("at", "direction", "state", "partner", "action", "message_id", *last)
    cells = [[row.get(name, "") for name in names] for row in rows]
    show({"messages": rows}, table([name.replace("_", " ").upper() for name in names], cells))


def waits_for(row: "Mapping[str, Any]", circuits: "Mapping[str, OpenCircuit]") -> str:
    """Why a message that we send waits: an operator, a window, a partner that does not answer, or its turn."""
    if row["state"] not in ("SUBMITTED", "READY", "AWAITING_RECEIPT"):
        return ""
    if row["held"]:
        return f"held: {row['waits_for']}"
    if row["waits_for"]:
        return str(row["waits_for"])
    if row["partner"] in circuits and row["state"] != "AWAITING_RECEIPT":
        return circuits[row["partner"]].words
    what = "the receipt until" if row["state"] == "AWAITING_RECEIPT" else "the next attempt at"
    return f"{what} {plain(row['due_at'])}" if row["due_at"] and row["attempts"] else ""


def _messages(
    messages: "StoredMessages",
    limit: int,
    partner: str | None,
    state: str | None,
    conversation: str | None,
    *,
    sent: bool,
    received: bool,
) -> list[dict[str, Any]]:
    from node.ebms.states import InboundState, OutboundState

    if state is not None and state not in {one.value for one in (*OutboundState, *InboundState)}:
        known = ", ".join(dict.fromkeys(one.value for one in (*OutboundState, *InboundState)))
        raise CommandFailed(ExitCode.USAGE, "--state", f"{state!r} is no state", f"states: {known}")
    rows: list[dict[str, Any]] = []
    if (sent or not received) and (state is None or state in list(OutboundState)):
        wanted = OutboundState(state) if state else None
        lines = messages.exchanges(limit, state=wanted, partner=partner, conversation_id=conversation)
        rows += [{"direction": "sent", "at": one.submitted_at, **asdict(one)} for one in lines]
    if (received or not sent) and (state is None or state in list(InboundState)):
        accepted = InboundState(state) if state else None
        arrived = messages.inbounds(limit, state=accepted, partner=partner, conversation_id=conversation)
        rows += [{"direction": "received", "at": one.received_at, **asdict(one)} for one in arrived]
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:limit]


def _show_refused(messages: "StoredMessages", limit: int, partner: str | None) -> None:
    rows = [asdict(one) for one in messages.refusals(limit, partner=partner)]
    cells = [[row[k] for k in ("id", "at", "peer_address", "partner", "error_code", "detail")] for row in rows]
    show({"refused": rows}, table(("NUMBER", "AT", "FROM", "PARTNER", "ERROR", "REASON"), cells))


def show_(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE-ID", help="The MessageId, or enough of its beginning.")],
    _json: Json = False,
) -> None:
    """Show one message: who, what, its payloads and documents, how far each document has come with the partner, and each step with its reason."""
    from node.app import Node

    node, under_way = Node.open(current.home_folder(), current.passwords()), None
    try:
        full = complete(node.messages, message_id)
        exchange = node.messages.exchange(full)
        if exchange is not None:
            kept = [_payload(one) for one in exchange.payloads]
            head = {"direction": "sent", "state": exchange.state, "partner": exchange.partner, "pmode": exchange.pmode_id}
            names = ("state", "partner", "attempts", "due_at", "held", "waits_for")
            reason = waits_for({name: getattr(exchange, name) for name in names}, node.messages.circuits())
            plan = {"due_at": exchange.due_at, "give_up_at": exchange.give_up_at, "waits_for": reason}
            under_way = node.sending().get(full) if exchange.state == "SENDING" else None
            about = {
                **head,
                **({"progress": asdict(under_way)} if under_way else {}),
                "priority": exchange.priority,
                "attempts": exchange.attempts,
                **plan,
                **_header(exchange.user_message),
            }
            told = steps.carried(node, "out", full)
            documents = [{**about, "payloads": kept, "documents": told, "history": _history(node.messages.history(full))}]
        else:
            told = steps.carried(node, "in", full)
            documents = [
                {
                    **_received(node.messages, one, _judged(node, one)),
                    "documents": [each for each in told if each["partner"] == one.partner],
                }
                for one in node.messages.inbound(full)
            ]
            documents += [_purged(one) for one in node.messages.purged(full)]
    finally:
        node.close()
    document = documents[0] if len(documents) == 1 else {"messages": documents}
    sending = str(under_way) if under_way else ""
    show(document, [line for one in documents for line in lines_of({**one, "progress": sending})])


def deliver_again(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE-ID", help="The MessageId, or enough of its beginning.")],
    _json: Json = False,
) -> None:
    """Offer the Consumer a message once more that was set aside; it keeps its delivery id.

    Example: n2n message deliver-again 3f2a
    """
    from node.app import Node
    from node.ebms.states import InboundState

    node = Node.open(current.home_folder(), current.passwords())
    try:
        full = complete(node.messages, message_id)
        aside = [one for one in node.messages.inbound(full) if one.state is InboundState.DELIVERY_FAILED]
        if not aside:
            where = f"message {full}"
            remedy = "list them: n2n message list --state DELIVERY_FAILED"
            raise CommandFailed(ExitCode.NOT_ALLOWED, where, "is not set aside, so there is nothing to deliver again", remedy)
        for one in aside:
            node.messages.deliver_again(one.id, node.clock.now(), "an operator asked for it", current.person(""))
        told = [{"message_id": full, "partner": one.partner, "state": InboundState.ACCEPTED} for one in aside]
        step = f"n2n message show {full}" if node.served() else "n2n serve (nobody serves this home now)"
    finally:
        node.close()
    show({"messages": told}, [*(f"{full} of {one.partner} waits for the Consumer again" for one in aside), f"next: {step}"])


def _judged(node: "Node", one: "InboundMessage") -> dict[str, Any]:
    """What was known of the signer's certificate when the message came, and which lists that rested on."""
    found = node.setting.judgements.at(one.signer_sha256, one.received_at) if one.signer_sha256 else None
    if found is None:
        return {}
    used = list(dict.fromkeys(sha256 for status in found.statuses for sha256 in status.used))
    said = "; ".join(f"{status.subject}: {status.state}, {status.why}" for status in found.statuses)
    return {"signer_status": said, "revocation_evidence": used}


def _received(messages: "StoredMessages", one: "InboundMessage", judged: dict[str, Any]) -> dict[str, Any]:
    head = {
        "direction": "received",
        "state": one.state,
        "partner": one.partner,
        "pmode": one.pmode_id,
        "received_at": one.received_at,
    }
    tries = {"delivery_attempts": one.delivery_attempts, "deliver_at": one.deliver_at} if one.delivery_attempts else {}
    about = {
        **head,
        **tries,
        "signer_sha256": one.signer_sha256,
        **judged,
        "duplicates": one.duplicates,
        **_header(one.user_message),
    }
    kept = [_payload(payload) for payload in one.payloads]
    return {**about, "payloads": kept, "history": _history(messages.inbound_history(one.id))}


def _purged(one: "Purged") -> dict[str, Any]:
    """What is left of a message of which everything else was removed."""
    direction = "sent" if one.direction == "out" else "received"
    return {**asdict(one), "direction": direction, "removed_by_retention": one.rule, "payloads": [], "history": []}


def complete(messages: "StoredMessages", beginning: str) -> str:
    """The one MessageId that begins like this. Raises CommandFailed."""
    if messages.exchange(beginning) is not None or messages.inbound(beginning) or messages.purged(beginning):
        return beginning
    ids = {one.message_id for one in messages.exchanges(PREFIX_DEPTH)} | {
        one.message_id for one in messages.inbounds(PREFIX_DEPTH)
    }
    found = sorted(one for one in ids if one.startswith(beginning))
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(
            ExitCode.USAGE, f"message {beginning}", f"{len(found)} messages begin like this", "give more of the MessageId"
        )
    raise CommandFailed(ExitCode.NOT_FOUND, f"message {beginning}", "no such message", "list them: n2n message list")


def _header(message: "UserMessage") -> dict[str, Any]:
    collaboration = message.collaboration_info
    return {
        "message_id": message.message_info.message_id,
        "ref_to_message_id": message.message_info.ref_to_message_id,
        "timestamp": message.message_info.timestamp,
        "conversation_id": collaboration.conversation_id,
        "service": collaboration.service.value,
        "action": collaboration.action,
        "from": [one.value for one in message.from_party.party_ids],
        "to": [one.value for one in message.to_party.party_ids],
        "properties": {one.name: one.value for one in message.message_properties},
    }


def _payload(payload: "SubmittedPayload | AcceptedPayload") -> dict[str, Any]:
    octets, href = payload.octets, payload.part_info.href
    about = {"href": href, "media_type": payload.media_type, "size": octets.size, "sha256": octets.sha256}
    removed_at = getattr(octets, "removed_at", None)
    return {**about, "removed_by_retention_at": removed_at} if removed_at else about


def _history(steps: "Iterable[Step]") -> list[dict[str, Any]]:
    names = ("at", "from_state", "event", "to_state", "detail", "http_status", "error_code")
    return [{name: getattr(step, name) for name in names} for step in steps]


def _removed(payload: dict[str, Any]) -> str:
    at = payload.get("removed_by_retention_at")
    return f", removed by retention {at}" if at else ""


def lines_of(document: dict[str, Any]) -> list[str]:
    """A message for people: its facts, its payloads, its story."""
    lines = []
    for name, value in document.items():
        if name in ("payloads", "documents", "history") or value in (None, "", [], {}):
            continue
        listed = [f"{key}={one}" for key, one in value.items()] if isinstance(value, dict) else value
        text = ", ".join(map(str, listed)) if isinstance(listed, list) else str(plain(listed))
        lines.append(f"{name.replace('_', ' '):18} {one_line(text)}")
    for number, one in enumerate(document["payloads"], 1):
        lines.append(
            f"{f'payload {number}':18} {one_line(one['media_type'])}, {one['size']} octets, SHA-256 {one['sha256']}{_removed(one)}"
        )
    lines += steps.document_lines(document.get("documents", ()))
    for step in document["history"]:
        why = f": {step['detail']}" if step["detail"] else ""
        # What changes no state is told by its own name.
        moved = f"{step['from_state']} -> {step['to_state']}" if step["from_state"] != step["to_state"] else step["event"]
        lines.append(f"{plain(step['at'])}  {moved}{one_line(why)}")
    return lines
