"""The demo's story: start both nodes, tell the customs chapters, and let one message that was changed on its way be refused."""

import asyncio
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
from node.cli.demo_chapters import Chapters, Line
from node.cli.demo_homes import KEY_KINDS, TAIWAN, Side, give_times, make_sides
from node.cli.demo_papers import CERTIFICATE, OPERATOR
from node.cli.demo_proof import FILE, prove
from node.cli.evidence_authority import made_or_kept
from node.cli.problems import CommandFailed, ExitCode
from node.clock import SystemClock
from node.ebms.states import OutboundState
from node.msh.octets import HeldOctets
from node.msh.opening import open_message
from node.msh.ports import HttpAnswer, Outgoing
from node.transport.client import HttpTransport
from node.transport.stamp_server import stamping


@dataclass(slots=True)
class Told:
    """The whole story as it went; `good` if nothing in it went otherwise than it should."""

    folder: Path
    profile: str
    lines: list[Line] = field(default_factory=list)
    chapters: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Every document acknowledged, accepted and delivered, every chapter as it should be, the changed message refused and nowhere to be found."""
        arrived = all(line.state == OutboundState.ACKNOWLEDGED and line.delivered for line in self.lines)
        went = all(chapter["good"] for chapter in self.chapters.values())
        return bool(self.lines) and arrived and went and self.refused.get("refused") is True

    def document(self) -> dict[str, Any]:
        """The story as JSON."""
        exchanges = [{name: getattr(line, name) for name in Line.__slots__} for line in self.lines]
        return {
            "folder": str(self.folder),
            "profile": self.profile,
            "good": self.good,
            "exchanges": exchanges,
            "chapters": self.chapters,
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
    authority = made_or_kept(folder / "time")
    with ExitStack() as stack:
        url = stack.enter_context(stamping(authority))
        give_times(sides, url, authority.above[0].pem())
        console.print(f"time:    both have what they log stamped by {url}, a time-stamp authority of the demo")
        for side in sides:
            stack.enter_context(serving(side))
        nodes = {side.who.name: stack.enter_context(opened(side)) for side in sides}
        console.print(f"both up: {' and '.join(side.url for side in sides)}\n")
        chapters = Chapters(nodes, console)
        chapters.tell()
        told.lines, told.chapters = chapters.lines, chapters.told
        forge(told, sides, nodes, console)
        # What Taiwan sent first, and Korea's receipt for it.
        first = next((line for line in told.lines if line.route.startswith(TAIWAN.name)), None)
        if first is not None:
            told.chapters["proof"] = prove(nodes[TAIWAN.name], first.message_id, folder, console)
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


# -- the forgery -----------------------------------------------------------------------------------------------------


def forge(told: Told, sides: tuple[Side, Side], nodes: dict[str, Node], console: Console) -> None:
    """Post a message of Taiwan again, one octet of its header changed, over Taiwan's own mutual TLS."""
    tw, kr = sides
    line = next(line for line in told.lines if line.route.startswith(TAIWAN.name))
    kept = nodes[tw.who.name].messages.exchange(line.message_id)
    if kept is None or kept.content_type is None:
        return
    body, what = tampered(b"".join(bytes(chunk) for segment in kept.wire for chunk in segment.chunks()))
    console.rule("[bold]A message changed on its way[/]")
    console.print(f"{tw.who.title}'s first message once more, {len(body):,} octets, {what}")
    before = accepted(nodes[kr.who.name], line.message_id)
    answer = asyncio.run(post(nodes[tw.who.name], kr, kept.content_type, body))
    refusal = nodes[kr.who.name].messages.refusals(1)[0]
    after = accepted(nodes[kr.who.name], line.message_id)
    code = error_code(answer)
    told.refused = {"refused": code is not None and before == after, "error_code": code, "reason": refusal.detail}
    console.print(f"  {kr.who.title} answers   [red]{code}[/] and no word more")
    console.print(f"  its log says    {refusal.detail}")
    console.print(f"  kept of it      one line of the attempt log; the true message is there {len(after)} time, as before\n")


def accepted(node: Node, message_id: str) -> list[tuple[int, int]]:
    """Each acceptance of a message, and how often it came again."""
    return [(one.id, one.duplicates) for one in node.messages.inbound(message_id)]


def tampered(body: bytes) -> tuple[bytes, str]:
    """The body with one digit of its eb:Timestamp changed."""
    at = body.index(b"</eb:Timestamp>") - 2
    changed = body[:at] + (b"7" if body[at : at + 1] != b"7" else b"3") + body[at + 1 :]
    return changed, "one digit of its time changed"


async def post(node: Node, to: Side, content_type: str, body: bytes) -> HttpAnswer:
    """One request by the sender's own client."""
    transport = HttpTransport(node.client_tls)
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
    for heading in ("document", "route", "state", "answer", "octets", "on the wire", "ms"):
        table.add_column(heading, justify="right" if heading in ("octets", "on the wire", "ms") else "left")
    for one in told.lines:
        numbers = (one.octets, one.on_the_wire, one.milliseconds)
        table.add_row(one.type_id, one.route, one.state, one.answered, *(f"{number:,}" for number in numbers))
    console.print(table)
    stored = " and ".join(shown(side.home / "data" / "node.db") for side in sides)
    console.print(f"\nstored octets  {stored}: envelopes, payloads as signed, receipts")
    console.print(f"look further   {program()} --home {shown(sides[0].home)} message list")
    last = told.lines[-1] if told.lines else None
    if last:
        home = sides[0].home if last.route.startswith(TAIWAN.name) else sides[1].home
        console.print(f"               {program()} --home {shown(home)} message show {last.message_id[:8]}")
    console.print(f"               {program()} --home {shown(sides[1].home)} co show {CERTIFICATE}")
    console.print(f"               {program()} --home {shown(sides[1].home)} aeo lookup {OPERATOR}")
    console.print(f"               {program()} --home {shown(sides[1].home)} message list --refused")
    console.print(f"               {program()} evidence verify {shown(sides[0].home.parent / FILE)}")
    verdict = "[green]all as it should be[/]" if told.good else "[red]not as it should be[/]"
    console.print(
        f"\n{len(told.lines)} documents accepted, 1 forged certificate and 1 changed message refused: {verdict}"
        if told.good
        else f"\n{verdict}"
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
