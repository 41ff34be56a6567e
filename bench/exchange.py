"""One exchange in memory with everything on, against the crypto floor: CPU ratios."""

import os
import platform
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bench.alternate import alternate, cpu_of
from bench.floor import Floor, eddsa_floor, rsa_floor
from bench.pair import Keys, Pair, make_pair
from bench.two_nodes import sample
from node.ebms.states import OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.security.keys import SoftwareKey
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_EDDSA, Suite


@dataclass(frozen=True)
class Figure:
    """One measured ratio, the bar that was set for it, and the CPU milliseconds behind it. `at_most` tells the bar's direction."""

    name: str
    ratio: float
    bar: float
    at_most: bool
    milliseconds: tuple[float, float]

    @property
    def held(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def run(*, quick: bool = False) -> Iterator[Figure]:
    """The figures at 4 KB for three suites, the gain of Ed25519 over RSA-2048, and 1 MB against the floor with zlib 6."""
    rounds, repeat = (5, 10) if quick else (15, 20)
    small, large = sample(4096), sample(1 << 20)
    authority = DemoAuthority(datetime.now(UTC))
    for name, kind, floor, bar in (("RSA-2048", "rsa2048", rsa_floor(2048), 1.6), ("RSA-3072", "rsa3072", rsa_floor(3072), 1.3)):
        pair = pair_of(authority, kind, EDELIVERY_1_15)
        yield against(f"4 KB {name} exchange / floor", floor, pair, small, bar, rounds, repeat)
    modern, classic = pair_of(authority, "eddsa", EDELIVERY_2_EDDSA), pair_of(authority, "rsa2048", EDELIVERY_1_15)
    both = alternate({"modern": exchange(modern, small), "classic": exchange(classic, small)}, rounds, repeat)
    times = (both.seconds[1] * 1000, both.seconds[0] * 1000)
    yield Figure("4 KB RSA-2048 / Ed25519+X25519", both.ratios[1], 1.7, at_most=False, milliseconds=times)
    yield against("4 KB Ed25519 exchange / its own floor", eddsa_floor(), modern, small, float("inf"), rounds, repeat)
    yield against("1 MB RSA-2048 exchange / floor (zlib 6)", rsa_floor(2048), classic, large, 0.5, rounds, max(1, repeat // 10))


def against(name: str, floor: Floor, pair: Pair, payload: bytes, bar: float, rounds: int, repeat: int) -> Figure:
    """Ours against the floor, in turns."""
    measured = alternate({"floor": lambda: floor.run(payload), "ours": exchange(pair, payload)}, rounds, repeat)
    return Figure(name, measured.ratios[1], bar, True, (measured.seconds[1] * 1000, measured.seconds[0] * 1000))


def exchange(pair: Pair, payload: bytes) -> Callable[[], None]:
    """Submit, package, receive, acknowledge and settle; the memory of earlier messages is dropped now and then."""
    done = 0

    def once() -> None:
        nonlocal done
        done += 1
        if done % 500 == 0:
            pair.a.messages.forget()
            pair.b.messages.forget()
        if pair.exchange(payload) is not OutboundState.ACKNOWLEDGED:
            raise RuntimeError(f"not acknowledged: {pair.b.messages.refused()[-1:]}")

    return once


def pair_of(authority: DemoAuthority, kind: str, suite: Suite) -> Pair:
    """A pair with fresh keys of one kind."""
    return make_pair(keys(authority, "a", kind), keys(authority, "b", kind), suite)


def keys(authority: DemoAuthority, name: str, kind: str) -> Keys:
    """The signing and the decryption key of one party."""
    made = [authority.issue(name, kind, use) for use in ("sign", "encrypt")]
    return Keys(*[SoftwareKey.from_pem(one.private_key, one.certificate) for one in made])


def machine() -> str:
    """The processor, its cores, and what moves every ratio here: how long an RSA-2048 private operation takes, and which Python runs."""
    names = [
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    key = rsa.generate_private_key(65537, 2048)
    seconds = min(cpu_of(lambda: key.sign(b"", padding.PKCS1v15(), hashes.SHA256()), 20) for _ in range(5))
    built = (
        "optimised"
        if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
        else "built without optimisation"
    )
    return (
        f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} cores; RSA-2048 private operation {seconds * 1000:.2f} ms; "
        f"Python {platform.python_version()} {built}"
    )
