import pytest

from node.customs.edifact.envelope import InterchangeRefused, is_interchange, read_interchange
from tests.customs.edifact.manifests import SAMPLE, SHORT, converted, rules, short, told, xml


def refused(octets: bytes) -> list[str]:
    with pytest.raises(InterchangeRefused) as error:
        read_interchange(octets)
    return [finding.args[0] for finding in error.value.found.findings]


def test_a_sound_envelope_says_who_writes_to_whom() -> None:
    header = read_interchange(SAMPLE).header
    assert (header.sender, header.recipient, header.reference, header.syntax) == ("JPCUS", "TWCUS", "TYO00042", "UNOC")
    assert rules(SAMPLE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("UNZ+1+TYO00042'\n", "", "UNZ is missing"),
        ("UNZ+1+TYO00042", "UNZ+1+TYO00043", "UNB has reference TYO00042, UNZ has TYO00043"),
        ("UNZ+1+", "UNZ+2+", "UNZ counts 2 messages, there are 1"),
        ("UNZ+1+", "UNZ+x+", "UNZ counts x messages, there are 1"),
        ("UNZ+1+", "UNZ+ 1+", "UNZ counts  1 messages, there are 1"),
        ("UNT+21+", "UNT+22+", "UNT counts 22 segments, there are 21"),
        ("UNT+21+M0001", "UNT+21+M0002", "UNH has reference M0001, UNT has M0002"),
        ("UNT+21+M0001'\n", "", "message M0001 has no UNT"),
        ("UNH+M0001+CUSCAR:D:95B:UN'\n", "", "BGM stands outside a message"),
        ("UNT+21", "UNH+M2+CUSCAR:D:95B:UN'UNT+21", "message M0001 has no UNT"),
        ("UNZ+1+TYO00042'", "UNZ+1+TYO00042'BGM'", "BGM stands after UNZ"),
        ("UNH+", "UNG+CUSCAR'UNH+", "UNG is not read here"),
        ("UNZ+1+TYO00042'", "UNZ+1+TYO00042", "the interchange is cut off after segment 22"),
        ("UNB+UNOC:3+JPCUS:ZZ+", "UNB+UNOC:3++", "UNB: sender 0004 is missing or malformed"),
        ("261116:0930", "26111:0930", "UNB: date 0017 is missing or malformed"),
        ("261116:0930", "261399:0930", "UNB: 261399:0930 is no date and time"),
        ("261116:0930", "261116:2530", "UNB: 261116:2530 is no date and time"),
        ("UNB+", "UNC+", "UNB is missing"),
        (SHORT[SHORT.index("UNH") : SHORT.index("UNZ")], "", "UNZ counts 1 messages, there are 0"),
    ],
)
def test_a_broken_envelope_says_what_is_broken(old: str, new: str, said: str | None) -> None:
    assert old in SHORT
    found = refused(SHORT.replace(old, new).encode())
    assert said is None or said in found
    assert set(rules(SHORT.replace(old, new).encode())) <= {"EDI-01", "EDI-02"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("UNT+21", "UNT+22", "29"),
        ("UNZ+1+TYO00042", "UNZ+1+X", "28"),
        ("UNZ+1+TYO00042'", "", "13"),
        ("UNH+", "UNG+CUSCAR'UNH+", "14"),
        ("UNZ+1+TYO00042'", "UNZ+1+TYO00042", "18"),
    ],
)
def test_a_breach_of_the_envelope_has_the_code_that_un_0085_has_for_it(old: str, new: str, code: str) -> None:
    with pytest.raises(InterchangeRefused) as error:
        read_interchange(SHORT.replace(old, new).encode())
    assert error.value.found.findings[0].args[1] == code


def test_all_that_is_wrong_is_told_at_once() -> None:
    broken = SHORT.replace("UNT+21+M0001", "UNT+9+M0002").replace("UNZ+1+TYO00042", "UNZ+7+X").encode()
    assert len(refused(broken)) == 4


@pytest.mark.parametrize("una", ["UNA:+.?", "UNA::.? '", "UNA:+x? '", "UNA:+.?:'", "UNAa+.? '", "UNA +.? '", "UNA:+.?\xe9'"])
def test_service_characters_that_cannot_be_told_apart_are_refused(una: str) -> None:
    assert refused(una.encode("latin-1") + SHORT.encode())


