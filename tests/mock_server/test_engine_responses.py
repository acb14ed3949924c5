"""The engine's replies: validated against the specification, and no error reaches a client as a traceback."""

import logging
from typing import Any

import orjson
import pytest
from support.engine_api import Caller, Gate, Shop, build

from mock_server.engine.call import Call
from mock_server.engine.compiler import BrokenSpecification
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, File, Reply

ROW = {"id": "itm_1", "sku": "BOOT-39", "quantity": 1, "made_at": "2024-12-30T10:30:00Z"}


def stored(**change: Any) -> bytes:
    return orjson.dumps({**ROW, **change})


def answering(reply: Reply | Exception) -> Caller:
    class Scripted(Shop):
        def list_items(self, _call: Call) -> Reply:
            if isinstance(reply, Exception):
                raise reply
            return reply

    return Caller(build(Scripted(), Gate()))


def logged_by_the_engine(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the engine's log messages, without those of libraries."""
    return [record for record in caplog.records if record.name == "mock_server.engine.pipeline"]


def test_stored_documents_are_sent_unchanged() -> None:
    odd = b'{ "made_at": "2024-12-30T10:30:00Z", "id":"itm_1",\n"sku":"BOOT-39","quantity":1}'
    response = answering(Reply(200, {"data": Documents([odd, stored()]), "page": 1}))("GET", "/items")
    assert response.content == b'{"data":[' + odd + b"," + stored() + b'],"page":1}'


def test_empty_list_of_documents() -> None:
    response = answering(Reply(200, {"data": Documents([]), "page": 1}))("GET", "/items")
    assert response.json() == {"data": [], "page": 1}


def test_reply_headers_are_sent() -> None:
    reply = Reply(200, {"data": [], "page": 1}, headers=((b"x-more", b"yes"),))
    assert answering(reply)("GET", "/items").headers["x-more"] == "yes"


@pytest.mark.parametrize(
    ("reply", "pointer"),
    [
        (Reply(200, {"data": Documents([stored(quantity=0)]), "page": 1}), "/data/quantity"),
        (Reply(200, {"data": Documents([stored(), stored(colour="red")]), "page": 1}), "/data"),
        (Reply(200, {"data": Documents([stored(made_at="yesterday")]), "page": 1}), "/data/made_at"),
        (Reply(200, {"data": Documents([stored(n=n) for n in range(4)]), "page": 1}), "/data"),
        (Reply(200, {"data": Documents([stored()]), "page": "1"}), "/page"),
        (Reply(200, {"data": Documents([stored()])}), "/"),
        (Reply(200, {"data": Document(stored()), "page": 1}), "/data"),
        (Reply(200, {"data": [{}], "page": 1}), "/data/0"),
        (Reply(200, None), "/"),
        (Reply(202, {"data": [], "page": 1}), "/"),
    ],
)
def test_invalid_reply_is_a_server_error(
    reply: Reply, pointer: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = answering(reply)("GET", "/items")
    assert response.status_code == 500
    assert response.json()["kind"] == "server_error"
    (record,) = logged_by_the_engine(caplog)
    assert record.levelno == logging.ERROR
    assert (
        f"shop list_items violates its specification: status {reply.status} at {pointer}:" in record.message
    )


def test_validation_cache_distinguishes_documents() -> None:
    good, bad = stored(), stored(quantity=0)
    rows = [good]

    class Growing(Shop):
        def list_items(self, _call: Call) -> Reply:
            return Reply(200, {"data": Documents(list(rows)), "page": 1})

    call = Caller(build(Growing(), Gate()))
    assert [call("GET", "/items").status_code for _ in range(2)] == [200, 200]
    rows.append(bad)
    assert [call("GET", "/items").status_code for _ in range(2)] == [500, 500]


def test_unexpected_error_is_logged_without_the_request(caplog: pytest.LogCaptureFixture) -> None:
    response = answering(ZeroDivisionError("by nothing"))("GET", "/items", headers={"X-Secret": "s3cret"})
    assert response.status_code == 500
    assert response.json()["message"] == "The sandbox failed to answer this request; its log says why."
    assert response.headers["x-left"] == "59"
    assert "ZeroDivisionError" in caplog.text
    assert "s3cret" not in caplog.text
    assert "good" not in caplog.text


def test_problem_of_a_handler_is_rendered_by_the_vendor() -> None:
    problem = Problem("not_found", "There is no such list.", headers=((b"x-why", b"because"),))
    response = answering(problem)("GET", "/items")
    assert (response.status_code, response.headers["x-why"]) == (404, "because")


def test_invalid_error_reply_is_a_server_error(caplog: pytest.LogCaptureFixture) -> None:
    class InvalidProblem(Shop):
        def problem(self, problem: Problem) -> Reply:
            return Reply(418 if problem.kind == "invalid" else 500, {"kind": problem.kind})

    response = Caller(build(InvalidProblem(), Gate()))("GET", "/items?page=0")
    assert (response.status_code, response.json()) == (500, {"kind": "server_error"})
    assert "shop list_items answers an error that its specification does not allow: status 418" in caplog.text


def test_no_content_reply_has_no_content_length() -> None:
    response = Caller(build(Shop(), Gate()))("DELETE", "/items/abc")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers


# --- Files

PDF = "application/pdf"
BINARY = {PDF: {"schema": {"type": "string", "format": "binary"}}}


def serving(reply: Reply, content: dict[str, Any] = BINARY) -> Caller:
    """Return an API whose operation `get_newest` has this content, and a handler that sends this reply."""

    class Printing(Shop):
        async def get_newest(self, _call: Call) -> Reply:  # type: ignore[override]
            return reply

    def change(document: dict[str, Any]) -> None:
        document["paths"]["/items/newest"]["get"]["responses"]["200"]["content"] = content

    return Caller(build(Printing(), Gate(), change))


def test_file_is_sent_unchanged_with_its_content_type() -> None:
    content = b"%PDF-1.4 \x00\xff"
    response = serving(Reply(200, File(PDF, content)))("GET", "/items/newest")
    assert (response.status_code, response.content) == (200, content)
    assert response.headers.get_list("content-type") == [PDF]
    assert response.headers["content-length"] == str(len(content))
    refusal = serving(Reply(200, File(PDF, content)))("GET", "/items/newest", headers={"Authorization": None})
    assert (refusal.status_code, refusal.headers["content-type"]) == (401, "application/json")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (File(PDF, b"{}"), "the file does not begin like application/pdf"),
        (File(PDF, b""), "the file does not begin like application/pdf"),
        (File("image/png", b"%PDF-1.4"), "the body is not a file of type application/pdf"),
        ({"id": "itm_1"}, "the body is not a file of type application/pdf"),
        (Document(stored()), "the body is not a file of type application/pdf"),
        (None, "the body is not a file of type application/pdf"),
    ],
)
def test_reply_that_is_no_file_of_the_declared_type_is_a_server_error(
    body: Any, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = serving(Reply(200, body))("GET", "/items/newest")
    assert (response.status_code, response.headers["content-type"]) == (500, "application/json")
    assert response.json()["kind"] == "server_error"
    (record,) = logged_by_the_engine(caplog)
    assert record.message == f"shop get_newest violates its specification: status 200 at /: {says}"


def test_file_is_a_server_error_if_json_is_declared(caplog: pytest.LogCaptureFixture) -> None:
    response = answering(Reply(200, File(PDF, b"%PDF-1.4")))("GET", "/items")
    assert response.status_code == 500
    assert "the body is a file of application/pdf, not JSON" in caplog.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"text/csv": {"schema": {"type": "string"}}}, "Responses of text/csv are not supported"),
        ({**BINARY, "application/json": {}}, "Responses of application/pdf, application/json are not"),
        ({PDF: {}}, "The schema of application/pdf must be a string with the format binary"),
        ({PDF: {"schema": {"type": "string"}}}, "must be a string with the format binary"),
    ],
)
def test_unsupported_file_declaration_stops_the_start(content: dict[str, Any], says: str) -> None:
    with pytest.raises(BrokenSpecification, match=says):
        serving(Reply(200, None), content)("GET", "/items/newest")
