"""Time-stamps over HTTP, and each way in which that can fail."""

import socket

import pytest

from node.customs.seal.adding import add_timestamp
from node.customs.seal.making import seal
from node.transport.stamping import MAX_ANSWER, HttpTimestampAuthority
from tests.seals import DOCUMENT, NOW, World, judged, serving


def test_a_stamp_comes_over_http():
    world = World()
    with serving(world.tsa.stamp) as url:
        octets = add_timestamp(seal(DOCUMENT, world.key(), NOW), HttpTimestampAuthority(url))
    found = judged(octets, world.partners())
    assert found is not None
    assert found.level == "T"


@pytest.mark.parametrize("url", ["", "tsa.example", "ftp://tsa.example/", "http:///x"])
def test_another_address_is_refused(url):
    with pytest.raises(ValueError, match="no http"):
        HttpTimestampAuthority(url)


@pytest.mark.parametrize(("status", "size"), [(503, 0), (302, 0), (200, MAX_ANSWER + 1)])
def test_another_answer_is_told(status, size):
    with serving(lambda request: bytes(size), status) as url, pytest.raises(ConnectionError, match=f"HTTP {status}"):
        HttpTimestampAuthority(url).stamp(b"x")


def test_nobody_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(ConnectionError, match="authority 127"):
            HttpTimestampAuthority(url).stamp(b"x")
        with pytest.raises(ConnectionError):
            HttpTimestampAuthority(url.replace("http", "https")).stamp(b"x")
