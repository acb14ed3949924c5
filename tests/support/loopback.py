"""A small HTTP server on loopback, for webhook receivers, fake vendors and proxies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STOP_WITHIN = 0.02  # seconds; the library's default of 0.5 s would be a tenth of a test's duration


class Server(ThreadingHTTPServer):
    """A server that accepts many connections at once; the library's default drops all but five."""

    request_queue_size = 256
    daemon_threads = True


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port until the block ends; yield the URL, without a trailing slash."""
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(STOP_WITHIN,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
