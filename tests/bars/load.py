"""Goal 10: sustained load, both nodes on this machine; the rate is a share of the RSA signatures that this machine makes in the same run."""

import os
import sys
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import World

SHARE = 0.03
OCTETS = 10_000
#: Submitted and not yet acknowledged at most, so that the store is not what is measured.
AHEAD = 64


def run(folder: Path, full: bool, seconds: float | None = None) -> Outcome:
    """10 KB, signed, encrypted and answered with a receipt, for 40 s."""
    seconds = seconds or (1800 if full else 40)
    raw, world, problems = signatures_per_second(), World(folder), []
    path = world.file("payload.bin", os.urandom(OCTETS))
    kr, tw = world.start(world.kr), world.start(world.tw)
    sizes: list[int] = []
    with world.sender() as node:
        began, ended = time.monotonic(), threading.Event()

        def acknowledged() -> int:
            return node.messages.counts()["outbound"].get("ACKNOWLEDGED", 0)

        while time.monotonic() - began < seconds:
            for _ in range(AHEAD // 2):
                world.submit(node, path)
            until(lambda: len(world.submitted) - acknowledged() < AHEAD // 2, 60, 0.01)
            sizes.append(max(kr.rss(), tw.rss()))
        lasted, passed = time.monotonic() - began, acknowledged()
        ended.set()
        if not world.ended(node, 60) or not world.delivered():
            problems.append("what was submitted does not come to its end")
    world.stop()
    rate = passed / lasted
    if rate < SHARE * raw:
        problems.append(f"{rate:.0f} messages a second are less than {SHARE:.0%} of {raw:.0f} signatures")
    if full and (slope := (sizes[-1] - sizes[len(sizes) // 2]) / (lasted / 2) * 60) > 1 << 20:
        problems.append(f"memory grows by {slope / 2**20:.1f} MB a minute")
    findings = world.findings()
    lost = sum(one.startswith("lost") for one in findings)
    figure = f"{lasted:.0f} s, {rate:.0f} messages/s, lost {lost}, {rate / raw:.1%} of raw RSA-2048 signatures"
    return Outcome(figure, (*problems, *findings))


def signatures_per_second() -> float:
    """RSA-2048 of this machine on one core."""
    key = rsa.generate_private_key(65537, 2048)
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < 1.0:
        key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
        count += 1
    return count / passed


if __name__ == "__main__":
    sys.exit(main(run))
