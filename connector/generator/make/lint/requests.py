"""Checks of how requests are sent: none is redirected, and each ends."""

from collections.abc import Iterator

from connector.generator.make.lint.app import App, Json
from connector.generator.make.lint.iml import ImlError, Literal, Name, Node, Operation, pieces

NOT_FOLLOWED = ("followRedirects", "followAllRedirects")
NO_REDIRECT = Operation("<", Name("statusCode"), Literal(300))


def m041_redirects_are_refused(app: App) -> Iterator[str]:
    """Nothing follows a redirect, and none is taken for a result: the login would go along to any host."""
    for where, request in (("base", app.general("base")), *_requests(app)):
        for name in NOT_FOLLOWED:
            if request.get(name) is not False:
                yield f"{where} does not say {name}: false."
    for where, request in _requests(app):
        valid = request.get("response", {}).get("valid")
        condition = valid.get("condition") if isinstance(valid, dict) else valid
        if NO_REDIRECT not in _required(str(condition)):
            yield f"{where} takes a redirect for a result: its response.valid has no statusCode < 300."


def m042_requests_end(app: App) -> Iterator[str]:
    """The base bounds each request in time; nothing else can."""
    if "timeout" not in app.general("base"):
        yield "base has no timeout: a vendor that never answers holds a scenario for as long as Make allows."


def _requests(app: App) -> Iterator[tuple[str, Json]]:
    for one in app.components("connection", "module", "rpc", "webhook"):
        for code, request in one.requests:
            yield f"{one.name} {code}", request


def _required(condition: str) -> list[Node]:
    """Return what has to hold for a condition to hold: itself, and what `&&` joins in it."""
    try:
        found = [one for one in pieces(condition) if not isinstance(one, str)]
    except ImlError:
        return []
    for node in found:  # grows while it is read
        if isinstance(node, Operation) and node.operator == "&&" and node.left is not None:
            found += [node.left, node.right]
    return found
