"""Time-stamps over HTTP, and each way in which that can fail."""

import socket

import pytest

from node.customs.seal.adding import add_timestamp
from node.customs.seal.making import seal
from node.evidence.authorities import NotAsked
from node.transport.public import PublicFetch
from node.transport.stamping import MAX_ANSWER, HttpTimestampAuthority, named_by_hand
from tests.seals import DOCUMENT, NOW, World, judged, serving


def test_a_stamp_comes_over_http():
    world = World()
    with serving(world.tsa.stamp) as url:
        octets = add_timestamp(seal(DOCUMENT, world.key(), NOW), named_by_hand(url))
    found = judged(octets, world.partners())
    assert found is not None
    assert found.level == "T"


@pytest.mark.parametrize("url", ["", "tsa.example", "ftp://tsa.example/", "http:///x"])
def test_another_address_is_refused(url):
    with pytest.raises(ValueError, match="no http"):
        named_by_hand(url)


@pytest.mark.parametrize(
    ("status", "size", "said"),
    [(503, 0, "HTTP status 503"), (302, 0, "HTTP status 302"), (200, MAX_ANSWER + 1, f"more than {MAX_ANSWER} octets")],
)
def test_another_answer_is_told(status, size, said):
    with serving(lambda request: bytes(size), status) as url, pytest.raises(ConnectionError, match=said):
        named_by_hand(url).stamp(b"x")


def test_nobody_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(ConnectionError, match="127"):
            named_by_hand(url).stamp(b"x")
        with pytest.raises(ConnectionError):
            named_by_hand(url.replace("http", "https")).stamp(b"x")


def test_nobody_is_asked_once_the_node_stops():
    fetch = PublicFetch(allow_private=True)
    fetch.stop()
    with pytest.raises(NotAsked, match="the node is stopping"):
        HttpTimestampAuthority("http://127.0.0.1:1/", fetch).stamp(b"x")
