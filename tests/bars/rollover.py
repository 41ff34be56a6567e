"""Goal 32: both sides change signing, encryption and TLS keys while messages flow both ways: failed messages 0, and nobody is restarted."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from node.app import Node
from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.msh.submit import Submission
from node.renewing import read_in_force
from node.security.certificates import load_certificates
from node.store.messages import snapshot
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import World, findings
from tests.homes import ACTION, PURPOSES, Side

#: From the day on which both sides have the new certificates to the switch.
AHEAD = timedelta(seconds=10)
#: For so long the old certificates count beside the new ones; everything that was signed with the old keys has arrived by then.
BESIDE = timedelta(seconds=8)


@dataclass
class Keys:
    """What one side uses by purpose, one name after the other, and since when."""

    side: Side
    names: dict[str, list[tuple[str, datetime | None]]]
    sha256: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(side: Side) -> "Keys":
        keys = Keys(side, {use: [(use, None)] for use in PURPOSES})
        for use in PURPOSES:
            keys.sha256[use] = load_certificates(side.issued[use].certificate)[0].sha256
        return keys

    def follow(self, number: int, at: datetime, authority: DemoAuthority, partner: Side) -> None:
        """A new key for each purpose from an instant on; the partner gets the certificates first, then our own file names the keys."""
        for use in PURPOSES:
            name, new = f"{use}-{number}", authority.issue(self.side.name, "ecdsa", use)
            self.sha256[name] = load_certificates(new.certificate)[0].sha256
            put_certificate(partner.folder, "partners", f"{self.side.name}-{name}", new.certificate)
            put_own_key(self.side.folder, name, new.private_key + new.certificate)
            self.names[use].append((name, at))
        self._tell_partner(partner)
        self._tell_us()

    def _tell_partner(self, partner: Side) -> None:
        """The partner's agreement names every certificate that counts, with its window."""
        path = partner.folder / "partners" / self.side.name / "agreement.toml"
        head, _, rest = path.read_text().partition("[certificates]")
        kept = "\n".join(line for line in rest.splitlines() if line.startswith("trust"))
        services = rest[rest.index("[[service]]") :].partition("[[certificates.window]]")[0]
        named = "".join(f"{use} = {[f'{self.side.name}-{one}' for one, _ in self.names[use]]}\n" for use in PURPOSES)
        windows = "".join(self._windows())
        replace(path, f"{head}[certificates]\n{named.replace(chr(39), chr(34))}{kept}\n{services}\n{windows}")

    def _windows(self) -> Iterator[str]:
        for use, names in self.names.items():
            for i, (name, at) in enumerate(names):
                after = names[i + 1][1] if i + 1 < len(names) else None
                # What is encrypted switches at the instant; what is signed or shown counts a while before and after.
                beside = timedelta() if use == "encrypt" else BESIDE
                since = f"from = {(at - beside).isoformat()}\n" if at else ""
                ends = f"until = {(after + beside).isoformat()}\n" if after else ""
                if since or ends:
                    yield f'[[certificates.window]]\nname = "{self.side.name}-{name}"\n{since}{ends}'

    def _tell_us(self) -> None:
        path = self.side.folder / "node.toml"
        text = path.read_text().partition("\n[[keys.next]]")[0]
        for use, names in self.names.items():
            for name, at in names:
                if at is not None:
                    text += f'\n[[keys.next]]\npurpose = "{use}"\nname = "{name}"\nfrom = {at.isoformat()}\n'
        replace(path, text)

    def retire(self, partner: Side) -> None:
        """Remove what is over from both homes: all but the keys that open what may still come."""
        for use in ("sign", "tls"):
            (old, _), (new, _) = self.names[use][-2:]
            self.names[use] = [(new, None)]
            path = self.side.folder / "node.toml"
            replace(
                path,
                "\n".join(
                    line.replace(f'"{old}"', f'"{new}"') if line.startswith(use) else line
                    for line in path.read_text().splitlines()
                )
                + "\n",
            )
        self._tell_us()
        self._tell_partner(partner)


def replace(path: Path, text: str) -> None:
    """As an editor does it: all of it or nothing."""
    growing = path.with_name(f".{path.name}")
    growing.write_text(text)
    growing.rename(path)


class Traffic:
    """Messages both ways, steadily, each in a thread of its own beside the nodes."""

    def __init__(self, sides: dict[str, Node], path: Path, pause: float) -> None:
        self.sent: dict[str, list[str]] = {name: [] for name in sides}
        self._sides, self._path, self._pause = sides, path, pause
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(name,)) for name in sides]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for one in self._threads:
            one.join()

    def _send(self, name: str) -> None:
        node, partner = self._sides[name], {"tw": "kr", "kr": "tw"}[name]
        while not self._enough.wait(self._pause):
            payload = node.payload(self._path, "application/octet-stream")
            self.sent[name].append(node.submit(Submission(partner, ACTION, (payload,))).message_id)


def run(
    folder: Path,
    full: bool,
    rotations: int | None = None,
    pause: float = 0.05,
    trusts: tuple[str, ...] = ("path", "pinned"),
    patience: float = 60,
) -> Outcome:
    """With anchors and with pinned certificates."""
    told, problems = [], []
    for trust in trusts:
        outcome = rotate(folder / trust, rotations or (10 if full else 1), pause, trust, patience)
        told.append(outcome.figure)
        problems += outcome.problems
    return Outcome("; ".join(told), tuple(problems))


