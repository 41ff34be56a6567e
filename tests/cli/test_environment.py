"""Passwords come from the environment, one key's before that of all."""

from node.cli.environment import passwords


def test_the_password_of_one_key_comes_before_that_of_all() -> None:
    password = passwords({"N2N_KEY_PASSWORD": "all", "N2N_KEY_PASSWORD_SIGN_2027": "one"})
    assert (password("sign-2027"), password("tls")) == (b"one", b"all")
    assert passwords({})("tls") is None
