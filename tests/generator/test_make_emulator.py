"""The emulator behaves as Make documents, shown on apps of a few lines."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from support.make.engine import State
from support.make.expressions import moment
from support.make.offline import played, small
from support.make.requests import HIDDEN, Json, MakeError

ROWS = [
    {"id": number, "at": f"2026-01-01T00:00:{number // 2:02}Z", "kind": "ab"[number % 2]}
    for number in range(9)
]
LIST: Json = {
    "url": "/rows",
    "qs": {"page": "1", "kind": "{{parameters.kind}}"},
    "pagination": {
        "qs": {"page": "{{pagination.page}}"},
        "condition": "{{(pagination.page - 1) * 2 < body.total}}",
    },
    "response": {"iterate": "{{body.rows}}", "limit": "{{parameters.limit}}", "output": "{{item}}"},
}
FORM = [{"name": "limit", "type": "uinteger", "default": 100}, {"name": "kind", "type": "text"}]


def rows_of(request: httpx.Request) -> httpx.Response:
    """Return a page of two rows, newest first."""
    page, kind = int(request.url.params["page"]), request.url.params.get("kind")
    rows = [row for row in ROWS[::-1] if kind in (None, row["kind"])]
    return httpx.Response(200, json={"rows": rows[2 * page - 2 : 2 * page], "total": len(rows)})


class Spy:
    """Records the requests."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] = rows_of) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    @property
    def pages(self) -> list[str]:
        return [request.url.params["page"] for request in self.asked]


def search(spy: Spy, api: Mapping[str, Any] = LIST, **given: Any) -> list[Json]:
    app = small({}, rows={"communication": api, "mappableParams": FORM})
    return played(app, spy).run("rows", **given)


def test_all_pages_are_read_with_the_same_filters() -> None:
    spy = Spy()
    assert [row["id"] for row in search(spy, kind="a")] == [8, 6, 4, 2, 0]
    assert spy.pages == ["1", "2", "3"]
    assert {request.url.params["kind"] for request in spy.asked} == {"a"}


def test_reading_stops_at_the_limit() -> None:
    spy = Spy()
    assert [row["id"] for row in search(spy, limit=3)] == [8, 7, 6]
    assert spy.pages == ["1", "2"]
    with pytest.raises(MakeError, match="The limit is 0"):
        search(Spy(), limit=0)


def test_condition_on_the_last_page_number_skips_that_page() -> None:
    """Check M027 finds this mistake: the page number is already one higher when the condition runs."""
    spy = Spy()
    pagination = {**LIST["pagination"], "condition": "{{pagination.page < 5}}"}
    assert len(search(spy, {**LIST, "pagination": pagination})) == 8
    assert spy.pages == ["1", "2", "3", "4"]


def test_reading_stops_after_fifty_requests() -> None:
    spy = Spy(lambda _request: httpx.Response(200, json={"rows": [{"id": 1}], "total": 10**6}))
    assert len(search(spy)) == 50


def trigger(order: str, spy: Spy) -> Callable[..., list[int]]:
    said = {"type": "date", "order": order, "id": "{{item.id}}", "date": "{{item.at}}"}
    api = {**LIST, "response": {**LIST["response"], "trigger": said}}
    made = played(small({}, rows={"communication": api, "staticParams": FORM}), spy)
    state = State()

    def poll(start: str | None = None, **given: Any) -> list[int]:
        if start:
            state.last = moment(start)
        return [row["id"] for row in made.poll("rows", state, **given)]

    return poll


@pytest.mark.parametrize("order", ["desc", "unordered"])
def test_trigger_emits_records_oldest_first_and_once_each(order: str) -> None:
    poll = trigger(order, Spy())
    assert [poll(limit=3), poll(limit=3), poll(limit=9), poll()] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], []]


def test_newest_first_reading_stops_at_records_already_seen() -> None:
    newest, all_of_them = Spy(), Spy()
    assert trigger("desc", newest)("2026-01-01T00:00:03Z") == [6, 7, 8]
    assert newest.pages == ["1", "2"]
    assert trigger("unordered", all_of_them)("2026-01-01T00:00:03Z") == [6, 7, 8]
    assert len(all_of_them.pages) == 5


