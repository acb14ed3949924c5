"""Bodies that are too large, truncated, badly compressed, empty or not JSON."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import Stream, opened, operations, send
from support.each import each
from support.fake_vendor import rows

from connector.definition.compiler import vendors
from connector.errors import (
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.transport.answers import MAX_DEPTH, MAX_FIELDS, MAX_MESSAGE, field_errors, parse_json
from connector.transport.bodies import MAX_BODY, Unreadable, read_body
from connector.transport.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fake_vendor import Time, Wire

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

SMALL = 1000
PLAIN = b'{"data": [1, 2, 3]}'


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(data) + pack.flush()


def packed(coding: str, *pieces: bytes, endless: bool = False) -> httpx.Response:
    return httpx.Response(200, headers={"content-encoding": coding}, stream=Stream(*pieces, endless=endless))


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
        ("gzip, identity", gzip.compress),
        ("br", bytes),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_compressed_body_is_decoded_in_chunks_of_any_size(
    coding: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    data = pack(PLAIN)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert await read_body(packed(coding, *pieces)) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_empty_body_is_valid_in_any_encoding(coding: str) -> None:
    assert await read_body(packed(coding)) == b""


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (lambda: packed("gzip", PLAIN), "cannot be decompressed"),
        (lambda: packed("deflate", PLAIN), "cannot be decompressed"),
        (lambda: packed("gzip", gzip.compress(PLAIN)[:-9]), "is cut off"),
        (lambda: packed("deflate", zlib.compress(PLAIN)[:-5]), "is cut off"),
        (lambda: packed("gzip, gzip, gzip, gzip", PLAIN), "is compressed too many times"),
    ],
)
async def test_body_that_cannot_be_decompressed_is_reported(
    response: Callable[[], httpx.Response], words: str
) -> None:
    with pytest.raises(Unreadable, match=words):
        await read_body(response())


@pytest.mark.parametrize(
    ("coding", "piece"),
    [
        ("", b" " * 100),
        ("gzip", gzip.compress(b" " * 100_000)),
        ("deflate", zlib.compress(b" " * 100_000)),
        ("deflate", raw_deflate(b" " * 100_000)),
        ("gzip, gzip", gzip.compress(gzip.compress(b" " * 10_000_000))),
        ("gzip, deflate", zlib.compress(gzip.compress(b" " * 10_000_000))),
    ],
)
async def test_reading_stops_at_the_size_limit(coding: str, piece: bytes) -> None:
    response = packed(coding, piece, endless=True)
    with pytest.raises(Unreadable, match="is too large"):
        await read_body(response, SMALL)
    stream = response.stream
    assert isinstance(stream, Stream)
    assert stream.read <= SMALL + len(piece), "reading stops at the limit"


async def test_oversized_inner_layer_is_reported_as_too_large() -> None:
    inner = gzip.compress(PLAIN) + b"\0" * 100_000
    with pytest.raises(Unreadable, match="is too large"):
        await read_body(packed("gzip, gzip", gzip.compress(inner)), SMALL)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate], ids=["gzip", "zlib", "raw"])
async def test_oversized_body_takes_no_memory(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b" " * 20_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="is too large"):
            await read_body(packed("gzip" if pack is gzip.compress else "deflate", bomb), SMALL)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


async def test_decompression_bomb_is_refused(rm: Connection, time: Time) -> None:
    """66 kB decompress to 64 MB; the answer is refused at half of that size."""
    bomb = gzip.compress(b'{"success": true, "data": [' + b" " * 2 * MAX_BODY + b"]}", 9)
    assert len(bomb) < 70_000

    def reply(_request: httpx.Request) -> httpx.Response:
        return packed("gzip", bomb)

    async with opened("returnmate", reply, time) as connection:
        with pytest.raises(UnexpectedResponse, match=r"answer to list_returns is larger than 32 MB"):
            await connection.operations.list_returns()


def reply_with(make: Callable[[], httpx.Response], _request: httpx.Request) -> httpx.Response:
    return make()


@pytest.mark.parametrize("vendor", vendors())
async def test_write_with_an_unusable_answer_may_have_been_made(vendor: str, time: Time) -> None:
    """Each write of each vendor gets a success status without a usable record."""
    odd: list[Callable[[], httpx.Response]] = [
        lambda: httpx.Response(204),
        lambda: httpx.Response(200, content=b""),
        lambda: httpx.Response(202, text="Accepted"),
        lambda: httpx.Response(200, text="<html>Welcome</html>"),
        lambda: httpx.Response(201, content=b'{"data": {"id": "x"'),
        lambda: httpx.Response(200, json=None),
        lambda: packed("gzip", PLAIN),
    ]
    writes = 0
    for make in each(odd):
        async with opened(vendor, partial(reply_with, make), time) as connection:
            for operation in operations(connection):
                kind = UnexpectedResponse if operation.method == "GET" else OutcomeUnknown
                with pytest.raises(kind) as caught:
                    await send(connection, operation)
                assert type(caught.value) is kind
                if kind is OutcomeUnknown:
                    writes += 1
                    assert str(caught.value).endswith("The change may have been made.")
                if make().status_code == 204:
                    assert "was answered with status 204 and without a body" in str(caught.value)
    assert writes >= len(odd)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationFailed),
        (429, RateLimited),
        (503, VendorUnavailable),
        (404, UnexpectedResponse),
    ],
)
async def test_status_decides_if_the_body_cannot_be_read(
    time: Time, status: int, kind: type[ConnectorError]
) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"content-encoding": "gzip"}, stream=Stream(b"<html>"))

    async with opened("returnmate", reply, time) as connection:
        with pytest.raises(kind) as caught:
            await connection.operations.list_returns()
    assert not isinstance(caught.value, NotFound), (
        "an unreadable page does not mean that the record is missing"
    )


@pytest.mark.parametrize(("content", "missing"), [(b"", True), (b" null\n", True), (b"<html>", False)])
async def test_404_of_another_server_does_not_mean_that_the_record_is_missing(
    time: Time, content: bytes, *, missing: bool
) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, content=content)

    async with opened("returnmate", reply, time) as connection:
        with pytest.raises(NotFound if missing else UnexpectedResponse):
            await connection.operations.list_returns()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[" + b"9" * 5000 + b"]",
        b"[1e99999999999999999999]",
        b"[" * 100_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        b'{"a": 1',
        b"{'a': 1}",
        '{"a": "Zo\xeb"}'.encode("latin-1"),
        b"<html></html>",
    ],
    ids=range(14),
)
def test_invalid_json_raises_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": 1}'.encode("utf-16"), {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b"9" * 400 + b"]", [int("9" * 400)]),
        (b" 1 ", 1),
        (b'"x"', "x"),
        (b"null", None),
    ],
)
def test_valid_json_is_parsed(content: bytes, value: Any) -> None:
    found = parse_json(content)
    assert value is None or found == value


LONG = "x" * 2_000


@pytest.mark.parametrize("vendor", vendors())
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422, 429, 500, 503])
async def test_long_texts_from_a_vendor_are_truncated(vendor: str, status: int, time: Time) -> None:
    """Message, code and fields are truncated in every place a vendor may put them, in `str` and in `repr`."""
    errors = [{"code": LONG, "message": LONG}]
    fields = [{"field": f"{index}{LONG}", "message": LONG} for index in range(30)]
    detail = {"code": LONG, "message": LONG, "details": {"fields": fields}}
    body = {
        "code": LONG, "reason": LONG, "message": LONG, "error": detail, "errors": errors, "fields": fields,
    }  # fmt: skip

    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers={"content-type": LONG, "location": LONG})

    async with opened(vendor, reply, time) as connection:
        known = operations(connection)
        read = next(one for one in known if one.method == "GET")
        write = next(one for one in known if one.method != "GET")
        for operation in (read, write):
            with pytest.raises(ConnectorError) as caught:
                await send(connection, operation)
            for text in (str(caught.value), repr(caught.value)):
                assert "x" * (MAX_MESSAGE + 1) not in text
                assert len(text) < 2 * MAX_MESSAGE
            named = getattr(caught.value, "fields", ())
            assert len(named) <= MAX_FIELDS
            assert all(len(str(one)) <= 2 * MAX_MESSAGE + 1 for one in named)


async def test_many_long_fields_make_no_long_message(rm: Connection, wire: Wire) -> None:
    fields = {f"field_{index}": LONG for index in range(100)}
    wire.reply(httpx.Response(400, json={"error": {"details": {"fields": fields}}}))
    with pytest.raises(ValidationFailed) as caught:
        await rm.operations.list_returns()
    assert len(caught.value.fields) == MAX_FIELDS
    assert str(caught.value).startswith("returnmate: ReturnMate refused the request: field_0 xxx")
    assert len(str(caught.value)) < MAX_MESSAGE + 100


async def test_control_characters_from_a_vendor_are_replaced(rm: Connection, wire: Wire) -> None:
    said = json.dumps({"error": {"message": "\x1b[2Jred\ud800 \u202egreen\n\n"}})
    wire.reply(httpx.Response(400, content=said.encode()))
    with pytest.raises(ValidationFailed) as caught:
        await rm.operations.list_returns()
    assert caught.value.message == "�[2Jred� �green."


async def test_long_content_type_is_truncated(rm: Connection, wire: Wire) -> None:
    wire.reply(httpx.Response(200, content=b"<html>", headers={"content-type": LONG}))
    with pytest.raises(UnexpectedResponse) as caught:
        await rm.operations.list_returns()
    assert len(str(caught.value)) < 2 * MAX_MESSAGE


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"sku": "is unknown"}, ["sku is unknown"]),
        ({"sku": ["is unknown", "is old"]}, ["sku is unknown; is old"]),
        ([{"field": "sku", "message": 7}], ["sku 7"]),
        ([{"field": "sku", "message": {"deep": [[[]]]}}, None, 7, {"field": "sku"}, {"message": "x"}], []),
        ({"sku": None, "": "x", "y": True}, []),
        ("sku", []),
        (None, []),
    ],
)
def test_field_errors_are_read_in_any_form(found: Any, told: list[str]) -> None:
    assert [str(one) for one in field_errors(found)] == told


async def test_accept_encoding_lists_supported_encodings_only(rm: Connection, wire: Wire) -> None:
    wire.reply(rows())
    await rm.operations.list_returns()
    assert wire.requests[0].headers["accept-encoding"] == "gzip, deflate"


async def test_cookies_are_not_sent_back(rm: Connection, wire: Wire) -> None:
    baked = rows()
    baked.headers["set-cookie"] = "session=1; Path=/"
    wire.reply(baked)
    await rm.operations.list_returns()
    await rm.operations.list_returns()
    assert len(wire.requests) == 2
    assert not any("cookie" in request.headers for request in each(wire.requests))


async def test_url_that_is_too_long_is_an_invalid_input(rm: Connection, wire: Wire) -> None:
    operation = rm.integration.operations["list_returns"]
    request = Request(operation, operation.path, (("page", "1"), ("order_number", "x" * 70_000)), None)
    with pytest.raises(ValidationFailed, match="its address would be 70,026 characters long") as caught:
        rm.client._sender.prepared(request)
    assert [one.field for one in caught.value.fields] == ["order_number"]
    assert wire.requests == []


async def test_endless_success_answer_is_refused_and_leaves_a_write_in_doubt(time: Time) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        return packed("", b" " * 2**20, endless=True)

    async with opened("returnmate", reply, time) as connection:
        for key, kind in (("list_returns", UnexpectedResponse), ("create_return", OutcomeUnknown)):
            with pytest.raises(kind, match="is larger than 32 MB"):
                await send(connection, connection.integration.operations[key])
