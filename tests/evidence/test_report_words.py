"""The words of the report."""

import re
from itertools import chain
from pathlib import Path
from string import Formatter

from node.evidence import story
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.evidence.report_words import CHECKS, KINDS, LABELS, OUTCOMES, label

PAIRS = [*LABELS.values(), *KINDS.values(), *CHECKS.values(), *chain.from_iterable(OUTCOMES.values())]


def test_both_languages_are_there() -> None:
    for english, chinese in PAIRS:
        assert english.isascii()
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert not re.search("[\u4e00-\u9fff][,;:()]", chinese)
        places = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (english, chinese)]
        # That nothing needs to be done is the same for every partner.
        assert places[0] == places[1]


def test_no_word_stands_twice() -> None:
    sentences = [one for pair in OUTCOMES.values() for one in pair]
    assert len(set(sentences)) == len(sentences)
    assert {chinese for _, chinese in PAIRS if len(chinese) > 12}.__len__() == len(
        [1 for _, chinese in PAIRS if len(chinese) > 12]
    )


def test_every_kind_check_and_outcome_has_its_words() -> None:
    assert set(KINDS) == {one.value for one in Kind}
    assert set(CHECKS) == {one.value for one in Check}
    outcomes = {
        story.DELIVERED,
        story.DOUBTFUL,
        story.WAITING,
        story.RECEIVED,
        story.REFUSED,
        story.UNSOUND,
        story.TOLD,
        story.RECORDED,
    }
    assert set(OUTCOMES) == outcomes


def test_each_label_is_used() -> None:
    source = "".join((Path(story.__file__).parent / name).read_text() for name in ("report.py", "report_pdf.py"))
    assert [
        name for name in LABELS if f'"{name}"' not in source and f"'{name}'" not in source and name not in ("in", "out")
    ] == []
    assert label("in", 1) == LABELS["in"][1]
