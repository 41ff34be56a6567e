"""The DSS of the European Commission judges the seal and the tokens of our bundles."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from node.evidence.bundle import make_bundle, open_bundle
from node.evidence.report import reports
from node.evidence.verify import verify
from tests.bundles import BundleWorld
from tests.vectors.evidence.make import resummed

Run = Callable[[Sequence[Sequence[str | Path]]], list[tuple[int, Any]]]


def test_dss_passes_seal_and_tokens_and_refuses_what_was_changed(dss: Run, tmp_path: Path) -> None:
    world = BundleWorld()
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    evidence = replace(world.evidence(), made_at=now)
    plain = make_bundle(evidence, world.seal_key, reporting=lambda files: reports(files, now))
    world.stamps_at = now + timedelta(minutes=1)
    stamped = make_bundle(evidence, world.seal_key, reporting=lambda files: reports(files, now), authority=world.tsa)
    (tmp_path / "home.pem").write_bytes(world.home.certificate.pem())
    (tmp_path / "time.pem").write_bytes(world.time_root.certificate.pem())
    trust = ["--trust", tmp_path / "home.pem", "--trust", tmp_path / "time.pem", "--revocation", "ignore"]
    names = []
    entry = open_bundle(plain).files["log/6.json"]
    changed = resummed(plain, entry, entry.replace(b"delivered", b"acknowledged"))
    for name, octets in (("B", plain), ("T", stamped), ("changed", changed)):
        assert verify(octets, datetime.now(UTC)).holds == (name != "changed")
        (tmp_path / f"{name}.asice").write_bytes(octets)
        names.append(tmp_path / f"{name}.asice")
    files = open_bundle(plain).files
    (tmp_path / "note").write_bytes(files["checkpoints/7.stamp-0.json"])
    (tmp_path / "other").write_bytes(files["checkpoints/4.stamp-0.json"])
    (tmp_path / "token.tst").write_bytes(files["checkpoints/7.stamp-0.tst"])
    jobs: list[list[str | Path]] = [["verify", name, *trust] for name in names]
    jobs += [["verify", tmp_path / "token.tst", "--content", tmp_path / content, *trust] for content in ("note", "other")]
    found = dss(jobs)
    for (status, said), level in zip(found, ("B", "T"), strict=False):
        (one,) = said["signatures"]
        assert (status, said["kind"], one["indication"], one["level"]) == (
            0,
            "ASiC-E",
            "TOTAL_PASSED",
            f"XAdES-BASELINE-{level}",
        ), one
        assert sorted(said["containerFiles"]) == sorted(files)
    assert [status for status, _ in found[2:]] == [1, 0, 1]
