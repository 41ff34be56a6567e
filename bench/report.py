"""The bench's report: every figure with its bar, as lines and as JSON."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import agreements, claims, documents, evidence, exchange, large, store, two_nodes

PARTS = ("exchange", "store", "claims", "as4", "nodes", "large", "documents", "agreements", "evidence")


def rows(parts: tuple[str, ...], *, peer: str | None, quick: bool, names: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """One row a figure as it is measured: name, value, bar, whether it is held, and what stands behind it."""
    with tempfile.TemporaryDirectory(prefix="n2n-bench-") as folder:
        if "exchange" in parts:
            yield from map(figure_row, exchange.run(quick=quick))
        if "store" in parts:
            yield from store_rows(store.measure(Path(folder) / "store", quick=quick))
        if "claims" in parts:
            yield from claim_rows(Path(folder) / "claims", 20_000 if quick else 100_000)
        if "as4" in parts and peer in ("as4", "all"):
            yield from as4_rows()
        if "nodes" in parts:
            for result in two_nodes.run(Path(folder) / "nodes", names, peer=peer in ("phase4", "all")):
                yield from node_rows(result)
        if "large" in parts:
            yield from large_rows(large.measure(Path(folder) / "large", 1 << 28 if quick else 1 << 30))
        if "documents" in parts:
            yield from map(document_row, documents.measure(quick=quick))
            yield hostile_row(documents.hostile(quick=quick))
        if "evidence" in parts:
            yield from evidence_rows(evidence.measure(Path(folder) / "evidence", quick=quick))
        if "agreements" in parts:
            yield from agreement_rows(
                agreements.measure(Path(folder) / "agreements", partners=1_000 if quick else agreements.PARTNERS)
            )


def evidence_rows(measured: evidence.Measured) -> Iterator[dict[str, Any]]:
    """What the log of evidence costs."""
    name, (ours, bare) = measured.case.name, measured.rates
    yield row(f"{name}: rate with evidence / without", measured.ratio, 0.85, at_most=False, behind=f"{ours:.0f}/s / {bare:.0f}/s")
    with_it, without = measured.cpu
    behind = f"both nodes: {with_it:.2f} ms with, {without:.2f} ms without"
    yield row(f"{name}: CPU of evidence, ms a message and node", measured.more, 0.3, at_most=True, behind=behind)


def row(name: str, value: float, bar: float | None, *, at_most: bool, behind: str) -> dict[str, Any]:
    """A figure; `bar` None is no promise, only a measurement."""
    held = None if bar is None else (value <= bar if at_most else value >= bar)
    return {"name": name, "value": round(value, 3), "bar": bar, "at_most": at_most, "held": held, "behind": behind}


def figure_row(figure: exchange.Figure) -> dict[str, Any]:
    """A CPU ratio in memory."""
    ours, other = figure.milliseconds
    bar = None if figure.bar == float("inf") else figure.bar
    return row(figure.name, figure.ratio, bar, at_most=figure.at_most, behind=f"{ours:.3f} ms CPU / {other:.3f} ms CPU")


def store_rows(measured: store.Measured) -> Iterator[dict[str, Any]]:
    """The durable store alone."""
    behind = f"{measured.ours:.3f} ms CPU / {measured.plain:.3f} ms CPU, {measured.group:.1f} messages in a transaction"
    yield row("4 KB into the store: CPU / plain SQLite", measured.ratio, None, at_most=True, behind=behind)
    yield row("4 KB into the store: CPU of a message, ms", measured.ours, 0.2, at_most=True, behind="signed, receipted, durable")


def hostile_row(grown: documents.Grown) -> dict[str, Any]:
    """What a document that is made to be dear costs when it is four times as long."""
    behind = f"{grown.name}, {grown.seconds:.2f} s CPU"
    return row(
        "hostile document: cost of four times the octets / four times the cost", grown.ratio, 2.0, at_most=True, behind=behind
    )


#: CPU microseconds that a check may take: a certificate, and a row at 3,000 rows a second with room for the register.
CHECKED = {"certificate of three items": 2_000.0, "operator of a full list": 250.0, "consignment of a manifest": 350.0}


def document_row(measured: documents.Measured) -> dict[str, Any]:
    """The check of a document or of one of its rows."""
    behind = f"{measured.octets:,} octets, {1e6 / measured.microseconds:,.0f} a second"
    return row(f"check, {measured.name}: CPU, us", measured.microseconds, CHECKED[measured.name], at_most=True, behind=behind)


def agreement_rows(measured: agreements.Measured) -> Iterator[dict[str, Any]]:
    """The match of a message among many agreements, and what reading them costs."""
    among = f"message match among {measured.partners:,} agreements"
    yield row(f"{among}: CPU, us", measured.microseconds, 20.0, at_most=True, behind=f"among 10: {measured.among_ten:.2f} us")
    ratio = measured.microseconds / measured.among_ten
    yield row(f"{among} / among 10", ratio, 6.0, at_most=True, behind="one look into a dictionary, whose memory no cache holds")
    yield row(
        f"{among}: CPU of a miss, us", measured.missed, None, at_most=True, behind="with the nearest P-Mode and what differs"
    )
    each = (
        f"{measured.mebibytes * 1024 / measured.partners:.1f} KiB and {measured.seconds * 1000 / measured.partners:.2f} ms each"
    )
    yield row(f"{measured.partners:,} agreements read: CPU, s", measured.seconds, None, at_most=True, behind=each)
    yield row(
        f"{measured.partners:,} agreements read: memory, MiB",
        measured.mebibytes,
        None,
        at_most=True,
        behind="four P-Modes of business and two of tests each",
    )


def claim_rows(folder: Path, pending: int) -> Iterator[dict[str, Any]]:
    """Claims of due work, on SQLite and, where a server is installed, on PostgreSQL."""
    yield claim_row(claims.measure(folder / "sqlite", pending=pending, claims=pending // 1000), 20_000)
    try:
        from tests.postgres import Postgres, programs
    except ImportError:
        return
    if programs() is not None:
        server = Postgres()
        try:
            yield claim_row(
                claims.measure(folder / "postgres", server.database(), pending=pending, claims=pending // 1000), 8_000
            )
        finally:
            server.stop()


def claim_row(measured: claims.Measured, bar: float) -> dict[str, Any]:
    """One database."""
    name = f"{measured.database}: claims a second, {measured.pending:,} pending"
    return row(name, measured.rate, bar, at_most=False, behind=f"a look that finds nothing {measured.empty * 1000:.2f} ms")


def as4_rows() -> Iterator[dict[str, Any]]:
    """Against the PyPI package as4."""
    from bench.as4_peer import measure

    for result, bar in zip(measure([4096, 1 << 20]), (6.0, 20.0), strict=True):
        behind = f"{result.theirs * 1000:.2f} ms CPU / {result.ours * 1000:.2f} ms CPU"
        yield row(f"{result.size} octets: CPU of as4 / ours", result.ratio, bar, at_most=False, behind=behind)
        if result.above_floor is not None:
            name = f"{result.size} octets: the same, both above the crypto floor"
            yield row(name, result.above_floor, None, at_most=False, behind="what is not RSA, AES, SHA-256 or zlib")


def node_rows(result: two_nodes.Result) -> Iterator[dict[str, Any]]:
    """Two nodes over mutual TLS, durable."""
    case = result.case
    memory = f"peak resident {result.sender['peak_mib']:.0f} MiB sending, {result.receiver['peak_mib']:.0f} MiB receiving"
    yield row(f"{case.name}: exchanges a second", result.ours, None, at_most=False, behind=memory)
    if result.floor is not None and result.ours_to_floor is not None:
        bar = 0.5 if case.size <= 8192 and "RSA" in case.name else None
        yield row(
            f"{case.name}: rate / two-core floor", result.ours_to_floor, bar, at_most=False, behind=f"floor {result.floor:.0f}/s"
        )
    if result.phase4 is not None and result.ours_to_phase4 is not None:
        yield row(
            f"{case.name}: rate / phase4",
            result.ours_to_phase4,
            case.target,
            at_most=False,
            behind=f"phase4 {result.phase4:.2f}/s",
        )


def large_rows(result: large.Large) -> Iterator[dict[str, Any]]:
    """One big payload."""
    size = f"{result.size >> 20} MiB"
    rates = f"{result.rate / 1e6:.0f} MB/s / {result.floor / 1e6:.0f} MB/s"
    yield row(f"{size} over HTTPS: rate / floor", result.ratio, 0.85, at_most=False, behind=rates)
    yield row(f"{size}: peak resident memory sending, MiB", result.sender_mib, 96, at_most=True, behind="VmHWM of the process")
    yield row(
        f"{size}: peak resident memory receiving, MiB", result.receiver_mib, 96, at_most=True, behind="VmHWM of the process"
    )


def line(one: dict[str, Any]) -> str:
    """A row as text."""
    bar = "" if one["bar"] is None else f"{'at most' if one['at_most'] else 'at least'} {one['bar']:g}"
    held = {None: "", True: "held", False: "NOT held"}[one["held"]]
    return f"{one['name']:56} {one['value']:9.2f}  {bar:13} {held:9} {one['behind']}".rstrip()
