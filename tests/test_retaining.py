"""Periods of node.toml are read, and each mistake is told with its key."""

from datetime import timedelta

import pytest

from node.configuration import ConfigurationError
from node.home import init_home, load_home
from node.msh.retention import STANDARD, YEAR, Rule

US = {"party_id": "TW-CUSTOMS", "party_type": "urn:x", "host": "n2n.example"}


def home(folder, more):
    init_home(folder, **US)
    toml = folder / "node.toml"
    toml.write_text(toml.read_text() + more)
    return load_home(folder)


def test_the_standard_rule_holds_where_nothing_is_said(tmp_path):
    assert home(tmp_path, "").retention == STANDARD
    assert (STANDARD.sent, STANDARD.payload, STANDARD.evidence) == (timedelta(days=1), timedelta(days=30), 10 * YEAR)


def test_what_is_said_is_read_and_the_rest_stays(tmp_path):
    rule = home(tmp_path, '[retention]\npayload = "90d"\nevidence = "forever"\n').retention
    assert rule == Rule(timedelta(days=90), timedelta(days=400), None, where="node.toml retention")


def test_payloads_may_be_kept_shorter_than_wire_octets_of_which_nothing_is_said(tmp_path):
    rule = home(tmp_path, '[retention]\npayload = "0d"\n').retention
    assert (rule.payload, rule.sent) == (timedelta(), timedelta(days=1))


WRONG = [
    ('sent = "1h"', "retention.sent: must be a number and one of d, w, y, such as 30d or 10y, or forever; is '1h'"),
    ('sent = "31d"', "retention.sent: sent = 31d is longer than payload = 30d; make payload as long at least"),
    ('payload = "90"', "retention.payload: must be a number and one of d, w, y, such as 30d or 10y, or forever; is '90'"),
    ("payload = 90", "retention.payload: must be a string, is 90"),
    ('payloads = "9d"', "retention.payloads: is not known; did you mean 'payload'?"),
    ('payload = "11y"', "retention.payload: payload = 11y is longer than evidence = 10y; make evidence as long at least"),
    ('evidence = "1w"', "retention.evidence: payload = 30d is longer than evidence = 1w"),
    ('failed = "forever"', "retention.failed: failed = forever is longer than evidence = 10y"),
]


@pytest.mark.parametrize(("line", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_a_mistake_is_told_with_its_key(tmp_path, line, said):
    with pytest.raises(ConfigurationError) as told:
        home(tmp_path, f"[retention]\n{line}\n")
    assert said in str(told.value)
