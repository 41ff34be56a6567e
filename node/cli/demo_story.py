"""The demo's story: start both nodes, send every sample, look at each receipt and each delivery, and let one forgery be refused."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from node.app import Node
from node.cli.demo_homes import KEY_KINDS, TAIWAN, Sample, Side, make_sides, samples
from node.cli.problems import CommandFailed, ExitCode
from node.cli.submit import media_type_of
from node.clock import SystemClock
from node.ebms.message import Property
from node.ebms.states import OutboundEvent, OutboundState
from node.msh.octets import HeldOctets
from node.msh.opening import open_message
from node.msh.ports import Exchange, HttpAnswer, Outgoing
from node.msh.submit import Submission
from node.transport.client import HttpTransport

PATIENCE_SECONDS = 30.0
#: What a step without words of its own means to somebody who watches.
WORDS = {
    OutboundEvent.PACKAGED.value: "compressed, signed, encrypted; these octets are kept",
    OutboundEvent.ATTEMPT_STARTED.value: "sent over mutual TLS",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one document."""

    type_id: str
    route: str
    message_id: str
    state: str
    octets: int
    on_the_wire: int
    digests: int
    milliseconds: int
    delivered: str


@dataclass(slots=True)
class Told:
    """The whole story as it went; `good` if nothing in it went otherwise than it should."""

    folder: Path
    profile: str
    lines: list[Line] = field(default_factory=list)
    refused: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Every document acknowledged and delivered, the forgery refused and nowhere to be found."""
        arrived = all(line.state == OutboundState.ACKNOWLEDGED and line.delivered for line in self.lines)
        return bool(self.lines) and arrived and self.refused.get("refused") is True

    def document(self) -> dict[str, Any]:
        """The story as JSON."""
        exchanges = [{name: getattr(line, name) for name in Line.__slots__} for line in self.lines]
        return {
            "folder": str(self.folder),
            "profile": self.profile,
            "good": self.good,
            "exchanges": exchanges,
            "forgery": self.refused,
        }


def tell_story(folder: Path, profile: str, console: Console, *, keep: bool) -> Told:
    """Run the demo. Raises CommandFailed when it cannot be set up."""
    if profile not in KEY_KINDS:
        raise CommandFailed(ExitCode.USAGE, "--profile", f"{profile!r} has no demo", f"one of: {', '.join(KEY_KINDS)}")
    told = Told(folder, profile)
    console.rule("[bold]Two customs administrations, one agreement[/]")
    sides = make_sides(folder, profile, SystemClock().now())
    show_sides(sides, profile, console)
    with ExitStack() as stack:
        for side in sides:
            stack.enter_context(serving(side))
        nodes = {side.who.name: stack.enter_context(opened(side)) for side in sides}
        console.print(f"both up: {' and '.join(side.url for side in sides)}\n")
        for number, sample in enumerate(samples(), 1):
            told.lines.append(exchange(number, sample, nodes, console))
        forge(told, sides, nodes, console)
        summarise(told, sides, console)
        if keep:
            stay(sides, console)
    return told


# -- the two nodes ---------------------------------------------------------------------------------------------------


def show_sides(sides: tuple[Side, Side], profile: str, console: Console) -> None:
    """What each home was given."""
    for side in sides:
        console.print(
            f"[bold]{side.who.title:8}[/] is {side.who.party_id}, home {shown(side.home)}, with keys to sign, decrypt and speak TLS"
        )
    console.print(f"agreed:  [bold]{profile}[/]; compressed, signed, encrypted; every message gets a receipt")


@contextmanager
def serving(side: Side) -> Iterator[None]:
    """`n2n serve` on one home, in a process of its own."""
    command = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())"]
    log = (side.home / "serve.log").open("wb")
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
        [*command, "--home", str(side.home), "serve", "--json"],
        stdout=subprocess.PIPE,
        stderr=log,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        if process.stdout is None or not process.stdout.readline():
            raise CommandFailed(
                ExitCode.CONFIGURATION, side.who.title, "the node does not start", f"read {side.home / 'serve.log'}"
            )
        yield
    finally:
        process.terminate()
        process.wait(15)
        log.close()


@contextmanager
def opened(side: Side) -> Iterator[Node]:
    """The node of a home beside the process that serves it."""
    node = Node.open(side.home)
    try:
        yield node
    finally:
        node.close()


# -- one document ----------------------------------------------------------------------------------------------------


def exchange(number: int, sample: Sample, nodes: dict[str, Node], console: Console) -> Line:
    """Submit one sample, wait for its receipt, and find it delivered on the other side."""
    sender, receiver = nodes[sample.sender.name], nodes[sample.receiver.name]
    console.print(
        f"[bold]{number}[/] {sample.sender.title} sends [bold]{sample.type_id}[/] ({sample.file.name}, {sample.file.stat().st_size:,} octets)"
    )
    began = time.monotonic()
    submission = Submission(
        partner=sample.receiver.name,
        action=sample.type_id,
        service=sample.service,
        payloads=(sender.payload(sample.file, media_type_of(sample.file)),),
        properties=(Property("originalSender", sample.sender.party_id), Property("finalRecipient", sample.receiver.party_id)),
    )
    message_id = sender.submit(submission).message_id
    sent = wait_for_receipt(sender, message_id)
    took = round((time.monotonic() - began) * 1000)
    for step in sender.messages.history(message_id):
        console.print(
            f"    {step.at:%H:%M:%S.%f}"[:-3] + f"  {step.to_state:13} {step.detail or WORDS.get(step.event, step.event)}",
            style="dim",
        )
    delivered = find_delivery(receiver, sample, message_id)
    same = bool(delivered) and digest(delivered) == digest(sample.file)
    wire = sum(segment.size for segment in sent.wire)
    if sent.state is not OutboundState.ACKNOWLEDGED:
        console.print(f"    [red]no receipt in {PATIENCE_SECONDS:.0f} seconds[/]")
    console.print(
        f"    delivered, [green]the same octets[/]: {shown(delivered)}\n"
        if same and delivered
        else f"    [red]{sample.receiver.title} delivered nothing, or other octets[/]\n"
    )
    return Line(
        type_id=sample.type_id,
        route=f"{sample.sender.name} → {sample.receiver.name}",
        message_id=message_id,
        state=sent.state.value,
        octets=sample.file.stat().st_size,
        on_the_wire=wire,
        digests=len(sent.references),
        milliseconds=took,
        delivered=str(delivered) if same else "",
    )


def wait_for_receipt(node: Node, message_id: str) -> Exchange:
    """The exchange once it has ended, or as it stands when patience has."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = node.messages.exchange(message_id)
        if found is None:
            raise LookupError(message_id)
        if found.state in (OutboundState.ACKNOWLEDGED, OutboundState.FAILED) or time.monotonic() > end:
            return found
        time.sleep(0.01)


