"""A time-stamp authority on this machine over HTTP, for demos and tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

from node.customs.seal.ports import TimestampAuthority

#: No request is larger.
MOST: Final = 1 << 16
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"


@contextmanager
def stamping(authority: TimestampAuthority, port: int = 0) -> Iterator[str]:
    """Its address for as long as it is up; port 0 takes a free one. Raises OSError. Source: RFC 3161 3.4."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _answering(authority))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _answering(authority: TimestampAuthority) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.headers.get("Content-Type") != _QUERY or not length.isdecimal() or int(length) > MOST:
                self.send_error(400, f"a {_QUERY} of at most {MOST} octets is wanted")
                return
            body = authority.stamp(self.rfile.read(int(length)))
            self.send_response(200)
            self.send_header("Content-Type", _REPLY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    return Answer
