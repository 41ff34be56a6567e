"""An authority for time over HTTP."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

from node.evidence.notes import make_note, stamp
from node.transport.stamp_server import MOST, stamping
from node.transport.stamping import named_by_hand
from tests.seals import World


def test_it_stamps_what_is_asked_over_http() -> None:
    world = World()
    with stamping(world.tsa) as url:
        assert stamp(make_note(b"checkpoint", b"signature"), named_by_hand(url))


def test_what_is_no_query_is_refused() -> None:
    with stamping(World().tsa) as url:
        for kind, length in (("text/plain", 3), ("application/timestamp-query", MOST + 1), ("application/timestamp-query", -1)):
            connection = HTTPConnection(urlsplit(url).netloc)
            connection.request("POST", "/", headers={"Content-Type": kind, "Content-Length": str(length)})
            assert connection.getresponse().status == 400
            connection.close()