def test_trigger_without_a_limit_emits_one_record() -> None:
    said = {"type": "date", "order": "desc", "id": "{{item.id}}", "date": "{{item.at}}"}
    api = {"url": "/rows", "qs": {"page": "1"}, "response": {"iterate": "{{body.rows}}", "trigger": said}}
    made = played(small({}, rows={"communication": api}), Spy())
    assert [row["id"] for row in made.poll("rows", State())] == [7]


BASE: Json = {
    "headers": {"Authorization": "Bearer {{connection.key}}"},
    "response": {
        "error": {
            "message": "[{{statusCode}}] {{body.why}}",
            "type": "DataError",
            "401": {"message": "Who? {{body.why}}", "type": "InvalidAccessTokenError"},
        }
    },
    "log": {"sanitize": ["request.headers.authorization", "response.body.token"]},
}


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (400, "DataError", "[400] because"),
        (401, "InvalidAccessTokenError", "Who? because"),
        (503, "DataError", "[503] because"),
    ],
)
def test_error_answers_follow_the_apps_error_definitions(status: int, kind: str, message: str) -> None:
    app = small(BASE, one={"communication": {"url": "/one", "response": {}}})
    made = played(app, lambda _request: httpx.Response(status, json={"why": "because"}), key="s3cret")
    with pytest.raises(MakeError) as caught:
        made.run("one")
    assert (caught.value.type, caught.value.message, caught.value.status) == (kind, message, status)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "RuntimeError"), (429, "RateLimitError"), (500, "ConnectionError")]
)
def test_error_answers_without_a_definition_use_makes_defaults(status: int, kind: str) -> None:
    app = small({}, one={"communication": {"url": "/one", "response": {}}})
    with pytest.raises(MakeError) as caught:
        played(app, lambda _request: httpx.Response(status)).run("one")
    assert caught.value.type == kind


def test_secrets_are_sent_and_hidden_in_the_log() -> None:
    spy = Spy(lambda _request: httpx.Response(200, json={"token": "t0ken", "id": 1}))
    app = small(BASE, one={"communication": {"url": "/one", "response": {"output": "{{body}}"}}})
    made = played(app, spy, key="s3cret")
    assert made.run("one") == [{"token": "t0ken", "id": 1}]
    assert spy.asked[0].headers["authorization"] == "Bearer s3cret"
    (entry,) = made.wire.log
    assert entry["request"]["headers"]["authorization"] == HIDDEN
    assert entry["response"]["body"] == {"token": HIDDEN, "id": 1}


def test_empty_values_are_not_sent() -> None:
    spy = Spy(lambda _request: httpx.Response(200, json={}))
    form = [
        {"name": "a", "type": "text", "required": True},
        {"name": "b", "type": "text"},
        {"name": "n", "type": "integer"},
        {
            "name": "rows",
            "type": "array",
            "spec": [{"name": "x", "type": "number"}, {"name": "y", "type": "text"}],
        },
    ]
    body = {
        "a": "{{parameters.a}}",
        "b": "{{parameters.b}}",
        "n": "{{parameters.n}}",
        "r": "{{parameters.rows}}",
    }
    qs = {"b": "{{parameters.b}}", "n": "{{parameters.n}}"}
    api = {"url": "/{{parameters.a}}//x", "method": "POST", "body": body, "qs": qs, "response": {}}
    made = played(small({}, one={"communication": api, "mappableParams": form}), spy)
    made.run("one", a="é 1", b="", n="7", rows=[{"x": "1.5", "y": None}])
    request = spy.asked[0]
    assert request.url.raw_path == b"/%C3%A9%201/x?n=7"
    assert json.loads(request.content) == {"a": "é 1", "n": 7, "r": [{"x": 1.5}]}
    for wrong in ({}, {"a": ""}, {"a": "x", "n": "many"}):
        with pytest.raises(MakeError, match="BundleValidationError"):
            made.run("one", **wrong)
    with pytest.raises(AssertionError, match="has no"):
        made.run("one", a="x", c="y")


def test_requests_to_another_host_are_refused() -> None:
    app = small({}, one={"communication": {"url": "https://evil.example/", "response": {}}})
    with pytest.raises(AssertionError, match=r"not the vendor's"):
        played(app, Spy()).run("one")