def rotate(folder: Path, rotations: int, pause: float, trust: str, patience: float) -> Outcome:
    """Rotations of all keys of both sides under traffic."""
    folder.mkdir(parents=True)
    world, problems = World(folder, trust=trust), []
    authority = DemoAuthority(datetime.now(UTC))
    for side in (world.tw, world.kr):
        put_certificate(side.folder, "trust", "ca-next", authority.certificate)
    set_anchors(world)
    running = {side.name: world.start(side) for side in (world.kr, world.tw)}
    pids = {name: one.pid for name, one in running.items()}
    keys = {side.name: Keys.of(side) for side in (world.tw, world.kr)}
    with ExitStack() as open_nodes:
        nodes = {side.name: open_nodes.enter_context(opened(side)) for side in (world.tw, world.kr)}
        with Traffic(nodes, world.file("payload.bin", os.urandom(10_000)), pause) as traffic:
            time.sleep(1)
            for number in range(1, rotations + 1):
                at = datetime.now(UTC).replace(microsecond=0) + AHEAD
                keys["tw"].follow(number, at, authority, world.kr)
                keys["kr"].follow(number, at, authority, world.tw)
                problems += [f"{side.name} had not taken in what was changed before the switch" for side in late(world, at)]
                time.sleep((at + BESIDE - datetime.now(UTC)).total_seconds() + 3)
                keys["tw"].retire(world.kr)
                keys["kr"].retire(world.tw)
                time.sleep(3)
        for name, node in nodes.items():
            if not world.ended(node, patience):
                problems.append(f"{name}: messages do not come to their end: {node.messages.counts()}")
        failed, again = count(nodes, traffic)
        refused = [
            f"{name} refused: {one.error_code} {one.detail}" for name, node in nodes.items() for one in node.messages.refusals(50)
        ]
    if not world.delivered():
        problems.append("accepted messages are never handed over")
    restarted = [name for name, one in running.items() if not one.alive or one.pid != pids[name]]
    world.stop()
    for name, other in (("tw", world.kr), ("kr", world.tw)):
        problems += used(keys[name], other)
    problems += [f"failed: {one}" for one in failed] + [f"restarted: {one}" for one in restarted] + refused
    for side in (world.tw, world.kr):
        problems += findings(side.folder / "data", submitted=traffic.sent[side.name])
        problems += [
            f"{side.name} says: {line}" for line in side.folder.with_suffix(".log").read_text().splitlines() if '"error"' in line
        ]
    messages = sum(map(len, traffic.sent.values()))
    figure = f"{trust}: {2 * 3 * rotations} keys changed under {messages} messages: failed {len(failed)}, sent again {again}, refused {len(refused)}"
    return Outcome(figure, tuple(problems))


def late(world: World, at: datetime) -> Iterator[Side]:
    """Whoever does not say before the switch that what was changed is in force."""
    written = datetime.now(UTC)
    for side in (world.tw, world.kr):
        # Whatever it takes in from now on holds everything.
        (side.folder / "node.toml").touch()

        def taken(side: Side = side) -> bool:
            held = read_in_force(side.folder / "data")
            return held is not None and held.since > written

        if not until(taken, (at - datetime.now(UTC)).total_seconds(), 0.1):
            yield side


def set_anchors(world: World) -> None:
    """Whoever calls shows a certificate of the old authority or of the new one."""
    for side in (world.tw, world.kr):
        path = side.folder / "node.toml"
        path.write_text(path.read_text().replace('client_ca = ["ca"]', 'client_ca = ["ca", "ca-next"]'))


class opened:  # noqa: N801 - reads as what it is
    """A node beside the process that serves."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def __enter__(self) -> Node:
        self._node = Node.open(self._side.folder)
        return self._node

    def __exit__(self, *_: object) -> None:
        self._node.close()


def count(nodes: dict[str, Node], traffic: Traffic) -> tuple[list[str], int]:
    """Messages that did not end with a receipt, and attempts beyond the first."""
    failed, again = [], 0
    for name, node in nodes.items():
        for message_id in traffic.sent[name]:
            exchange = node.messages.exchange(message_id)
            assert exchange is not None
            again += exchange.attempts - 1
            if exchange.state.value != "ACKNOWLEDGED":
                failed.append(message_id)
    return failed, again


def used(keys: Keys, receiver: Side) -> Iterator[str]:
    """Whether each key that was to sign and each certificate that was to be shown has been seen by the receiver."""
    signers: set[str | None] = set()
    shown: set[str | None] = set()
    with snapshot(receiver.folder / "data") as messages:
        for one in messages.inbounds(1_000_000):
            signers.add(one.signer_sha256)
            shown.add(one.peer_tls_sha256)
    for name, sha256 in keys.sha256.items():
        seen = {"sign": signers, "tls": shown}.get(name.partition("-")[0])
        if seen is not None and sha256 not in seen:
            yield f"{keys.side.name}: nobody has seen {name}"


if __name__ == "__main__":
    sys.exit(main(run))
