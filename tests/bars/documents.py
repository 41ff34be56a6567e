"""Sealed certificates are verified, checked, answered and registered on one core, and a full list of operators is checked and registered, as fast as a single window needs it.

Each runs in a process of its own, over a real home with its store on the disk; the certificates on one core.
"""

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.app import Node
from node.cli.demo_homes import KOREA, TAIWAN, make_sides
from node.cli.demo_papers import CERTIFICATE, certificate
from node.customs.checking.prior import RECORD_SET, take_records
from node.customs.filing.registration import IN, Carried
from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.outbound import PART, octets_of
from node.customs.operators.record_set import FULL, SetHead
from node.customs.seal.making import seal
from tests.bars.bar import Outcome, main
from tests.operators import many

#: Certificates and records a second.
CERTIFICATES = 200
RECORDS = 3_000
MEBIBYTES = 150
#: Documents that are taken before anything is counted: packs, code lists and paths are read once.
FIRST = 20
PROFILE = "edelivery-as4-2.0-ecdsa"


def run(folder: Path, full: bool, sealed: int = 0, listed: int = 100_000) -> Outcome:
    """Both halves."""
    sealed = sealed or (5_000 if full else 1_000)
    tw, kr = make_sides(folder / "homes", PROFILE, datetime.now(UTC))
    make_certificates(folder / "certificates", kr.home, sealed + FIRST)
    make_list(folder / "list", tw.home, listed)
    one = measured("certificates", tw.home, folder / "certificates")
    other = measured("list", kr.home, folder / "list")
    # Of one core: what others do on this machine meanwhile is not counted.
    on_one_core = 1000 / one["cpu"]
    figure = (
        f"{on_one_core:,.0f} sealed certificates a second of one core, {one['cpu']:.2f} ms each ({one['rate']:,.0f} with all waiting); "
        f"{other['rate']:,.0f} of {listed:,} listed operators a second in {other['mebibytes']} MiB"
    )
    problems = [] if on_one_core >= CERTIFICATES else [f"{on_one_core:,.0f} certificates a second, wanted {CERTIFICATES}"]
    if one["taken"] != sealed:
        problems.append(f"lost: {one['taken']} of {sealed} certificates were accepted")
    if other["taken"] != listed:
        problems.append(f"lost: {other['taken']} of {listed} operators are on file")
    if other["mebibytes"] > MEBIBYTES:
        problems.append(f"{other['mebibytes']} MiB, wanted {MEBIBYTES}")
    # A short list says nothing of the rate.
    if listed >= PART and other["rate"] < RECORDS:
        problems.append(f"{other['rate']:,.0f} records a second, wanted {RECORDS:,}")
    return Outcome(figure, tuple(problems))


def make_certificates(folder: Path, home: Path, count: int) -> None:
    """Certificates of the chamber in Korea, each of its own number, sealed."""
    folder.mkdir(parents=True)
    node = Node.open(home)
    now = datetime.now(UTC)
    try:
        for number in range(count):
            text = certificate(now).decode().replace(CERTIFICATE, f"013-26-{number:07}")
            sealed = seal(text.encode(), node.setting.certificates.own["chamber"], now)
            (folder / f"{number:06}.xml").write_bytes(sealed)
    finally:
        node.close()


def make_list(folder: Path, home: Path, count: int) -> None:
    """The documents of one full list of Taiwan's programme, sealed."""
    folder.mkdir(parents=True)
    node, now = Node.open(home), datetime.now(UTC).replace(microsecond=0)
    records = many(count)
    digest, parts = set_digest(map(line_of, records)), -(-count // PART)
    for part in range(parts):
        some = records[part * PART : (part + 1) * PART]
        whom = (TAIWAN.authorities[0], KOREA.authorities[0])
        head = SetHead(f"urn:x:{part}", now, *whom, FULL, TAIWAN.programme, None, 7, part + 1, parts, len(some), now, digest)
        sealed = seal(octets_of(head, some, "mra.tw-kr.1"), node.setting.certificates.own["seal"], now)
        (folder / f"{part:04}.xml").write_bytes(sealed)
    node.close()


def measured(what: str, home: Path, documents: Path) -> dict[str, Any]:
    """What a process of its own has measured."""
    child = [sys.executable, "-m", "tests.bars.documents", what, home, documents]
    done = subprocess.run(child, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def take_certificates(home: Path, documents: Path) -> dict[str, Any]:
    """One after the other on one core, as they would come from Korea."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    node = Node.open(home)
    files = [path.read_bytes() for path in sorted(documents.iterdir())]
    taken = 0
    began, cpu = 0.0, 0.0
    for number, octets in enumerate(files):
        if number == FIRST:
            taken, began, cpu = 0, time.perf_counter(), time.process_time()
        carried = Carried(IN, f"{number}@kr.example", "kr")
        recorded = node.checking._registered(octets, carried, "co.certificate", datetime.now(UTC))
        # Warnings are allowed, and the answer is recorded with the document.
        taken += recorded.entry.outcome in {"AP", "CA"} and len(recorded.answers) == 1
    seconds, spent, counted = time.perf_counter() - began, time.process_time() - cpu, len(files) - FIRST
    node.close()
    return {"rate": counted / seconds, "cpu": spent / counted * 1000, "taken": taken}


def take_list(home: Path, documents: Path) -> dict[str, Any]:
    """Every part is verified, checked and registered, then its records are."""
    node = Node.open(home)
    began = time.perf_counter()
    for path in sorted(documents.iterdir()):
        octets, now = path.read_bytes(), datetime.now(UTC)
        carried = Carried(IN, f"{path.stem}@tw.example", "tw")
        recorded = node.checking._registered(octets, carried, RECORD_SET, now)
        if recorded.entry.outcome not in {"AP", "CA"}:
            raise RuntimeError(str(recorded.entry.findings[:3]))
        take_records(octets, node.operators, carried.message_id, now)
    seconds = time.perf_counter() - began
    taken = sum(node.operators.totals(TAIWAN.authorities[0], TAIWAN.programme).values())
    node.close()
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert peak is not None
    return {"rate": taken / seconds, "taken": taken, "mebibytes": int(peak[1]) // 1024}


if __name__ == "__main__":
    halves = {"certificates": take_certificates, "list": take_list}
    if sys.argv[1:2] and sys.argv[1] in halves:
        print(json.dumps(halves[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        sys.exit(main(run))
