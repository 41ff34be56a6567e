"""The table of parameters agrees with itself."""

import pytest

from node.agreements.parameters import PARAMETERS, why_refused


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda one: one.key)
def test_a_default_is_a_value_that_may_be_written(parameter):
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    assert default is None or why_refused(parameter, default) is None or default == ""


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda one: one.key)
def test_a_value_of_another_kind_is_refused(parameter):
    values = {str: "x", bool: True, int: 7, float: 7.5, list: []}
    for kind, value in values.items():
        fits = kind is parameter.kind or (kind is int and parameter.kind is float)
        assert fits or why_refused(parameter, value) is not None, value


def test_standard_names_are_unique():
    assert len({one.standard for one in PARAMETERS.values()}) == len(PARAMETERS)


def test_what_is_known_and_cannot_be_done_is_refused_by_its_standard_name():
    assert why_refused(PARAMETERS["leg.security.username_token.username"], "x") == (
        "Security.UsernameToken.username is not supported by this node"
    )
