"""What the check of a document costs: a certificate, and the rows of long lists and manifests, in CPU of one process."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from node.codelists import open_lists
from node.customs.checking.offline import Offline
from node.library import open_packs, shipped_documents

#: When the samples are judged.
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """Documents of one kind: CPU microseconds of a unit (a document, or a row), the median of the rounds."""

    name: str
    microseconds: float
    rows: int
    octets: int


def sample(name: str) -> str:
    """A good sample of a shipped pack."""
    (file,) = shipped_documents().glob(f"*/samples/good/{name}.xml")
    return file.read_text("utf-8")


def rows_of(text: str, name: str) -> tuple[str, list[str]]:
    """What stands before the first row, and the rows."""
    found = re.findall(rf"  <{name}>.*?</{name}>\n", text, re.DOTALL)
    return text[: text.index(found[0])], found


def operators(count: int) -> str:
    """A part of a full list with so many operators."""
    head, records = rows_of(sample("aeo-full-50"), "Record")
    some = (re.sub(r"<TIN>[^<]*", f"<TIN>TW{one:08d}", records[one % len(records)], count=1) for one in range(count))
    head = head.replace("<RecordQuantity>50", f"<RecordQuantity>{count}").replace("<PartTotalNumeric>1", "<PartTotalNumeric>2")
    return f"{head}{''.join(some)}</AeoRecordSet>\n"


def manifest(count: int) -> str:
    """A manifest of so many consignments."""
    head, consignments = rows_of(sample("man-sea-20"), "Consignment")
    some = []
    for one in range(count):
        row = re.sub(r"<SequenceNumeric>\d+", f"<SequenceNumeric>{one + 1}", consignments[one % len(consignments)], count=1)
        some.append(re.sub(r"<ID>KSL26[^<]*", f"<ID>KSLX{one:08d}", row, count=1))
    packages = sum(int(number(row, "<TotalPackageQuantity>")) for row in some)
    mass = sum((Decimal(number(row, '<GrossMassMeasure unitCode="KGM">')) for row in some), Decimal(0))
    for old, new in (("Quantity>20<", f"Quantity>{count}<"), (">2386<", f">{packages}<"), (">93309.8<", f">{mass}<")):
        head = head.replace(old, new, 1)
    return f"{head}{''.join(some)}</CargoReport>\n"


def number(row: str, tag: str) -> str:
    """The value behind the first such tag."""
    return row.partition(tag)[2].partition("<")[0]


def measure(*, quick: bool = False) -> Iterator[Measured]:
    """Each kind after one document that nobody counts."""
    rounds, rows = (3, 1_000) if quick else (5, 9_999)
    desk = Offline(open_packs(None, open_lists(None)))
    certificate = sample("co-rcep-multi-item").encode()
    yield Measured("certificate of three items", cpu_of(desk, certificate, 20 * rounds), 1, len(certificate))
    for name, made in (("operator of a full list", operators), ("consignment of a manifest", manifest)):
        made_by: Callable[[int], str] = made
        octets = made_by(rows).encode()
        yield Measured(name, cpu_of(desk, octets, rounds) / rows, rows, len(octets))


def cpu_of(desk: Offline, octets: bytes, rounds: int) -> float:
    """Microseconds, the median of the rounds. The document must be accepted, or its rows were not judged."""
    taken = []
    for _ in range(rounds + 1):
        began = time.process_time()
        verdict = desk.check(octets, NOW).verdict
        taken.append(time.process_time() - began)
        if not verdict.accepted:
            raise AssertionError(verdict.findings[:3])
    return statistics.median(taken[1:]) * 1e6


@dataclass(frozen=True)
class Grown:
    """The hostile document whose cost grows fastest: its cost at about four times the octets, over so many times its cost."""

    name: str
    ratio: float
    seconds: float


#: CPU seconds below which nothing is measured.
LITTLE = 0.02


def hostile(*, quick: bool = False) -> Grown:
    """Of documents that are meant to cost more than their octets; 1 is a cost that grows as the octets do."""
    from tests.customs.checking.hostile import HOSTILE

    desk = Offline(open_packs(None, open_lists(None)))
    # Some are made of rows of 1.5 MB.
    size = 2 << 20 if quick else 4 << 20
    found = []
    for name, made in HOSTILE.items():
        few, many = made(size), made(4 * size)
        small, large = (min(seconds_of(desk, octets) for _ in range(2)) for octets in (few, many))
        if large > LITTLE:
            found.append(Grown(name, large / (len(many) / len(few) * max(small, LITTLE / 4)), large))
    return max(found, key=lambda grown: grown.ratio)


def seconds_of(desk: Offline, octets: bytes) -> float:
    """CPU of one check."""
    began = time.process_time()
    desk.check(octets, NOW)
    return time.process_time() - began
