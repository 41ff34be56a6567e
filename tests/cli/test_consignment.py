"""`n2n consignment show`."""

import json

import pytest

from node.cli.root import run
from tests.registered import home_with_story


@pytest.fixture
def n2n(tmp_path, capsys):
    home = home_with_story(tmp_path)

    def call(*words, code=0):
        assert run(["--home", str(home.folder), "consignment", "show", *words], {}) == code
        told = capsys.readouterr()
        return told.out if code == 0 else told.err

    return call


def test_a_consignment_is_told_in_order(n2n):
    told = json.loads(n2n("6JPKSL26-00007", "--json"))
    assert (told["kinds"], told["also_named"], told["more"]) == (
        ["ucr"],
        [{"kind": "transport-document", "value": "KSL26000007"}],
        False,
    )
    assert [(one["kind"], one.get("after"), one["type"]) for one in told["timeline"]] == [
        ("document", None, "man.cargo-report"),
        ("state", "ON-FILE", "man.cargo-report"),
        ("document", None, "man.arrival"),
        ("state", "ARRIVED", "man.arrival"),
    ]


def test_people_read_it_in_both_languages(n2n):
    assert "2026-11-20T12:05:00.000Z    013-26-0771204 issue: ISSUED -> REPLACED  replaced\n" in n2n("BD15AH1234")
    told = n2n("BD15AH1234", "--lang", "zh-Hant")
    assert "簽發狀態: ISSUED -> REPLACED  已換發" in told
    assert "發出      產證使用通報 013-26-0771339 版本 1  TW-CUSTOMS -> KR-KCS  接受  #3" in told


def test_nothing_is_told_as_nothing(n2n):
    assert "nothing is on file about it" in n2n("x", code=7)
