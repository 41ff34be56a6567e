"""`n2n manifest show`."""

import json

import pytest

from node.app import Node
from node.cli.root import run
from tests.registered import home_with_story

NUMBER = "JPTYO-KSL-2026-1118"


@pytest.fixture
def home(tmp_path):
    return home_with_story(tmp_path)


@pytest.fixture
def n2n(home, capsys):
    def call(*words, code=0):
        assert run(["--home", str(home.folder), "manifest", "show", *words], {}) == code
        told = capsys.readouterr()
        return told.out if code == 0 else told.err

    return call


def test_what_differs_is_shown_and_the_rest_on_demand(n2n):
    told = n2n(NUMBER)
    assert "20 consignments, 1 differ\n" in told
    assert told.endswith("short  KSL26000007  6JPKSL26-00007  160       3\n")
    assert "landed in full  KSL26000001" in n2n(NUMBER, "--all")
    (found,) = json.loads(n2n(NUMBER, "--json"))["manifests"]
    assert (found["state"], len(found["consignments"])) == ("ARRIVED", 20)
    assert [one for one in found["consignments"] if one["differs"]] == [
        {
            "document": "KSL26000007",
            "ucr": "6JPKSL26-00007",
            "landing": "SHORT",
            "reported": 160,
            "found": 3,
            "differs": True,
        }
    ]
    assert "短卸  KSL26000007" in n2n(NUMBER, "--lang", "zh-Hant")


def test_a_manifest_that_is_not_there_or_whose_octets_are_gone_says_so(n2n, home):
    assert "none is on file" in n2n("x", code=7)
    node = Node.open(home.folder)
    node.documents.forget_octets(5)
    node.close()
    assert "the octets of document 5 are not kept" in n2n(NUMBER, code=7)
