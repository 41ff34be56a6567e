"""A trace becomes the calls of all threads in the order in which they returned."""

from tests.bars.trace import Call, calls

TRACE = """\
7 fsync(3</a>) = 0
8 fdatasync(4</b> <unfinished ...>
7 write(5</c>, "x", 1) = 1
8 <... fdatasync resumed>)        = 0
7 rename("/a", "/b") = -1 ENOENT (No such file or directory)
7 --- SIGCHLD {si_signo=SIGCHLD} ---
"""


def test_a_call_counts_when_it_has_returned_and_knows_when_it_began() -> None:
    assert list(calls(TRACE.splitlines())) == [
        Call("fsync", "3</a>", 0, 0),
        Call("write", '5</c>, "x", 1', 1, 1),
        Call("fdatasync", "4</b>", 0, 1),
        Call("rename", '"/a", "/b"', -1, 3),
    ]
