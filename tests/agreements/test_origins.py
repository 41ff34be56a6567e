"""Lines of keys, as people look for them."""

from node.agreements.origins import Origin, key_lines

TEXT = '''\
a = 1
b.c = 2   # x = 9

[t]
d = """
e = 5
"""
f=3
[t.u]
g = [
  "h = 1",
]
[[s]]
i = 1
[[s]]
i = 2
'''


def test_each_key_has_its_line():
    assert key_lines(TEXT) == {
        "a": 1,
        "b.c": 2,
        "t": 4,
        "t.d": 5,
        "t.f": 8,
        "t.u": 9,
        "t.u.g": 10,
        "s[1]": 13,
        "s[1].i": 14,
        "s[2]": 15,
        "s[2].i": 16,
    }


def test_an_origin_tells_line_or_key():
    assert [str(one) for one in (Origin("f", "k", 3), Origin("f", "k"), Origin())] == ["f:3", "f (k)", "default of this node"]
