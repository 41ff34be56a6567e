"""Passwords come from the environment, one key's before that of all."""

import pytest

from node.cli.environment import arm_failpoint, passwords
from node.cli.problems import CommandFailed


def test_the_password_of_one_key_comes_before_that_of_all() -> None:
    password = passwords({"N2N_KEY_PASSWORD": "all", "N2N_KEY_PASSWORD_SIGN_2027": "one"})
    assert (password("sign-2027"), password("tls")) == (b"one", b"all")
    assert passwords({})("tls") is None


def test_the_password_of_a_username_token_is_never_that_of_a_key() -> None:
    password = passwords({"N2N_KEY_PASSWORD": "all", "N2N_KEY_PASSWORD_KR": "one", "N2N_PULL_PASSWORD_KR_PULL": "word"})
    assert password("pull/kr-pull") == b"word"
    assert password("pull/kr") is None
    assert password("other/kr") is None


def test_a_fail_point_is_armed_by_its_name_and_an_unknown_one_is_refused() -> None:
    from node import failpoints

    try:
        assert arm_failpoint({}) is None
        assert not failpoints.armed()
        assert arm_failpoint({"N2N_FAILPOINT": "in.15.after_commit"}) == "in.15.after_commit"
        assert failpoints.armed()
        with pytest.raises(CommandFailed, match=r"did you mean 'in\.15\.after_commit'"):
            arm_failpoint({"N2N_FAILPOINT": "in.15.after_comit"})
    finally:
        failpoints.arm(None)
