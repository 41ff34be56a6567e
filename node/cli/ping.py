"""`n2n partner ping`: a test message that the partner's node answers with a receipt and hands to nobody."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import ordered
from node.cli.answers import check_served
from node.cli.invocation import Json, current, show
from node.cli.problems import ExitCode, one_line
from node.cli.sheet_steps import check_partner
from node.cli.submit import await_end, exit_code_of

if TYPE_CHECKING:
    from node.app import Node
    from node.clocks import PartnerClock
    from node.msh.opening import Opened
    from node.security.certificates import Certificate
    from node.store.values import Step

#: Ahead of everything that waits for this partner.
PRIORITY = 9
#: Often, since the answer is a matter of milliseconds.
LOOK_SECONDS = 0.02


def ping(
    partner: Annotated[str, typer.Argument(help="A folder of partners/.")],
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the receipt.")] = 30,
    _json: Json = False,
) -> None:
    """Send a test message: everything is as in earnest, but the partner's node hands it to nobody (C 5.2.2.8).

    A receipt proves address, TLS, agreement, both signing keys and the partner's store. A message to test encryption needs a payload, and this has none. Needs
    n2n serve. Exit code: 0 a receipt came, 5 refused by the partner, 4 given up, 6 nothing yet; then it is cancelled.

    Example: n2n partner ping kr
    """
    from node.app import Node
    from node.ebms.namespaces import TEST_ACTION, TEST_SERVICE
    from node.msh.submit import Submission

    node = Node.open(current.home_folder(), current.passwords())
    try:
        check_partner(node, partner)
        node.check_sending(partner)
        check_served(node)
        with ordered(node, "partner ping", about={"partner": partner}):
            message_id = node.submit(Submission(partner, TEST_ACTION, (), service=TEST_SERVICE, priority=PRIORITY)).message_id
        state, steps = await_end(node, message_id, wait, LOOK_SECONDS)
        receipt = _receipt(steps)
        certificate = _signer(node, partner, receipt) if receipt else None
        clock = _clock(node, partner, steps, receipt) if receipt else None
        code = exit_code_of(state, steps)
        if code is ExitCode.TIMED_OUT:
            _cancel(node, message_id)
    finally:
        node.close()
    _tell(partner, message_id, steps, code, certificate, clock)


def _receipt(steps: "Sequence[Step]") -> "Opened | None":
    """The receipt, which was verified when it came."""
    from node.msh.opening import open_message
    from node.msh.outbound import root_of

    step = next((one for one in steps if one.event == "RECEIPT_MATCHED" and one.answer is not None), None)
    if step is None or step.answer is None:
        return None
    octets, media_type = root_of(b"".join(step.answer.chunks()), step.answer_content_type)
    return open_message(octets, media_type or None)


def _clock(node: "Node", partner: str, steps: "Sequence[Step]", receipt: "Opened") -> "PartnerClock | None":
    """How far the partner's clock is from ours, by the receipt that it made while we waited."""
    from node.clocks import PartnerClock
    from node.timekeeping.apart import Kept, Told, by_receipt

    began = max(step.at for step in steps if step.event == "ATTEMPT_STARTED")
    came = next(step.at for step in steps if step.event == "RECEIPT_MATCHED")
    apart = by_receipt(receipt.messaging.signal_messages[0].message_info.timestamp, began, came)
    if apart is None:
        return None
    return PartnerClock(partner, Told.TIMESTAMP, Kept(apart, apart), node.setting.agreements.max_apart(partner), came)


def _signer(node: "Node", partner: str, receipt: "Opened") -> "Certificate | None":
    """The agreed certificate that signed the receipt."""
    signature = receipt.claim.signature
    names = node.setting.agreements.agreements[partner].certificates.sign
    agreed = node.setting.keyring.signers(names, node.clock.now())
    return next(iter(signature.signer.select(agreed)), None) if signature else None


def _cancel(node: "Node", message_id: str) -> None:
    """A test that nobody waits for any more is not worth a retry."""
    from node.msh.intervention import Intervention

    node.order(Intervention.CANCEL, [message_id], "the test was not answered in time", current.person(""))


def _tell(
    partner: str,
    message_id: str,
    steps: "Sequence[Step]",
    code: ExitCode,
    certificate: "Certificate | None",
    clock: "PartnerClock | None",
) -> None:
    began = [step.at for step in steps if step.event == "ATTEMPT_STARTED"]
    last = next((step for step in reversed(steps) if step.event not in {"ATTEMPT_STARTED", "CANCELLED"}), None)
    milliseconds = round((last.at - began[-1]).total_seconds() * 1000) if last and began else None
    detail = one_line(last.detail) if last else ""
    signed = f"; signed by {certificate.subject}, SHA-256 {certificate.sha256}" if certificate else ""
    words = {
        ExitCode.DONE: f"{partner} answered in {milliseconds} ms: {detail}{signed}",
        ExitCode.REFUSED: f"{partner} refused it: {detail}",
        ExitCode.UNREACHABLE: f"given up: {detail}",
        ExitCode.TIMED_OUT: f"no receipt after {len(began)} attempts: {detail or 'nothing has been sent yet'}",
    }
    told: dict[str, Any] = {
        "message_id": message_id,
        "partner": partner,
        "answered": code is ExitCode.DONE,
        "milliseconds": milliseconds if code is ExitCode.DONE else None,
        "attempts": len(began),
        "detail": detail,
        "error_code": last.error_code if last else None,
        "signed_by": {"subject": str(certificate.subject), "sha256": certificate.sha256} if certificate else None,
        "clock": clock.document() if clock else None,
    }
    lines = [words[code]]
    if clock:
        too_far = f"; that is more than the {clock.max_apart.total_seconds():g} s that were agreed: n2n time" if clock.off else ""
        lines.append(f"its clock is {clock.words()}{too_far}")
    show(told, [*lines, f"next: n2n message show {message_id}"])
    raise typer.Exit(code)
