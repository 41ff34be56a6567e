"""Deadlines of the ladder in an agreement."""

from datetime import timedelta

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.customs.ladder import NO_DEADLINES
from tests.homes import make_pair


def opened(tmp_path, more):
    tw, _ = make_pair(tmp_path, more=more)
    node = Node.open(tw.folder)
    node.close()
    return node.setting.agreements


def test_a_type_says_what_differs(tmp_path):
    agreements = opened(
        tmp_path, '\n[ladder]\nL1 = "1h"\nL2 = "15m"\nL5 = "90d"\n[ladder."co.certificate"]\nL2 = "5m"\nL4 = "2d"\nL5 = "never"\n'
    )
    assert agreements.deadlines("kr", "man.cargo-report").periods == {
        "L1": timedelta(hours=1),
        "L2": timedelta(minutes=15),
        "L5": timedelta(days=90),
    }
    assert agreements.deadlines("kr", "co.certificate").periods == {
        "L1": timedelta(hours=1),
        "L2": timedelta(minutes=5),
        "L4": timedelta(days=2),
    }
    assert agreements.deadlines("nobody", "co.certificate") == NO_DEADLINES


def test_without_the_table_no_step_is_waited_for(tmp_path):
    assert opened(tmp_path, "").deadlines("kr", "co.certificate") == NO_DEADLINES


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('L2 = "soon"', r"ladder.L2: 'soon' is no length of time"),
        ('L0 = "1h"', r"ladder.L0: is not known"),
        ("L2 = 15", r"ladder.L2: must be a string"),
        ('["co.certificate"]\nL9 = "1h"', r"ladder.*L9"),
    ],
)
def test_a_wrong_deadline_is_told_with_its_key(tmp_path, table, problem):
    text = table.replace('["', '[ladder."') if table.startswith("[") else table
    with pytest.raises(ConfigurationError, match=problem):
        opened(tmp_path, f"\n[ladder]\n{text}\n")
