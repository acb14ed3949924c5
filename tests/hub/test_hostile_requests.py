"""Requests to the hub whose bodies are no usable JSON are refused by name, at every operation."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from support.each import each
from support.hub import TARGET, Bench, at_a_vendor

import openapi
from connector.hub.api.validation import MAX_BODY

DEEP = 100_000
BODIES: dict[str, tuple[bytes, int, str]] = {
    "a deep list": (b"[" * DEEP, 400, "nested too deeply"),
    "a deep object": (b'{"a":' * 900 + b"1" + b"}" * 900, 400, ""),
    "NaN": (b'{"name": NaN}', 400, "the number NaN is not JSON"),
    "Infinity": (b'{"name": -Infinity}', 400, "the number -Infinity is not JSON"),
    "too many digits": (b'{"name": ' + b"9" * 5_000 + b"}", 400, "not valid JSON"),
    "latin-1": ('{"name": "é"}'.encode("latin-1"), 400, "it is not UTF-8 text"),
    "half a character": (b'{"name": "\\ud83d"}', 400, "name contains characters that cannot be stored"),
    "NUL": (b'{"name": "a\\u0000b"}', 400, "name contains characters that cannot be stored"),
    "a name with NUL": (b'{"a\\u0000b": 1}', 400, "has a name with characters that cannot be stored"),
    "NUL in a list": (b'{"fields": {"x": ["\\u0000"]}}', 400, "fields.x[0] contains characters"),
    "too large": (b" " * (MAX_BODY + 1), 413, "at most 1,000,000 bytes"),
    "an end without a beginning": (b"}", 400, "not valid JSON"),
}
"""A body, the status of the answer, and words of the message."""


def operations() -> Iterator[tuple[str, str]]:
    """Yield the method and the path of each operation that takes a body."""
    for path, item in openapi.read(openapi.HUB)["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and "requestBody" in operation:
                yield method.upper(), path.replace("{", "").replace("}", "")


def test_every_operation_refuses_a_body_that_is_no_usable_json(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for method, path in each(list(operations())):
            for name, (content, status, words) in each(BODIES.items()):
                answer = await bench.api.request(
                    method, path, content=content, headers={"Content-Type": "application/json"}
                )
                message = answer.json()["error"]["message"]
                assert (answer.status_code, words in message) == (status, True), (path, name, message)

    at_a_vendor("returngo", tmp_path, story)


def test_a_compressed_body_is_refused_by_name(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        for method, path in each(list(operations())):
            answer = await bench.api.request(method, path, content=gzip.compress(b"{}"), headers=headers)
            assert answer.status_code == 415
            message = answer.json()["error"]["message"]
            assert message == "The Content-Encoding gzip is not supported; send the body uncompressed."

    at_a_vendor("returngo", tmp_path, story)


def test_a_body_may_have_the_marks_that_editors_write(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        body = json.dumps({"trigger": "return_created", "target": TARGET})
        for encoding in each(["utf-8-sig", "utf-16"]):
            answer = await bench.api.post(
                "/subscriptions",
                content=body.encode(encoding),
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code == 201, answer.text

    at_a_vendor("returngo", tmp_path, story)


def test_head_has_the_status_of_get(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for path in each(["/page/login", "/connections", "/live", "/metrics"]):
            got, head = await bench.api.get(path), await bench.api.head(path)
            assert (head.status_code, head.content) == (got.status_code, b"")

    at_a_vendor("returngo", tmp_path, story)
