"""Fetching from addresses that strangers chose: what is called, what is not, and what an answer may cost."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import pytest

from node.msh.ports import TransportError
from node.transport.public import Forbidden, PublicFetch, Stopping


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Host"]))
        status, octets = {"/list": (200, b"list"), "/moved": (302, b""), "/long": (200, b"x" * 5000)}.get(
            self.path.partition("?")[0], (404, b"")
        )
        self.send_response(status)
        self.send_header("Location", "/list")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        octets = self.headers["Content-Type"].encode() + b" " + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def address(server):
    server.asked.clear()
    return f"http://127.0.0.1:{server.server_port}"


def test_a_file_is_fetched_and_a_question_is_posted(address, loop):
    fetch = PublicFetch(loop, allow_private=True)
    assert fetch(f"{address}/list") == b"list"
    assert fetch(f"{address}/", b"question", "application/ocsp-request") == b"application/ocsp-request question"


def test_a_name_is_asked_under_itself(server, address):
    named = f"localhost:{server.server_port}"
    assert PublicFetch(allow_private=True)(f"http://{named}/list?c=%3Ad") == b"list"
    assert server.asked == [("/list?c=%3Ad", named)]


@pytest.mark.parametrize(
    ("path", "said"), [("/none", "status 404"), ("/moved", "status 302"), ("/long", "more than 4096 octets")]
)
def test_what_is_no_answer_or_too_long_is_told_and_nobody_is_asked_twice(server, address, loop, path, said):
    with pytest.raises(TransportError, match=said):
        PublicFetch(loop, allow_private=True, most=4096)(f"{address}{path}")
    assert [asked for asked, _ in server.asked] == [path]


def test_nobody_there_is_told(loop):
    with pytest.raises(TransportError, match="nothing listens there"):
        PublicFetch(loop, allow_private=True)("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest",
        "http://[::ffff:127.0.0.1]/", "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://0/", "http://100.64.0.1/", "http://[fe80::1%25eth0]/",
        "file:///etc/passwd", "ftp://a.org/", "http://user:word@a.org/", "http:///x", "http://[x/", "x",
    ],
)  # fmt: skip
def test_an_address_inside_of_our_network_is_never_called(loop, url):
    with pytest.raises(Forbidden):
        PublicFetch(loop)(url)


@pytest.mark.parametrize(
    "host", ["\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "①②⑦.⓪.⓪.①", "1\uff127.1", "%31%32%37.0.0.1", "127.0.0.1."]
)
def test_an_inner_address_in_other_signs_is_not_called(loop, server, address, host):
    # The client makes plain digits of them, and calls an address without asking for its name.
    with pytest.raises(TransportError):
        PublicFetch(loop)(address.replace("127.0.0.1", host))
    assert server.asked == []


def test_a_name_that_stands_for_an_inner_address_is_not_called(loop, server):
    async def rebound(*_):
        port = server.server_port
        return [{"hostname": "a.org", "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    with (
        patch("node.transport.public.ThreadedResolver.resolve", rebound),
        pytest.raises(Forbidden, match=r"a\.org stands for 127\.0\.0\.1"),
    ):
        PublicFetch(loop)("http://a.org/list")


def test_one_address_inside_is_enough_to_refuse_a_name(loop):
    async def both(*_):
        return [
            {"hostname": "a.org", "host": one, "port": 80, "family": 2, "proto": 0, "flags": 0} for one in ("8.8.8.8", "10.0.0.1")
        ]

    said = r"a\.org stands for 10\.0\.0\.1, which is no public address; where that is meant, x\.toml says it"
    with patch("node.transport.public.ThreadedResolver.resolve", both), pytest.raises(Forbidden, match=said):
        PublicFetch(allowed_by="x.toml says it")("http://a.org/")


def test_a_port_that_is_none_is_told():
    with pytest.raises(TransportError):
        PublicFetch(allow_private=True)("http://a.org:99999/")


def test_what_is_under_way_ends_with_the_node(loop):
    silent = ThreadingHTTPServer(("127.0.0.1", 0), type("Silent", (Answer,), {"do_GET": lambda _self: ended.wait(20)}))
    ended = threading.Event()
    threading.Thread(target=silent.serve_forever, daemon=True).start()
    fetch = PublicFetch(loop, allow_private=True)
    threading.Timer(0.3, fetch.stop).start()
    with pytest.raises(Stopping):
        fetch(f"http://127.0.0.1:{silent.server_port}/")
    with pytest.raises(Stopping):
        fetch(f"http://127.0.0.1:{silent.server_port}/")
    ended.set()
    silent.shutdown()
    silent.server_close()
