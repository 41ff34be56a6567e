"""`n2n cert forecast`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.homes import make_pair
from tests.lapsing import Lapsing


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


def test_what_is_no_certificate_is_shown_with_what_is_to_be_done(n2n: Any, tmp_path: Path) -> None:
    home = Lapsing(tmp_path, datetime.now(UTC).replace(microsecond=0), switch=60)
    home.list(0, 15)
    home.offer(0, 25)
    home.asked(0, 20, 10)
    home.first(0, 40)
    home.store.close()
    file = tmp_path / "life.ics"
    ended = n2n("--home", home.tw.folder, "cert", "forecast", "--ics", file, "--json")
    assert ended.code == 0, ended.err
    found = [(one["kind"], one["event"], one["days"]) for one in ended.document["endings"] if one["days"] < 70]
    assert found == [
        ("update", "must be answered", 9),
        ("crl", "ends", 14),
        ("update", "takes effect", 19),
        ("offer", "must be answered", 24),
        ("version", "ends", 39),
        ("switch", "takes effect", 59),
    ]
    assert all(one["remedy"] for one in ended.document["endings"])
    assert b"UID:update-kr-1-answer@tw.example\r\n" in file.read_bytes()
    lines = n2n("--home", home.tw.folder, "cert", "forecast").out.splitlines()
    assert [line for line in lines if "version 1 of the agreement with kr" in line and " ends " in line]


def test_certificates_are_shown_though_the_store_cannot_be_read(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "data").mkdir(exist_ok=True)
    (tw.folder / "data" / "node.db").write_bytes(b"no database" * 1000)
    for command in ("forecast", "list"):
        ended = n2n("--home", tw.folder, "cert", command, "--json")
        assert ended.code == 0, ended.err
        (warned,) = ended.document["warnings"]
        assert "the store cannot be read, so agreements and updates are left out" in warned
        assert "warning: the store cannot be read" in n2n("--home", tw.folder, "cert", command).out
    piped = n2n("--home", tw.folder, "cert", "forecast", "--ics", "-")
    assert (piped.out.startswith("BEGIN:VCALENDAR"), "the store cannot be read" in piped.err) == (True, True)


def test_a_home_without_a_store_is_shown_as_well(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    assert not (tw.folder / "data" / "node.db").exists()
    assert n2n("--home", tw.folder, "cert", "forecast").code == 0
    assert not (tw.folder / "data" / "node.db").exists()
