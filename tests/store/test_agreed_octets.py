"""What was agreed is written in one form, every parameter by its name."""

import json
from dataclasses import replace

from node.store.agreed_octets import agreement_octets


def test_the_same_agreement_has_the_same_octets_and_another_has_others(a):
    pmode = a.pmode()
    assert agreement_octets(pmode) == agreement_octets(a.pmode())
    assert agreement_octets(replace(pmode, sync=2.5)) != agreement_octets(pmode)


def test_every_parameter_stands_there_and_no_number_has_a_fraction(a):
    security = replace(a.pmode().leg.security, also_allowed=frozenset({"b", "a"}))
    pmode = replace(a.pmode(), leg=replace(a.pmode().leg, security=security))
    said = json.loads(agreement_octets(pmode), parse_float=lambda text: 1 / 0)
    assert (said["partner"], said["sync"]) == ("xx", "0.0")
    assert said["leg"]["security"]["also_allowed"] == ["a", "b"]
    assert said["leg"]["limits"]["max_parts"] == 100
