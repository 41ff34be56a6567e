"""`n2n co show` and `list` over the story of the page on following a certificate."""

import json
from datetime import UTC, datetime

import pytest

from node.cli.root import run
from tests.registered import home_with_story

NUMBER = "013-26-0771339"


@pytest.fixture
def n2n(tmp_path, capsys):
    home = home_with_story(tmp_path)

    def call(*words, code=0):
        assert run(["--home", str(home.folder), *words], {}) == code
        told = capsys.readouterr()
        return told.out if code == 0 else told.err

    return call


def test_a_certificate_is_told_whole_as_json(n2n):
    (told,) = json.loads(n2n("co", "show", NUMBER, "--as-of", "2026-11-30", "--json"))["certificates"]
    assert {name: one["state"] for name, one in told["lives"].items()} == {
        "issue": "ISSUED",
        "use": "PARTLY-USED",
        "verification": "ASKED",
    }
    assert told["items"][0]["quantities"] == [{"unit": "KGM", "certified": "9000", "used": "5000", "remaining": "4000"}]
    assert told["before"] == [{"relation": "RPL", "number": "013-26-0771204", "issuer": "KR-CCI-01", "on_file": True}]
    assert told["verifications"][0]["overdue"] is False
    assert [one["type"] for one in told["messages"]] == ["co.certificate", "co.utilisation", "co.verification-request"]


def test_it_is_told_in_chinese(n2n):
    told = n2n("co", "show", NUMBER, "--as-of", "2027-03-01", "--lang", "zh-Hant")
    for said in ("已簽發", "部分使用", "查證中", "逾期未覆", "剩餘 4000 KGM", "取代 013-26-0771204"):
        assert said in told, told


def test_it_is_told_as_it_was(n2n):
    told = n2n("co", "show", "013-26-0771204", "--as-of", "2026-11-20T12:01:00Z")
    assert "ISSUED  issued" in told
    assert "replaced by" not in told
    told = n2n("co", "show", "013-26-0771204", "--as-of", "2026-11-20T12:06:00Z")
    assert "REPLACED  replaced" in told
    assert "replaced by 013-26-0771339" in told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "x"), 7, "none is on file"),
        (("show", NUMBER, "--issuer", "KR-CCI-02"), 7, "none is on file"),
        (("show", NUMBER, "--as-of", "then"), 2, "'then' is no time"),
        (("show", NUMBER, "--lang", "fr"), 2, "en or zh-Hant"),
        (("list", "--state", "GONE"), 2, "states: AMENDED, ASKED"),
    ],
)
def test_what_cannot_be_told_says_why(n2n, words, code, said):
    assert said in n2n("co", *words, code=code)


def test_certificates_are_listed_by_state_and_partner(n2n):
    def numbers(*words):
        return [one["number"] for one in json.loads(n2n("co", "list", "--json", *words))["certificates"]]

    assert numbers() == [NUMBER, "013-26-0771204"]
    assert numbers("--state", "PARTLY-USED") == [NUMBER]
    assert numbers("--state", "REPLACED") == ["013-26-0771204"]
    assert numbers("--state", "CANCELLED") == numbers("--partner", "nobody") == []
    assert numbers("--partner", "kr", "--limit", "1") == [NUMBER]
    assert "已換發" in n2n("co", "list", "--lang", "zh-Hant")


def test_what_has_expired_meanwhile_is_listed_as_expired(n2n, monkeypatch):
    def states(*words):
        return [(one["number"], one["issue"]) for one in json.loads(n2n("co", "list", "--json", *words))["certificates"]]

    class Later:
        def now(self):
            return datetime(2028, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("node.app.SystemClock", Later)
    assert states() == [(NUMBER, "EXPIRED"), ("013-26-0771204", "REPLACED")]
    assert states("--state", "EXPIRED") == [(NUMBER, "EXPIRED")]
    assert states("--state", "ISSUED") == []
