"""Each side sees the same sheet from its own place."""

import pytest

from node.sheets.canonical import SheetRefused
from node.sheets.terms import answered, certificates_of
from node.sheets.view import side_of, view
from tests.agreed import agreed, key, open_offer, party, terms

OWN = {side: {"sign": key(side).certificate, "encrypt": key(side, "enc").certificate} for side in "ab"}


def test_the_two_views_mirror_each_other():
    (service,) = terms()["services"]
    sheet = agreed(services=[{**service, "sender": "a"}, {**service, "value": "urn:both", "binding": "push"}])
    a, b = view(sheet, "a", "kr", OWN["a"]), view(sheet, "b", "tw", OWN["b"])
    assert [one["direction"] for one in a.tables["service"]] == ["send", "both"]
    assert [one["direction"] for one in b.tables["service"]] == ["receive", "both"]
    assert a.tables["partner"]["url"] == "https://as4.b.example/as4"
    assert b.tables["partner"]["party_ids"] == a.tables["us"]["party_ids"] == [{"value": "A-CUSTOMS", "type": "urn:x"}]
    assert (a.tables["us"]["sign"], a.tables["us"]["encrypt"]) == ("sign", "encrypt")
    assert a.parameters == b.parameters == sheet.body["profile"]["parameters"]


def test_certificates_have_names_that_no_file_can_have_and_no_other_partner():
    seen = view(agreed(), "a", "kr", OWN["a"])
    (name,) = seen.tables["certificates"]["sign"]
    assert name == f"kr/sign-{key('b').certificate.sha256[:16]}"
    assert seen.certificates[name] == key("b").certificate
    # As long as it is valid: that needs no window.
    assert seen.tables["certificates"]["window"] == []


def test_we_are_the_side_whose_keys_we_have():
    assert (side_of(agreed(), OWN["a"]), side_of(agreed(), OWN["b"]), side_of(open_offer(), OWN["a"])) == ("a", "b", "a")
    with pytest.raises(SheetRefused, match="neither side"):
        side_of(agreed(), {})
    with pytest.raises(SheetRefused, match="both sides"):
        side_of(agreed(), {"x": key("a").certificate, "y": key("b").certificate})


def test_a_key_that_we_have_not_is_told():
    with pytest.raises(SheetRefused, match=r"certificates.encrypt: certs/own has no key"):
        view(agreed(), "a", "kr", {"sign": key("a").certificate})


def test_documents_are_mirrored_with_seals_and_authorities():
    seal = key("b", "sign", "p384").certificate
    by_purpose = {
        "sign": [key("b").certificate],
        "encrypt": [key("b", "enc").certificate],
        "seal": [seal],
        "anchors": [key("a").chain[0]],
    }
    certificates = certificates_of("path", by_purpose)
    documents = {
        **party("b")["documents"],
        "authorities": ["KR-KCS"],
        "signers": {"KR-KCS": [seal.sha256]},
        "anchors": {"KR": [certificates["anchors"][0]["der"]]},
        "answers": ["L2", "L3"],
    }
    sheet = answered(open_offer(), party("b", certificates=certificates, documents=documents))
    a = view(sheet, "a", "kr", OWN["a"])
    assert (a.tables["documents"]["theirs"], a.tables["documents"]["ours"], a.tables["documents"]["answers"]) == (
        ["KR-KCS"],
        [],
        ["L2"],
    )
    assert a.tables["documents"]["signers"] == {"KR-KCS": [f"kr/seal-{seal.sha256[:16]}"]}
    assert a.tables["documents"]["anchors"] == {"KR": ["kr/anchors-KR"]}
    assert set(a.anchors) == {"kr/anchors", "kr/anchors-KR"}
    b = view(sheet, "b", "tw", {**OWN["b"], "seal": seal})
    assert (b.tables["documents"]["ours"], b.tables["documents"]["seal"]) == (["KR-KCS"], "seal")
    assert b.tables["documents"]["answers"] == ["L2", "L3"]


def test_dates_of_a_calendar_are_dates_again():
    calendar = {
        "window": [
            {"name": "x", "from": "2026-12-24T18:00:00Z", "to": "2026-12-25T18:00:00Z"},
            {"every": "sunday", "from": "22:00", "to": "23:00"},
        ]
    }
    seen = view(answered(open_offer(), party("b", calendar=calendar)), "a", "kr", OWN["a"]).tables["calendar"]["window"]
    assert seen[0]["from"].year == 2026
    assert seen[1]["from"] == "22:00"


def test_what_is_null_is_left_out():
    sheet = agreed(agreement_ref=None)
    tables = view(sheet, "a", "kr", OWN["a"]).tables
    assert "agreement_ref" not in tables
    assert "role" not in tables["us"]
    with_role = answered(open_offer(), party("b", role="urn:role"))
    assert view(with_role, "a", "kr", OWN["a"]).tables["partner"]["role"] == "urn:role"