def find_delivery(node: Node, sample: Sample, message_id: str) -> Path | None:
    """The payload file of a message in the receiver's inbox."""
    inbox = node.home.data / "inbox" / sample.sender.name
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        for folder in inbox.glob("[!.]*"):
            if json.loads((folder / "message.json").read_text("utf-8"))["message_id"] == message_id:
                return next(file for file in sorted(folder.iterdir()) if file.name != "message.json")
        time.sleep(0.02)
    return None


def digest(file: Path | None) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file else ""


# -- the forgery -----------------------------------------------------------------------------------------------------


def forge(told: Told, sides: tuple[Side, Side], nodes: dict[str, Node], console: Console) -> None:
    """Post a message of Taiwan again, one octet of its header changed, over Taiwan's own mutual TLS."""
    tw, kr = sides
    line = next(line for line in told.lines if line.route.startswith(TAIWAN.name))
    kept = nodes[tw.who.name].messages.exchange(line.message_id)
    if kept is None or kept.content_type is None:
        return
    body, what = tampered(b"".join(bytes(chunk) for segment in kept.wire for chunk in segment.chunks()))
    console.rule("[bold]A forgery[/]")
    console.print(f"{tw.who.title}'s first message once more, {len(body):,} octets, {what}")
    before = sum(nodes[kr.who.name].messages.counts()["inbound"].values())
    answer = asyncio.run(post(nodes[tw.who.name], kr, kept.content_type, body))
    refusal = nodes[kr.who.name].messages.refusals(1)[0]
    after = sum(nodes[kr.who.name].messages.counts()["inbound"].values())
    code = error_code(answer)
    told.refused = {"refused": code is not None and before == after, "error_code": code, "reason": refusal.detail}
    console.print(f"  {kr.who.title} answers   [red]{code}[/] and no word more")
    console.print(f"  its log says    {refusal.detail}")
    console.print(f"  kept of it      one line of the attempt log; accepted messages before {before}, after {after}\n")