def test_una_may_name_other_characters_and_a_decimal_mark() -> None:
    plain = xml(short(("594'", "594.5'"), ("7:594:KGM", "7:594.5:KGM")))
    swapped = short(("594'", "594.5'"), ("7:594:KGM", "7:594.5:KGM")).decode()
    swapped = swapped.translate({ord("+"): "|", ord(":"): "^", ord("'"): "~"}).replace("594.5", "594,5")
    assert xml(b"UNA^|,\\ ~\r\n" + swapped.encode()) == plain
    assert rules(b"UNA^|.\\ ~\r\n" + swapped.encode()) == ["EDI-04", "EDI-04"]


def test_without_a_una_comma_and_point_are_both_read() -> None:
    assert xml(short(("G+KGM:594", "G+KGM:594,50"))) == xml(short(("G+KGM:594", "G+KGM:594.5")))


def test_line_ends_after_the_terminator_and_after_una_are_ignored() -> None:
    one_line = SHORT.replace("\n", "").encode()
    assert xml(one_line) == xml(SHORT.encode()) == xml(b"UNA:+.? '\r\n" + SHORT.replace("\n", "\r\n\r\n").encode())


@pytest.mark.parametrize("control", ["\n", "\t", "\x00", "\x1b", "\x7f", "\x85"])
def test_a_control_character_in_an_element_is_outside_every_set(control: str) -> None:
    ((rule, place, name),) = told(short(("Ball bearings", f"Ball{control}bearings")))
    assert (rule, place, name) == ("EDI-02", "segment[19]", "UNOC")


def test_a_control_that_is_a_service_character_is_no_data() -> None:
    text = SHORT.replace("UNOC:3", "UNOB:3").translate({ord("+"): "\x1d", ord(":"): "\x1f", ord("'"): "\x1c"})
    assert xml(b"UNA\x1f\x1d,  \x1c" + text.encode()) == xml(SHORT.encode())


@pytest.mark.parametrize(("syntax", "octets"), [("UNOA:3", "Ball"), ("UNOB:3", "Ball #4"), ("UNOY:4", "Ball \xe9")])
def test_a_character_outside_the_set_refuses_the_interchange(syntax: str, octets: str) -> None:
    found = told(short(("UNOC:3", syntax), ("Ball bearings", octets)))
    assert [one[0] for one in found] == ["EDI-02"] and found[0][1].startswith("octet[") and found[0][2] == syntax[:4]


def test_utf_8_is_read_under_unoy() -> None:
    text = SHORT.replace("UNOC:3", "UNOY:4").replace("261116:0930", "20261116:0930").replace("Ball bearings", "滾珠軸承").encode()
    assert "<Description>滾珠軸承</Description>" in xml(text)


def test_a_repeated_element_of_version_4_is_refused_and_a_released_sign_is_text() -> None:
    v4 = ("UNOC:3", "UNOC:4")
    assert rules(short(v4, ("Ball bearings", "Ball*bearings"))) == ["EDI-04"]
    assert "Ball*bearings" in xml(short(v4, ("Ball bearings", "Ball?*bearings")))
    assert "Ball*bearings" in xml(short(("Ball bearings", "Ball*bearings")))


def test_content_tells_an_interchange_from_a_document() -> None:
    assert is_interchange(SAMPLE) and is_interchange(b"UNA:+.? 'UNB") and is_interchange(b"\r\nUNB+")
    assert not is_interchange(b"<CargoReport/>") and not is_interchange(b"")


def test_one_bad_message_refuses_itself_alone() -> None:
    good = SHORT[SHORT.index("UNH") : SHORT.index("UNZ")]
    bad = good.replace("M0001", "M0002").replace("BGM+785+KSL-043W+9'\n", "").replace("UNT+21", "UNT+20")
    text = SHORT.replace(good, good + bad + good.replace("M0001", "M0003")).replace("UNZ+1", "UNZ+3")
    result = converted(text.encode())
    assert [one.octets is None for one in result.mapped] == [False, True, False]
    assert {finding.location[:7] for finding in result.verdict.findings} == {"/UNH[2]"}
    assert not result.verdict.accepted
