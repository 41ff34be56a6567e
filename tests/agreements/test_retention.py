"""A partner's periods, and those of single document types, come before the node's."""

from datetime import timedelta

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.msh.retention import STANDARD, YEAR
from tests.homes import ACTION, SERVICE, make_pair

DAY = timedelta(days=1)


def opened(tmp_path, more, node_toml=""):
    tw, _ = make_pair(tmp_path, more=more)
    toml = tw.folder / "node.toml"
    toml.write_text(toml.read_text() + node_toml)
    node = Node.open(tw.folder)
    node.close()
    return node


def rule(node, action=ACTION, partner="kr", service=SERVICE):
    return node.setting.agreements.retention(partner, service, action, node.home.retention)


def test_the_nearest_rule_holds(tmp_path):
    more = f'\n[retention]\npayload = "60d"\n[[retention.type]]\naction = "{ACTION}"\nevidence = "20y"\n'
    node = opened(tmp_path, more, '[retention]\npayload = "90d"\nfailed = "2y"\n')
    kr = rule(node)
    assert (kr.payload, kr.failed, kr.evidence) == (60 * DAY, 2 * YEAR, 20 * YEAR)
    assert kr.where == "partners/kr/agreement.toml retention.type[1]"
    other = rule(node, "co.other")
    assert (other.payload, other.evidence, other.where) == (60 * DAY, 10 * YEAR, "partners/kr/agreement.toml retention")
    stranger = rule(node, partner="nobody")
    assert (stranger.payload, stranger.where) == (90 * DAY, "node.toml retention")
    shown = node.setting.agreements.retention_rules(node.home.retention)
    assert {one.payload for one in shown} == {60 * DAY, 90 * DAY}


def test_a_type_of_one_service_holds_for_that_one(tmp_path):
    more = f'\n[[retention.type]]\nservice = "{SERVICE}"\naction = "{ACTION}"\npayload = "1d"\n'
    node = opened(tmp_path, more)
    assert rule(node).payload == DAY
    assert rule(node, service="urn:other").payload == STANDARD.payload


def test_the_window_is_that_of_the_agreement(tmp_path):
    more = '\n[leg.reception_awareness]\ndetect_duplicates_parameters = "window=500d"\n'
    node = opened(tmp_path, more)
    assert rule(node).window == 500 * DAY
    assert all(one.window <= 400 * DAY for one in node.setting.agreements.retention_rules(STANDARD))


WRONG = [
    ('[[retention.type]]\naction = "co.x"\n', "retention.type[1].action: 'co.x' is not agreed"),
    ('[[retention.type]]\npayload = "1d"\n', "retention.type[1].action: is required"),
    (f'[[retention.type]]\nservice = "urn:x"\naction = "{ACTION}"\n', "retention.type[1].service: 'urn:x' is not agreed"),
    ('[retention]\npayload = "1h"\n', "partners/kr/agreement.toml: retention.payload: must be a number"),
    ('[retention]\nevidence = "1d"\n', "retention.evidence: payload = 30d is longer than evidence = 1d"),
    ('[retention]\nkeep = "1d"\n', "retention.keep: is not known"),
]


@pytest.mark.parametrize(("more", "said"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_a_mistake_is_told_with_its_key(tmp_path, more, said):
    with pytest.raises(ConfigurationError) as told:
        opened(tmp_path, "\n" + more)
    assert said in str(told.value)
