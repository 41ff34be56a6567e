import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.edifact.segments import DEFAULTS, Segment, Separators, Splitter, Unterminated, pieces, written

NO_RELEASE = Separators(release="")
ODD = Separators("|", "~", ",", "\\", "*", "\n")


def cut(text: str, separators: Separators = DEFAULTS) -> list[str]:
    return [text[start:end] for start, end in pieces(text, 0, separators)]


def split(piece: str, separators: Separators = DEFAULTS) -> Segment:
    return Splitter(separators).split(piece, 1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A+1'B+2'", ["A+1", "B+2"]),
        ("A+1'\r\nB+2'\n\n", ["A+1", "B+2"]),
        ("A+it?'s'B'", ["A+it?'s", "B"]),
        ("A+??'B'", ["A+??", "B"]),
        ("A+???'B'C'", ["A+???'B", "C"]),
        ("''", ["", ""]),
    ],
)
def test_a_terminator_ends_a_segment_unless_it_is_released(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


@pytest.mark.parametrize("text", ["A+1", "A'B", "A?'", "A+" + "?" * 9])
def test_a_text_that_ends_before_its_segment_is_told(text: str) -> None:
    with pytest.raises(Unterminated):
        cut(text)


def test_without_a_release_character_a_question_mark_is_text() -> None:
    assert cut("A+??'B'", NO_RELEASE) == ["A+??", "B"]
    assert split("A+??+x", NO_RELEASE).elements == [["??"], ["x"]]


@pytest.mark.parametrize(
    ("piece", "elements"),
    [
        ("A+1:2+3", [["1", "2"], ["3"]]),
        ("A+1?:2?+3", [["1:2+3"]]),
        ("A+????:?x", [["??", "x"]]),
        ("A++:?'", [[""], ["", "'"]]),
    ],
)
def test_what_is_released_is_text(piece: str, elements: list[list[str]]) -> None:
    assert split(piece).elements == elements


def test_a_repeated_element_is_told_and_a_released_sign_is_text() -> None:
    repeating = Separators(repetition="*")
    assert split("A+1*2", repeating).repeats
    assert split("A+?++1*2", repeating).repeats
    assert not split("A+1?*2", repeating).repeats
    assert split("A+1*2").elements == [["1*2"]] and not split("A+1*2").repeats


def test_what_is_empty_at_an_end_is_left_out() -> None:
    assert written("A", [["1", "", ""], [""], ["", "x"], [], [""]]) == "A+1++:x'"


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=4), max_size=5),
    st.sampled_from([DEFAULTS, Separators(repetition="*"), ODD]),
)
def test_what_is_written_is_read_again(elements: list[list[str]], separators: Separators) -> None:
    text = written("FTX", elements, separators)
    ((start, end),) = pieces(text, 0, separators)
    segment = Splitter(separators).split(text[start:end], 1)

    def trimmed(values: list[list[str]]) -> list[list[str]]:
        shown = ["\0".join(value).rstrip("\0") for value in values]
        while shown and not shown[-1]:
            shown.pop()
        return [value.split("\0") for value in shown]

    assert segment.tag == "FTX" and not segment.repeats
    assert trimmed(segment.elements) == trimmed(elements)
