"""A proxy to the sandbox for generated apps, which refuses requests with undocumented names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import httpx

from support.contract import Contract, ContractBroken
from support.loopback import serving

OF_ONE_HOP = {"connection", "transfer-encoding", "host"}
OF_THE_BODY = {"content-encoding", "content-length"}
"""Headers that no longer fit, because the body was decompressed."""


Interceptor = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


def nothing(_request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
    """Pass the request on."""
    return forward()


@dataclass
class CheckingProxy:
    """The proxy's URL, the number of requests it passed, and the faults of those it refused.

    `interceptor` answers each request instead of the sandbox; its second argument forwards the request.
    `requests` are all that arrived, in order; `reached` those that were forwarded to the sandbox.
    """

    url: str
    passed: int = 0
    broken: list[str] = field(default_factory=list)
    interceptor: Interceptor = nothing
    requests: list[httpx.Request] = field(default_factory=list)
    reached: list[httpx.Request] = field(default_factory=list)

    def clear(self) -> None:
        """Remove the interceptor, and forget earlier requests."""
        self.interceptor = nothing
        self.requests.clear()
        self.reached.clear()


@contextmanager
def listening(vendor: str, base_url: str) -> Iterator[CheckingProxy]:
    """Forward requests to the sandbox's `base_url` until the block ends; undocumented ones get 418."""
    target = httpx.URL(base_url)
    contract = Contract(vendor, names_only=True)
    client = httpx.Client(timeout=60, verify=False)  # loading CA certificates takes 0.1 s

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Send an answer in one packet: the second of two would wait 40 ms for the first's acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_HOP}
            url = target.copy_with(raw_path=self.path.encode())
            request = httpx.Request(self.command, url, headers=headers, content=body or None)
            try:
                contract.check(request, target.path)
            except ContractBroken as broken:
                proxy.broken.append(f"{self.command} {self.path}: {broken}")
                self.answer(httpx.Response(418, text=str(broken)))
                return
            proxy.passed += 1
            proxy.requests.append(request)
            self.answer(proxy.interceptor(request, lambda: self.ask(request)))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on  # noqa: N815 - http.server's names

        def ask(self, request: httpx.Request) -> httpx.Response:
            proxy.reached.append(request)
            return client.send(request)

        def answer(self, response: httpx.Response) -> None:
            content = response.content
            self.send_response_only(response.status_code)
            for name, value in response.headers.items():
                if name not in OF_ONE_HOP | OF_THE_BODY:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with client, serving(Handler) as url:
        proxy = CheckingProxy(f"{url}{target.path}")
        yield proxy
