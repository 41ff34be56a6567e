"""One thing that was found."""

from node.evidence.finding import Check, found


def test_a_finding_tells_itself_in_both_languages() -> None:
    bad = found(Check.FILES, "files.missing", "log/1.json", name="log/1.json")
    assert (bad.fails, bad.is_note, bad.place) == (True, False, "log/1.json")
    assert bad.says() != bad.says("zh-Hant")
    assert bad.as_json() == {
        "check": "files",
        "holds": False,
        "place": "log/1.json",
        "word": "files.missing",
        "says": {"en": bad.says("en"), "zh-Hant": bad.says("zh-Hant")},
    }


def test_a_note_neither_holds_nor_fails() -> None:
    note = found(Check.TOKENS, "tokens.none", size=4)
    assert (note.fails, note.is_note, note.as_json()["holds"]) == (False, True, None)
    assert found(Check.FILES, "files.good", count=3).as_json()["holds"] is True
