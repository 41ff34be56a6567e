"""Saxon reads the rules of our packs as we do; where it does not, the rule and the sample are told."""

import sys
from dataclasses import replace

import pytest

from node.cli.root import run
from node.customs.checking.saxon import Saxon, SaxonMissing, is_asked, question, saxon_problems
from node.customs.packs.rule import read_rule
from node.library import open_pack, shipped_documents
from tests.documents import sample

PACKS = sorted(file.parent for file in shipped_documents().glob("n2n-*/pack.toml"))
SPACE = "urn:n2n:customs:not:1"


def notices():
    return open_pack(shipped_documents() / "n2n-not").types["not.notice"]


def rule(**said):
    table = {"id": "X-01", "severity": "F", "stage": 6, "en": "x", "zh": "x", **said}
    (one,) = read_rule(table, {"n": SPACE}, SPACE, ("Row",), "not.notice")
    return one


class Notices:
    """The type of notices with other rules."""

    tag = f"{{{SPACE}}}Notice"

    def __init__(self, *rules):
        self.rules = rules


def found(*rules):
    return list(Saxon().differences(sample("not-normal-outage").read_bytes(), Notices(*rules)))


@pytest.mark.parametrize("folder", PACKS, ids=[folder.name for folder in PACKS])
def test_both_engines_agree_about_every_sample(folder):
    assert list(saxon_problems(open_pack(folder), Saxon())) == []


def test_it_is_asked_what_needs_no_function_of_ours():
    asked = {one.text.id for folder in PACKS for kind in open_pack(folder).types.values() for one in kind.rules if is_asked(one)}
    assert {"NOT-02", "RES-02"} & asked
    assert not is_asked(rule(test="n2n:total(.) = 1"))
    assert not is_asked(rule(when="n2n:switched('x')", test="true()"))
    assert is_asked(rule(test="count(n:Subject) = 1"))


@pytest.mark.parametrize(
    "said",
    [
        {"test": "PriorityCode = 'URGENT'"},
        {"context": "Subject", "test": "@languageID = 'zh-Hant'"},
        {"context": "n:Text", "let": {"said": "string-length(.)"}, "when": "$said > 3", "test": "$said < 5"},
        {"context": "Text", "when": "../PriorityCode = ('LOW', 'NORMAL')", "test": "matches(., '^x')"},
    ],
)
def test_a_breach_is_one_to_both(said):
    one = rule(**said)
    assert found(one) == []
    # As if we read its test otherwise.
    ((difference),) = found(replace(one, test_left=rule(test="true()").test, suspects=one.context, when_left=one.when))
    assert difference == "X-01: 0 breaches, 1 by Saxon"


def test_a_rule_of_rows_is_asked_at_each_row():
    one = rule(context="Row/Part", test="Value > 1")
    assert question(one) == "count(/*/Row/(./Part)[(true() and not(Value > 1))])"


def test_what_saxon_does_not_take_is_told():
    (difference,) = found(rule(test="Subject + 1 = 2"))
    assert difference.startswith("X-01")


def test_without_the_extra_the_remedy_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "saxonche", None)
    with pytest.raises(SaxonMissing):
        Saxon()
    assert run(["pack", "check", str(shipped_documents() / "n2n-not"), "--saxon"], {}) == 2
    assert "customs-n2n-node[saxon]" in capsys.readouterr().err


def test_the_command_says_how_many_rules_were_asked(capsys):
    assert run(["pack", "check", str(shipped_documents() / "n2n-not"), "--saxon"], {}) == 0
    assert "Saxon was asked 3 rules" in capsys.readouterr().out
