"""Ten thousand agreements: how long a message takes to find its P-Mode among them, and what reading them costs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.alternate import alternate
from node.agreements.agreement import Known, Us
from node.agreements.agreements import Agreements, load_agreements
from node.configuration import Problems
from node.ebms.message import AgreementRef, CollaborationInfo, MessageInfo, Party, PartyId, Service, UserMessage
from node.ebms.namespaces import DEFAULT_MPC, INITIATOR, RESPONDER
from node.home import shipped_profiles
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import PModeNotFound
from node.security.certificates import load_certificates

PARTNERS: Final = 10_000
#: Messages of as many partners, so that no cache of the processor holds their P-Modes.
MESSAGES: Final = 1_000
ROUNDS: Final = 15
_AGREEMENT: Final = """profile = "edelivery-as4-1.15"

[partner]
party_id   = "P{0}"
party_type = "urn:x"
url        = "https://as4.p{0}.example/as4"

[agreement_ref]
value = "urn:agreement:tw-p{0}"

[certificates]
sign    = ["partner"]
encrypt = ["partner"]

[[service]]
value   = "urn:n2n:customs:svc:co"
actions = ["co.certificate", "co.use"]
"""


@dataclass(frozen=True)
class Measured:
    """CPU microseconds of one match among many and among few, and seconds and MiB of reading the many."""

    partners: int
    microseconds: float
    among_ten: float
    missed: float
    seconds: float
    mebibytes: float


def measure(folder: Path, *, partners: int = PARTNERS) -> Measured:
    """Write agreements, read them, and look messages up."""
    write(folder, partners)
    seconds, mebibytes = read_elsewhere(folder)
    many, few = read(folder), read(folder, only=10)
    step = max(partners // MESSAGES, 1)
    names, near = range(0, partners, step), [int(one.partner.removeprefix("p")) for one in few.partners()] * (MESSAGES // 10)
    contenders = {
        "few": finding(few, near),
        "many": finding(many, names),
        "missed": missing(many, range(-100, 0)),
    }
    found = alternate(contenders, ROUNDS, 1)
    costs = [cost * 1e6 / count for cost, count in zip(found.seconds, (len(near), len(names), 100), strict=True)]
    return Measured(partners, costs[1], costs[0], costs[2], seconds, mebibytes)


def write(folder: Path, partners: int) -> None:
    """One folder a partner."""
    for n in range(partners):
        (folder / f"p{n}").mkdir(parents=True)
        (folder / f"p{n}" / "agreement.toml").write_text(_AGREEMENT.format(n), "utf-8")


def read(folder: Path, only: int | None = None) -> Agreements:
    """The agreements of a folder; `only` so many of them."""
    issued = DemoAuthority(datetime.now(UTC)).issue("x", "rsa2048", "sign")
    [certificate, *_] = load_certificates(issued.certificate)
    us, own = Us((PartyId("TW-CUSTOMS", "urn:x"),), "own", "own"), {"own": certificate}
    known = Known(us, own, {"partner": certificate}, (shipped_profiles() / "messaging",))
    problems = Problems()
    found = load_agreements(folder, known, problems)
    problems.raise_if_any()
    return found if only is None else Agreements(found.partners()[:only])


def message(n: int) -> UserMessage:
    """What the n-th partner sends, nobody's for a number below nothing; its texts are as new as those of a message that was just read."""
    service, action, mpc = ("".join(tuple(one)) for one in ("urn:n2n:customs:svc:co", "co.certificate", DEFAULT_MPC))
    types, roles = ["".join(tuple("urn:x")) for _ in range(2)], ["".join(tuple(one)) for one in (INITIATOR, RESPONDER)]
    return UserMessage(
        MessageInfo("2026-11-24T08:00:00.000Z", f"m{n}@bench.example"),
        Party((PartyId(f"P{n}", types[0]),), roles[0]),
        Party((PartyId("".join(tuple("TW-CUSTOMS")), types[1]),), roles[1]),
        CollaborationInfo(Service(service), action, "c1", AgreementRef(f"urn:agreement:tw-p{n}")),
        mpc=mpc,
    )


def fresh(senders: Sequence[int]) -> Iterator[list[UserMessage]]:
    """Messages that nobody looked at before, for each round; made before the clock runs."""
    return iter([[message(n) for n in senders] for _ in range(ROUNDS + 1)])


def finding(agreements: Agreements, senders: Sequence[int]) -> Callable[[], None]:
    """Look a message of each sender up."""
    assert all(agreements.find(message(n)).partner == f"p{n}" for n in senders)
    rounds = fresh(senders)

    def once() -> None:
        for one in next(rounds):
            agreements.find(one)

    return once


def missing(agreements: Agreements, senders: Sequence[int]) -> Callable[[], None]:
    """Refuse a message of each sender, with the nearest P-Mode."""
    rounds = fresh(senders)

    def once() -> None:
        for one in next(rounds):
            try:
                agreements.find(one)
            except PModeNotFound:
                continue
            raise AssertionError(one)

    return once


def read_elsewhere(folder: Path) -> tuple[float, float]:
    """CPU seconds and MiB of reading, in a process that has done nothing else."""
    words = [sys.executable, "-m", "bench.agreements", str(folder)]
    told = subprocess.run(words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seconds, mebibytes = told.stdout.split()
    return float(seconds), float(mebibytes)


def resident() -> float:
    """MiB of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    before, began = resident(), time.process_time()
    kept = read(Path(sys.argv[1]))
    print(time.process_time() - began, resident() - before)
