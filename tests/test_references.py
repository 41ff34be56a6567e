"""`[time]` of node.toml: nobody is asked who is not named, and what cannot be meant is told."""

from datetime import timedelta

import pytest

from node.configuration import Problems, Table, parse_toml
from node.references import References, read_references


def read(text: str) -> tuple[References, list[str]]:
    problems = Problems()
    found = read_references(Table(parse_toml(text.encode()), "node.toml", problems, "time"))
    return found, [str(one) for one in problems.found]


def test_without_a_word_nobody_is_asked() -> None:
    assert read("") == (References("none"), [])


@pytest.mark.parametrize(
    ("said", "server"),
    [
        ("ntp.example", ("ntp.example", 123)),
        ("ntp.example:1123", ("ntp.example", 1123)),
        ("192.0.2.1", ("192.0.2.1", 123)),
        ("2001:db8::1", ("2001:db8::1", 123)),
        ("[2001:db8::1]", ("2001:db8::1", 123)),
        ("[2001:db8::1]:1123", ("2001:db8::1", 1123)),
    ],
)
def test_whoever_names_servers_wants_them_asked(said: str, server: tuple[str, int]) -> None:
    found, problems = read(f'servers = ["{said}"]')
    assert (found.source, found.servers, problems) == ("ntp", (server,), [])


def test_everything_may_be_said() -> None:
    found, problems = read('source = "chrony"\nevery = "5m"\nmax_age = "30m"\nmax_offset = "250ms"\n')
    assert problems == []
    assert found == References("chrony", (), timedelta(minutes=5), timedelta(minutes=30), timedelta(milliseconds=250))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('source = "ntp"', "time.servers: is required: no server is asked that is not named here"),
        ('source = "chrony"\nservers = ["a"]', "time.source: is 'chrony', and servers are named"),
        ('source = "sundial"', "time.source: must be one of none, ntp, chrony"),
        ('servers = ["a", "a:123"]', "time.servers: names 'a:123' twice"),
        ('servers = ["a b"]', "time.servers: 'a b' is no server"),
        ('servers = ["a:0"]', "time.servers: 'a:0' is no server"),
        ('servers = ["a:99999"]', "time.servers: 'a:99999' is no server"),
        ('servers = ["a:\\u0663"]', "is no server"),
        ('servers = ["[::1"]', "is no server"),
        ('servers = [":123"]', "is no server"),
        ('servers = ["ntp://a"]', "is no server"),
        (f"servers = {[f'a{n}' for n in range(11)]}", "time.servers: names 11 servers, at most 10"),
        ('every = "5s"', "time.every: must be at least 64 s"),
        ('every = "often"', "time.every: 'often' is no length of time"),
        ('every = "2h"', "time.max_age: is shorter than every"),
        ('server = ["a"]', "time.server: is not known; did you mean 'servers'?"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, problem: str) -> None:
    _, problems = read(text)
    assert any(problem in one for one in problems), problems
