"""`n2n co use|ask|reply|verify`: what the words mean; what they bring about is told in tests/exchanges/test_origin.py."""

import pytest

from node.cli.co_send import _answer, _quantity, _question
from node.cli.problems import CommandFailed
from node.customs.making.origin import Answer, Quantity, Question
from tests.customs_pair import make_customs_pair
from tests.registered import home_with_story


@pytest.mark.parametrize(
    ("read", "said", "meant"),
    [
        (_quantity, "1=12.5:NAR", Quantity(1, "12.5", "NAR")),
        (_quantity, "20=3:KGM", Quantity(20, "3", "KGM")),
        (_question, "AUTHENTIC", Question("AUTHENTIC")),
        (_question, "CRITERION@2", Question("CRITERION", 2)),
        (_question, "OTHER=Which mill?", Question("OTHER", None, "Which mill?")),
        (_answer, "1=Y", Answer(1, "Y")),
        (_answer, "2=NA:no mill", Answer(2, "NA", "no mill")),
    ],
)
def test_words_mean_what_they_say(read, said, meant):
    assert read(said) == meant


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (_quantity, "1"),
        (_quantity, "1=x:NAR"),
        (_quantity, "1=2"),
        (_quantity, "=2:NAR"),
        (_question, "@1"),
        (_question, "A@b"),
        (_answer, "Y"),
        (_answer, "1=MAYBE"),
    ],
)
def test_other_words_are_refused_with_an_example(read, said):
    with pytest.raises(CommandFailed) as error:
        read(said)
    assert error.value.told[0].remedy


@pytest.fixture
def home(tmp_path):
    return make_customs_pair(tmp_path)[0].folder


@pytest.mark.parametrize(
    "words",
    [
        ("use", "X", "--declaration", "D1"),
        ("ask", "X", "--due", "2027-01-01", "--question", "AUTHENTIC"),
        ("reply", "X", "--outcome", "CONFIRMED", "--answer", "1=Y"),
        ("verify", "X"),
    ],
)
def test_what_is_not_on_file_is_told(n2n, home, words):
    ended = n2n("--home", home, "co", *words)
    assert ended.code == 2
    assert "is on file" in ended.err


def test_nothing_is_asked_while_nobody_serves(n2n, tmp_path):
    home = home_with_story(tmp_path).folder
    ended = n2n("--home", home, "co", "verify", "013-26-0771339")
    assert (ended.code, "nobody serves this home" in ended.err) == (4, True)
    assert "co.query" not in n2n("--home", home, "message", "list").out


def test_a_day_that_is_none_is_told(n2n, home):
    ended = n2n("--home", home, "co", "ask", "X", "--due", "soon", "--question", "AUTHENTIC")
    assert (ended.code, "--due: 'soon' is no date" in ended.err) == (2, True)
