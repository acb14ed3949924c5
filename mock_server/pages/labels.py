"""Serves shipping labels as PDFs, at the label URLs that the vendors' shipments contain."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

from mock_server.labels import PREFIX
from mock_server.pages.label import Label
from mock_server.rendering import Renderer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
FindLabel = Callable[[str], Label | None]
"""Looks up the label at a URL path; returns None if the path has no label."""


class LabelPages:
    """ASGI middleware that serves shipping labels, and passes all other requests on to the application."""

    def __init__(self, application: Application, find: FindLabel, renderer: Renderer) -> None:
        self._application = application
        self._find = find
        self._renderer = renderer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Respond with the label at the request's path, or call the application if there is no label."""
        label = self._find(scope["path"]) if _may_be_label(scope) else None
        if label is None:
            await self._application(scope, receive, send)
            return
        body = await self._renderer.draw(partial(_draw_label, label))
        headers = [(b"content-type", b"application/pdf"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _may_be_label(scope: Message) -> bool:
    return scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and scope["path"].startswith(PREFIX)


def _draw_label(label: Label) -> bytes:
    from mock_server.pages.label_pdf import render  # reportlab takes 0.3 s to import

    return render(label)
