"""`n2n cert forecast`."""

from pathlib import Path
from typing import Any

from tests.homes import make_pair


def test_what_ends_is_shown_and_written_for_a_calendar(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    file = tmp_path / "certificates.ics"
    ended = n2n("--home", tw.folder, "cert", "forecast", "--ics", file, "--json")
    assert ended.code == 0, ended.err
    rows = ended.document["endings"]
    assert {one["place"] for one in rows} >= {"certs/own/sign", "certs/partners/kr-tls", "certs/trust/ca"}
    assert all(one["days"] == 29 and one["alarm"] == 30 for one in rows)
    octets = file.read_bytes()
    assert octets.count(b"BEGIN:VEVENT") == len(rows)
    assert b"UID:own-sign@tw.example\r\n" in octets
    assert "DAYS LEFT" in n2n("--home", tw.folder, "cert", "forecast").out
    assert n2n("--home", tw.folder, "cert", "forecast", "--ics", "-").out.startswith("BEGIN:VCALENDAR")
