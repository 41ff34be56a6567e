"""The words of pages for officers."""

import pytest

from node.cli.language import _WORDS, chosen, word
from node.cli.problems import CommandFailed


def test_every_word_is_there_in_both_languages():
    assert [name for name, said in _WORDS.items() if not all(said)] == []
    assert (word("used", 0), word("used", 1), word("no such", 1)) == ("used", "已使用", "no such")


def test_a_language_that_is_not_spoken_is_refused():
    assert (chosen("en"), chosen("zh-Hant")) == (0, 1)
    with pytest.raises(CommandFailed, match="no language"):
        chosen("fr")
