"""Every element, attribute and member of a foreign file has a fate, and no password is shown."""

import json
from collections import Counter
from typing import Any

import pytest
from lxml import etree

from node.foreign.account import Account, Fate, Line, gives, holds, ignored, rule_of, secret, settled
from node.foreign.formats import FORMS, Format, read_foreign
from node.foreign.items import Item
from node.foreign.we import We
from tests.foreign.conftest import US


def elements_and_attributes(octets: bytes) -> int:
    """Counted with another reader than the node's."""
    return sum(1 + len(one.attrib) for one in etree.fromstring(octets).iter(etree.Element))


def members(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(members(one) for one in below)


def test_all_of_a_file_is_accounted_for(sample: tuple[str, dict[str, bytes]]) -> None:
    name, files = sample
    found = read_foreign(files, We("", (US,)))
    assert found.format == name
    counted = sum(members(json.loads(one)) if name == "phase4" else elements_and_attributes(one) for one in files.values())
    assert len(found.account) == counted
    assert len({one.path for one in found.account}) == counted


def test_no_element_of_the_samples_is_strange(sample: tuple[str, dict[str, bytes]]) -> None:
    found = read_foreign(sample[1], We("", (US,)))
    assert [one.path for one in found.account if one.reason == "is not known in this format"] == []


def test_what_is_not_needed_unsupported_or_asked_has_a_reason(sample: tuple[str, dict[str, bytes]]) -> None:
    found = read_foreign(sample[1], We("", (US,)))
    fates = Counter(one.fate for one in found.account)
    # Certificates never lie in the JSON of phase4, so nothing there asks for them.
    assert fates[Fate.USED] and fates[Fate.IGNORED] and (fates[Fate.ASKS] or sample[0] == "phase4")
    unexplained = [one for one in found.account if one.fate in (Fate.IGNORED, Fate.ASKS) and not one.reason]
    assert unexplained == []
    assert [one for one in found.account if one.fate is Fate.UNSUPPORTED and not (one.parameter or one.reason)] == []


def test_no_password_is_ever_read(sample: tuple[str, dict[str, bytes]]) -> None:
    found = read_foreign(sample[1], We("", (US,)))
    assert any(b"never-shown" in one for one in sample[1].values())
    assert "never-shown" not in repr(found)
    assert [one for one in found.account if one.reason.startswith("a password is never imported")]


def test_what_lies_where_nobody_expects_it_is_not_shown() -> None:
    root = item("a", None, item("a/b", "hidden"), item("a/c", None, item("a/c/password", "hidden")), item("a/d", "shown"))
    lines = Account(root, {"a": holds(), "a/c": holds(), "a/c/**": ignored("theirs"), "a/d": ignored("ours")}).lines()
    assert [one.value for one in lines] == ["", "", "", "", "shown"]


@pytest.mark.parametrize("name", Format)
def test_an_element_that_nobody_knows_is_told(name: Format, sample: tuple[str, dict[str, bytes]]) -> None:
    if name != sample[0]:
        return
    files = dict(sample[1])
    last = list(files)[-1]
    if name is Format.PHASE4:
        document = json.loads(files[last])
        document[0]["Novelty"] = {"on": True}
        files[last], strange = json.dumps(document).encode(), ["Novelty", "Novelty.on"]
    else:
        root = etree.fromstring(files[last])
        etree.SubElement(root, "{urn:other}Novelty", on="true")
        files[last], strange = etree.tostring(root), ["Novelty", "Novelty/@on"]
    told = [one for one in read_foreign(files, We("", (US,))).account if one.reason == "is not known in this format"]
    assert [one.fate for one in told] == [Fate.UNSUPPORTED] * 2
    assert all(one.path.endswith(end) for one, end in zip(told, strange, strict=True))


def item(shape: str, value: Any = None, *below: Item) -> Item:
    return Item(shape.rpartition("/")[2], f"/{shape}", shape, value, list(below))


def test_what_nothing_refers_to_is_ignored() -> None:
    root = item("a", None, item("a/b", None, item("a/b/@c", "1")), item("a/d", "2"))
    account = Account(root, {"a": holds(), "a/b": holds(), "a/b/@c": gives("C"), "a/d": gives("D")})
    account.reach(root.items[1])
    assert [(one.path, one.fate) for one in account.lines()] == [
        ("/a", Fate.USED),
        ("/a/b", Fate.USED),
        ("/a/b/@c", Fate.IGNORED),
        ("/a/d", Fate.USED),
    ]


def test_a_value_that_this_node_cannot_do_is_unsupported_by_its_standard_name() -> None:
    one = item("a", "true")
    account, taken = Account(one, {"a": gives("Splitting")}), dict[str, Any]()
    account.take(taken, one, "leg.splitting", True)
    (line,) = account.lines()
    assert (line.fate, line.parameter, taken) == (Fate.UNSUPPORTED, "Splitting", {})
    assert "not supported by this node" in line.reason


def test_what_one_leg_cannot_use_stays_told() -> None:
    one = item("a", "x")
    account = Account(one, {"a": gives("A")})
    account.unsupported(one, "A", "no")
    account.used(one, "A", "x")
    assert account.lines()[0].fate is Fate.UNSUPPORTED


def test_what_equals_the_preset_is_its_default() -> None:
    used = Line("/a", Fate.USED, "A", "1", key="a", taken=1)
    assert [one.fate for one in settled([used], lambda key, value: (key, value) == ("a", 1))] == [Fate.DEFAULT]
    assert [one.fate for one in settled([used], lambda key, value: False)] == [Fate.USED]


def test_a_rule_holds_for_all_below() -> None:
    rules = {"a": holds(), "a/**": ignored("theirs"), "a/b/c": secret()}
    assert rule_of(rules, "a/b/d").reason == "theirs"
    assert rule_of(rules, "a/b/c").secret
    assert rule_of(rules, "z").reason == "is not known in this format"


def test_text_beside_elements_is_told() -> None:
    root = item("a", "loose", item("a/b"))
    assert Account(root, {"a": holds(), "a/b": holds()}).lines()[0].fate is Fate.UNSUPPORTED


@pytest.mark.parametrize("name", Format)
def test_every_rule_that_refuses_says_what(name: Format) -> None:
    for shape, rule in FORMS[name].rules.items():
        assert rule.parameter or rule.reason, shape
