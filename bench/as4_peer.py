"""CPU of one exchange: the PyPI library `as4` with itself in its process, and two of our nodes in this one, in turns in one run.

Same keys (RSA-2048), same agreement, the same document, gzip, AES-128-GCM, signed receipt checked octet for octet; the same release of `cryptography`
on both sides (tests/peers/as4/README.md). Neither side stores, and as4 neither looks for a P-Mode nor for duplicates: ours does.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.alternate import cpu_of
from bench.as4_agreement import ACTION, AGREED, PARTY_IDS, PROPERTIES, our_pair
from bench.as4_worker import As4Worker, environment, party
from bench.floor import Floor, rsa_floor
from bench.pair import Pair
from bench.two_nodes import sample
from node.ebms.states import OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.security.keys import SoftwareKey

#: At least so many times less CPU than as4, by octets of payload.
TARGETS = {4096: 6.0, 1 << 20: 20.0}


@dataclass(frozen=True)
class Result:
    """CPU seconds of an exchange, medians over rounds; the ratios are medians over rounds of theirs to ours.

    `above_floor` compares what each spends beyond the primitives that neither can do without; None where ours is below that floor (zlib 6).
    """

    size: int
    ours: float
    theirs: float
    ratio: float
    above_floor: float | None
    target: float | None


def measure(sizes: Sequence[int] = tuple(TARGETS), rounds: int = 7) -> list[Result]:
    """One result a size. Raises As4Unavailable where the library cannot be installed."""
    python = environment()
    authority = DemoAuthority(datetime.now(UTC))
    a, b = (one_key(authority, name) for name in ("a", "b"))
    # as4 is the sender of its own exchange, and answers it as the other party.
    me, other = party(PARTY_IDS["a"], a, private=True), party(PARTY_IDS["b"], b, private=True)
    floor = rsa_floor(2048)
    with As4Worker(python, AGREED, me, other) as worker:
        return [measure_one(worker, other, our_pair(a, b), floor, size, rounds) for size in sizes]


def one_key(authority: DemoAuthority, name: str) -> SoftwareKey:
    """One RSA key and certificate for everything, as as4 wants it."""
    issued = authority.issue(name, "rsa2048", "encrypt")
    return SoftwareKey.from_pem(issued.private_key, issued.certificate)


def measure_one(worker: As4Worker, other: dict[str, str], pair: Pair, floor: Floor, size: int, rounds: int) -> Result:
    """Turn and turn about; enough exchanges a turn that both run warm, few at large sizes, since as4 is slow there."""
    content = sample(size)
    # What as4 makes of the content is what we send, its SBDH included.
    document = worker.make(content)["document"]
    count = 60 if size <= 65536 else 3
    theirs, ours, floors = [], [], []
    worker.bench(content, other, 1)
    exchange(pair, document)
    for _ in range(rounds):
        theirs.append(worker.bench(content, other, count))
        ours.append(cpu_of(lambda: exchange(pair, document), count))
        floors.append(cpu_of(lambda: floor.run(document), count))
    rounds_of_all = list(zip(theirs, ours, floors, strict=True))
    above = [(their - base) / (our - base) if our > base else None for their, our, base in rounds_of_all]
    return Result(
        size=size,
        ours=statistics.median(ours),
        theirs=statistics.median(theirs),
        ratio=statistics.median(their / our for their, our, _ in rounds_of_all),
        above_floor=statistics.median(above) if None not in above else None,
        target=TARGETS.get(size),
    )


def exchange(pair: Pair, document: bytes) -> None:
    """One message of ours and its receipt."""
    state = pair.exchange(document, action=ACTION, properties=PROPERTIES)
    if state is not OutboundState.ACKNOWLEDGED:
        raise RuntimeError(f"not acknowledged: {pair.b.messages.refused()[-1:]}")


def main() -> None:
    """`python -m bench.as4_peer`."""
    for one in measure():
        held = "" if one.target is None else f", target {one.target:g}"
        print(
            f"{one.size:8} octets: as4 {one.theirs * 1000:7.2f} ms, ours {one.ours * 1000:6.2f} ms: {one.ratio:.1f} times less CPU{held}"
        )


if __name__ == "__main__":
    main()
