"""What a check needs about one exchange: the operation, the answer, and what the sandbox did."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from contract.sandbox.documents import Document, Operation
from contract.sandbox.served import Served
from contract.sandbox.watched import CASE_ID, Seen, Watched
from schemathesis import Case, Response


@dataclass(frozen=True)
class Exchange:
    """A request of Schemathesis and its answer.

    `operation` is None if the request used a method that its path does not have.
    """

    watched: Watched
    operation: Operation | None
    case: Case[Any]
    response: Response
    seen: Seen

    @property
    def served(self) -> Served:
        """The API that was called."""
        return self.watched.served

    @property
    def document(self) -> Document:
        """The document of the API that was called."""
        return self.served.document

    @property
    def body(self) -> Any:
        """The body of the answer, parsed as JSON; None if it is not JSON."""
        if "application/json" not in self.header("content-type"):
            return None
        return orjson.loads(self.response.content)

    @property
    def path(self) -> dict[str, str]:
        """The path parameters, as they were sent."""
        assert self.operation is not None
        sent = urlsplit(str(self.response.request.url)).path.split("/")
        template = self.operation.path.split("/")
        pairs = zip(template, sent[-len(template) :], strict=True)
        return {part[1:-1]: unquote(text) for part, text in pairs if part.startswith("{")}

    @property
    def ok(self) -> bool:
        """True if the answer is a success."""
        return 200 <= self.response.status_code < 300

    def header(self, name: str) -> str:
        """Return a header of the answer; "" if it is missing."""
        return str(self.response.headers.get(name, [""])[0])


def exchange(case: Case[Any], response: Response) -> Exchange | None:
    """Return the exchange, or None if the answer is not that of a watched sandbox."""
    watched = case.operation.schema.app
    if not isinstance(watched, Watched):
        return None
    seen = watched.seen.get(str(response.request.headers.get(CASE_ID, "")))
    assert seen is not None, "The request did not reach the watched sandbox."
    described = watched.served.document.at(str(response.request.method), case.operation.path)
    return Exchange(watched, described, case, response, seen)
