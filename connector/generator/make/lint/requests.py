"""Checks that requests do not follow redirects, and that requests have a timeout."""

from collections.abc import Iterator

from connector.generator.make.lint.app import App, Json
from connector.generator.make.lint.iml import ImlError, Literal, Name, Node, Operation, pieces

NOT_FOLLOWED = ("followRedirects", "followAllRedirects")
NO_REDIRECT = Operation("<", Name("statusCode"), Literal(300))


def m041_redirects_are_refused(app: App) -> Iterator[str]:
    """Check that no request follows a redirect or accepts a redirect as a result.

    Following a redirect could send the credentials to another host.
    """
    for where, request in (("base", app.general("base")), *_requests(app)):
        for name in NOT_FOLLOWED:
            if request.get(name) is not False:
                yield f"{where} follows redirects. Set {name} to false."
    for where, request in _requests(app):
        valid = request.get("response", {}).get("valid")
        condition = valid.get("condition") if isinstance(valid, dict) else valid
        if NO_REDIRECT not in _required(str(condition)):
            yield f"{where} accepts a redirect as a result. Add statusCode < 300 to response.valid."


def m042_requests_end(app: App) -> Iterator[str]:
    """Check that the base sets a timeout, which applies to all requests."""
    if "timeout" not in app.general("base"):
        yield "base has no timeout, so a vendor that never responds blocks a scenario. Add one."


def _requests(app: App) -> Iterator[tuple[str, Json]]:
    for one in app.components("connection", "module", "rpc", "webhook"):
        for code, request in one.requests:
            yield f"{one.name} {code}", request


def _required(condition: str) -> list[Node]:
    """Return the parts of a condition that must all be true for the condition to be true.

    For example, the parts of `a && b` are `a && b`, `a` and `b`. The result is empty if the condition cannot
    be parsed.
    """
    try:
        parts = [one for one in pieces(condition) if not isinstance(one, str)]
    except ImlError:
        return []
    for node in parts:  # the list grows during the loop
        if isinstance(node, Operation) and node.operator == "&&" and node.left is not None:
            parts += [node.left, node.right]
    return parts