def tampered(body: bytes) -> tuple[bytes, str]:
    """The body with one digit of its eb:Timestamp changed."""
    at = body.index(b"</eb:Timestamp>") - 2
    changed = body[:at] + (b"7" if body[at : at + 1] != b"7" else b"3") + body[at + 1 :]
    return changed, "one digit of its time changed"


async def post(node: Node, to: Side, content_type: str, body: bytes) -> HttpAnswer:
    """One request by the sender's own client."""
    transport = HttpTransport(node.setting.client_tls)
    try:
        return await transport.post(Outgoing("forged", to.who.name, to.url, content_type, (HeldOctets(body),), 10, 30))
    finally:
        await transport.close()


def error_code(answer: HttpAnswer) -> str | None:
    """The eb:Error of an answer."""
    messaging = open_message(answer.octets, None).messaging
    return next((error.code for signal in messaging.signal_messages for error in signal.errors), None)


# -- the end ---------------------------------------------------------------------------------------------------------


def summarise(told: Told, sides: tuple[Side, Side], console: Console) -> None:
    """A table of the exchanges, and where to look further."""
    table = Table(title="What was exchanged", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("document", "route", "state", "octets", "on the wire", "digests", "ms"):
        table.add_column(heading, justify="right" if heading in ("octets", "on the wire", "digests", "ms") else "left")
    for one in told.lines:
        numbers = (one.octets, one.on_the_wire, one.digests, one.milliseconds)
        table.add_row(one.type_id, one.route, one.state, *(f"{number:,}" for number in numbers))
    console.print(table)
    stored = " and ".join(shown(side.home / "data" / "node.db") for side in sides)
    console.print(f"\nstored octets  {stored}: envelopes, payloads as signed, receipts")
    console.print(f"look further   {program()} --home {shown(sides[0].home)} message list")
    last = told.lines[-1] if told.lines else None
    if last:
        home = sides[0].home if last.route.startswith(TAIWAN.name) else sides[1].home
        console.print(f"               {program()} --home {shown(home)} message show {last.message_id[:8]}")
    console.print(f"               {program()} --home {shown(sides[1].home)} message list --refused")
    verdict = "[green]all as it should be[/]" if told.good else "[red]not as it should be[/]"
    console.print(
        f"\n{len(told.lines)} documents acknowledged and delivered, 1 forgery refused: {verdict}" if told.good else f"\n{verdict}"
    )


def stay(sides: tuple[Side, Side], console: Console) -> None:
    """Leave both nodes up."""
    console.print("\nboth nodes stay up until Ctrl-C; in another terminal:")
    console.print(f"  {program()} --home {shown(sides[0].home)} submit --partner kr --type co.query FILE.xml --wait 30")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nstopping")


def program() -> str:
    """What to type here: in a checkout the script, else the installed command."""
    return "./n2n" if Path("n2n").is_file() else "n2n"


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
