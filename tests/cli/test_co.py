"""`n2n co` has all of its commands."""


def test_every_command_is_in_the_help(n2n):
    ended = n2n("co", "--help")
    assert ended.code == 0
    assert all(f" {name} " in ended.out for name in ("list", "show", "use", "ask", "reply", "verify"))
