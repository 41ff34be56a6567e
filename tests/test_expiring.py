"""Certificates that end soon are told before a partner refuses them."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.expiring import Expiring
from node.setting import Setting
from tests.conftest import FixtureClock
from tests.homes import make_pair


@pytest.mark.parametrize(
    ("before", "level", "says"), [(31, None, ""), (29, logging.WARNING, "in 28 days: renew it"), (-1, logging.ERROR, "ended on")]
)
def test_what_ends_soon_is_told_with_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: int, level: int | None, says: str
) -> None:
    tw, _ = make_pair(tmp_path)
    certificates = Setting(tw.folder).certificates
    ends = {one.certificate.x509.not_valid_after_utc for one in certificates.own.values()}
    clock = FixtureClock(min(ends) - timedelta(days=before) + timedelta(hours=1))
    with caplog.at_level(logging.WARNING):
        found = Expiring(certificates, clock).sweep()
    told = [one for one in caplog.records if "certs/own/sign" in one.getMessage()]
    assert [one.levelno for one in told] == ([level] if level else [])
    assert all(says in one.getMessage() for one in told)
    assert found == len(caplog.records)
    assert datetime.now(UTC) < min(ends)
