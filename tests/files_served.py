"""A web server over a table of files, for tests that fetch."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def files_served(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """The address of the server, and the paths that were asked for; a path that is not in the table is a 404."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            octets = files.get(self.path)
            self.send_response(404 if octets is None else 200)
            self.end_headers()
            self.wfile.write(octets or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
