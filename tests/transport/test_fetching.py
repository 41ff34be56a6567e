"""Small files by GET, never from our own network unless it is allowed."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from node.transport.fetching import Fetcher, NotFetched


@contextmanager
def server(status=200, body=b"list", headers=()):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers["Host"]))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    seen = []
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{made.server_port}", seen
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


INSIDE = Fetcher(allow_private=True, seconds=5)


def test_an_answer_is_fetched_under_the_name_that_was_asked():
    with server() as (url, seen):
        assert INSIDE.get(f"{url}/a/b?c=d") == b"list"
    assert seen[0][0] == "/a/b?c=d"
    assert seen[0][1].startswith("localhost:")


@pytest.mark.parametrize(
    ("status", "body", "headers", "told"),
    [
        (404, b"", (), "HTTP 404"),
        (302, b"", (("Location", "http://localhost/"),), "HTTP 302"),
        (200, b"x" * 101, (), "more than 100 octets"),
    ],
)
def test_any_other_answer_is_told(status, body, headers, told):
    with server(status, body, headers) as (url, seen), pytest.raises(NotFetched, match=f"localhost/x: {told}"):
        INSIDE.get(f"{url}/x", most=100)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"]
)
def test_our_own_network_is_not_asked(host):
    with server() as (url, seen), pytest.raises(NotFetched, match="is no address of the open network"):
        Fetcher().get(f"http://{host}:{url.rpartition(':')[2]}/x")
    assert seen == []


def test_one_address_inside_is_enough_to_refuse(monkeypatch):
    found = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotFetched, match=r"10\.0\.0\.1 is no address"):
        Fetcher().get("http://example.org/")


@pytest.mark.parametrize(
    "url", ["ftp://a/", "file:///etc/passwd", "http:///x", "http://u:p@a/", "x", "http://a:99999/", "http://[/"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(NotFetched):
        INSIDE.get(url)


def test_nobody_there_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotFetched, match=r"127\.0\.0\.1/"):
        INSIDE.get(f"http://127.0.0.1:{port}/")
