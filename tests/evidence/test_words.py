"""Sentences in two languages, none of them twice."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from node.evidence.verify import verify
from node.evidence.words import BAD, GOOD, LANGUAGES, NOTES, sentence
from tests.bundles import NOW, BundleWorld

ALL = {**GOOD, **NOTES, **BAD}
SOURCES = Path(__file__).parents[2] / "node" / "evidence"


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("word", ALL)
def test_both_languages_say_the_same(word: str) -> None:
    english, chinese = ALL[word]
    assert places(english) == places(chinese)
    assert english.isascii()
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert english.endswith(".")
    assert chinese.endswith("。")
    # Punctuation is that of the language.
    assert not re.search("[\u4e00-\u9fff][,;:()]", chinese)


def test_no_sentence_stands_twice() -> None:
    said = [text for pair in ALL.values() for text in pair]
    assert len(set(said)) == len(said)
    assert len(ALL) == len(GOOD) + len(NOTES) + len(BAD)


def test_each_word_is_used_and_each_that_is_used_is_there() -> None:
    used: set[str] = set()
    steps: set[str] = set()
    for file in SOURCES.glob("*.py"):
        if file.name == "words.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z]+\.[a-z-]+", node.value):
                used.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tell":
                step = next(one.value for one in node.args if isinstance(one, ast.Constant))
                words = [
                    one
                    for arg in node.args[1:]
                    for one in ast.walk(arg)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]
                steps |= {f"receipt.{step}.{one.value}" for one in words}
    steps |= {f"receipt.{step}.{word}" for step, word in ((4, "good"), (4, "silent"), (6, "good"), (6, "bad"))}
    checks = {one.partition(".")[0] for one in ALL} - {"receipt"}
    assert {one for one in ALL if not one.startswith("receipt.")} == {
        one for one in used if one.partition(".")[0] in checks and one in ALL
    }
    assert {one for one in ALL if one.startswith("receipt.")} == steps


def test_places_are_filled_as_they_are() -> None:
    assert sentence("files.missing", {"name": "log/{x}.json"}, "en") == (
        "The file log/{x}.json is missing: the manifest lists it, and it is not here."
    )
    assert sentence("files.missing", {"name": "a"}, LANGUAGES[1]).startswith("缺少檔案 a")


def test_a_seal_by_whom_the_verifier_does_not_know_is_not_called_a_forgery() -> None:
    octets = BundleWorld().bundle()
    (told,) = [one for one in verify(octets, NOW, known=frozenset({"0" * 64})).findings if one.word == "seal.bad"]
    assert "or nobody whom you know vouches for its signer or its time." in told.says("en")
    assert "並無您所知悉者擔保" in told.says("zh-Hant")
