"""The engine's path, query and header parameters: conversion and validation."""

from typing import Any

import pytest
from support.engine_api import Caller, Gate, Shop, build


@pytest.fixture(scope="module")
def call() -> Caller:
    gate = Gate()
    gate.left = 10_000
    return Caller(build(Shop(), gate))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"page": 1, "per_page": 25}),
        ("page=2&per_page=100", {"page": 2, "per_page": 100}),
        ("page=007", {"page": 7, "per_page": 25}),
        ("status=new", {"page": 1, "per_page": 25, "status": "new"}),
        ("status[]=new&status[]=sold", {"page": 1, "per_page": 25, "status[]": ["new", "sold"]}),
        ("status%5B%5D=new", {"page": 1, "per_page": 25, "status[]": ["new"]}),
        ("since=2024-12-01", {"page": 1, "per_page": 25, "since": "2024-12-01"}),
        ("since=2024-12-01T00:00:00Z", {"page": 1, "per_page": 25, "since": "2024-12-01T00:00:00Z"}),
        (
            "since=2024-12-01T00:00:00%2B10:00",
            {"page": 1, "per_page": 25, "since": "2024-12-01T00:00:00+10:00"},
        ),
        ("ids=1,-2,3", {"page": 1, "per_page": 25, "ids": [1, -2, 3]}),
        ("cheap=true&below=-1.5e2", {"page": 1, "per_page": 25, "cheap": True, "below": -150.0}),
        ("q=a+b%20c%26&&", {"page": 1, "per_page": 25, "q": "a b c&"}),
        ("sold_at=7", {"page": 1, "per_page": 25, "sold_at": [7]}),
        ("sold_at=7&sold_at=9", {"page": 1, "per_page": 25, "sold_at": [7, 9]}),
        ("unknown=1&unknown=2", {"page": 1, "per_page": 25}),
        ("q=", {"page": 1, "per_page": 25, "q": ""}),
    ],
)
def test_query_reaches_the_handler_converted(call: Caller, query: str, expected: dict[str, Any]) -> None:
    response = call("GET", f"/items?{query}")
    assert response.status_code == 200, response.text
    assert response.json()["echo"] == expected


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("page=0", "page", "must be at least 1"),
        ("per_page=101", "per_page", "must be at most 100"),
        ("page=", "page", "must be a whole number"),
        ("page=1e3", "page", "must be a whole number"),
        ("page=%2B1", "page", "must be a whole number"),
        ("page=+1", "page", "must be a whole number"),
        ("page=1.0", "page", "must be a whole number"),
        ("page=%D9%A1", "page", "must be a whole number"),
        ("page=99999999999999999999", "page", "is too large"),
        ("page=" + "9" * 5000, "page", "is too large"),
        ("page=" + "9" * 40, "page", "is too large"),
        ("page=-" + "9" * 40, "page", "is too small"),
        ("below=" + "9" * 400, "below", "is too large"),
        ("below=-1e9999", "below", "is too small"),
        ("page=1&page=2", "page", "must be given once"),
        ("sold_at=1&sold_at=2&sold_at=3", "sold_at", "must be given at most 2 times"),
        ("sold_at=1&sold_at=x", "sold_at", "must be a whole number"),
        ("sold_at=1&sold_at=0", "sold_at", "must be at least 1"),
        ("status=lost", "status", "must be one of new, sold"),
        ("status=", "status", "must be one of new, sold"),
        ("status[]=new&status[]=lost", "status[][1]", "must be one of new, sold"),
        (
            "since=2024-02-30",
            "since",
            "must be a date and time such as 2024-12-30T10:30:00Z or a date such as 2024-12-30",
        ),
        ("ids=1,a", "ids", "must be a whole number"),
        ("cheap=1", "cheap", "must be true or false"),
        ("below=nan", "below", "must be a number"),
        ("below=1e999", "below", "is too large"),
        ("q=" + "x" * 51, "q", "must have at most 50 characters"),
        ("q=%zz", "q", "must be percent-encoded UTF-8 without NUL characters"),
        ("q=%", "q", "must be percent-encoded UTF-8 without NUL characters"),
        ("q=%ff", "q", "must be percent-encoded UTF-8 without NUL characters"),
        ("q=%ED%A0%80", "q", "must be percent-encoded UTF-8 without NUL characters"),
        ("q=a%00b", "q", "must be percent-encoded UTF-8 without NUL characters"),
        ("%ff=1", "query", "must be percent-encoded UTF-8 without NUL characters"),
    ],
)
def test_invalid_query_is_refused_with_its_field(call: Caller, query: str, field: str, message: str) -> None:
    response = call("GET", f"/items?{query}")
    assert response.status_code == 400
    assert response.json() == {
        "kind": "invalid",
        "message": f"{field} {message}.",
        "fields": {field: message},
    }


def test_every_invalid_parameter_is_listed(call: Caller) -> None:
    response = call("GET", "/items?page=0&per_page=0&cheap=no")
    assert response.json()["fields"].keys() == {"page", "per_page", "cheap"}
    assert response.json()["message"] == "page must be at least 1, and 2 other fields are not valid."


def test_number_of_listed_fields_is_capped(call: Caller) -> None:
    response = call("GET", "/items?" + "&".join(f"n{number}=%ff" for number in range(40)))
    assert len(response.json()["fields"]) == 20


def test_input_repeated_in_an_answer_is_truncated(call: Caller) -> None:
    response = call("GET", f"/items?{'n' * 500}=%ff")
    (field,) = response.json()["fields"]
    assert field == "n" * 79 + "…"


@pytest.mark.parametrize(
    ("segment", "expected"),
    [("abc", "abc"), ("a%2Fb", "a/b"), ("a%20b+c", "a b+c"), ("%C3%A4", "ä"), ("50%25", "50%")],
)
def test_path_segments_are_decoded(call: Caller, segment: str, expected: str) -> None:
    assert call("GET", f"/items/{segment}").json()["echo"] == {"id": expected}


@pytest.mark.parametrize("segment", ["%ff", "%ED%A0%80", "a%00b", "x" * 31])
def test_invalid_path_segments_are_refused(call: Caller, segment: str) -> None:
    response = call("GET", f"/items/{segment}")
    assert response.status_code == 400
    assert response.json()["fields"].keys() == {"id"}


@pytest.mark.parametrize(("trace", "status"), [("x", 400), ("123e4567-e89b-12d3-a456-426614174000", 200)])
def test_header_parameters_are_validated(call: Caller, trace: str, status: int) -> None:
    response = call("GET", "/items", headers={"X-Trace": trace})
    assert response.status_code == status
    if status == 400:
        assert response.json()["fields"] == {"X-Trace": "must be a UUID"}


def test_missing_required_query_parameter_is_refused() -> None:
    def require(document: dict[str, Any]) -> None:
        document["paths"]["/items"]["get"]["parameters"][2]["required"] = True

    response = Caller(build(Shop(), Gate(), require))("GET", "/items")
    assert response.json()["fields"] == {"status": "is required"}
