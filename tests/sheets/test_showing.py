"""A sheet as people read it."""

from node.sheets.fingerprint import grouped
from node.sheets.showing import LANGUAGES, WORDS, document, lines, text_lines, word
from node.sheets.signing import SignedSheet
from node.sheets.weakened import Weakness
from tests.agreed import after, agreed, key, open_offer, party, signed

WEAK = [Weakness("leg.security.x509.sign", True, False)]


def test_every_word_is_there_in_both_languages():
    assert [key_ for key_, (en, zh) in WORDS.items() if not en.isascii() or zh == en] == []
    assert (word("version", "en"), word("version", "zh"), word("x", "en")) == ("Version", "版本", "x")
    assert LANGUAGES == ("en", "zh")


def test_the_text_says_who_signed_and_with_which_fingerprints():
    text = "\n".join(text_lines(signed(agreed()), ()))
    assert grouped(key("a").certificate.sha256) in text
    assert "Party A (offered): signed 2026-11-28T12:00:00Z" in text
    assert "urn:co: co.certificate (both send)" in text
    assert "Speaks for" not in text


def test_what_is_weaker_is_marked_with_its_reason_or_the_lack_of_one():
    sheet = agreed(weakened=[{"parameter": "leg.security.x509.sign", "reason": "their product cannot"}])
    assert "!! WEAKER than the profile: leg.security.x509.sign: true → false (reason: their product cannot)" in "\n".join(
        text_lines(signed(sheet), WEAK)
    )
    assert "no reason is given" in "\n".join(text_lines(signed(agreed()), WEAK))
    assert not any(one.bad for one in lines(signed(agreed()), ()))


def test_an_open_offer_says_what_is_missing():
    said = [f"{one.word}: {one.value}" for one in lines(SignedSheet(open_offer()), (), "zh")]
    assert "尚未填寫: " in said
    assert "乙方（接受）: 未簽章" in said


def test_the_version_before_calendars_deadlines_and_authorities_are_shown():
    first = agreed()
    documents = {**party("a")["documents"], "authorities": ["TW-CUSTOMS"]}
    a = party("a", calendar={"time_zone": "Asia/Taipei"}, documents=documents)
    second = after(first, ladder={"L1": "15m"}, parties={"a": a, "b": first.party("b")})
    text = "\n".join(text_lines(SignedSheet(second), ()))
    for wanted in (grouped(first.digest), "TW-CUSTOMS", "Asia/Taipei", '{"L1": "15m"}'):
        assert wanted in text


def test_the_document_for_programs():
    made = document(signed(agreed()), WEAK)
    assert (made["digest"], made["signed_by"], made["complete"]) == (agreed().digest, ["a", "b"], True)
    assert made["weaker"][0]["parameter"] == "leg.security.x509.sign"
