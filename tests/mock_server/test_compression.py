"""Responses compressed with gzip for clients that ask for it."""

import gzip
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mock_server.app import create_app
from mock_server.engine.compression import MIN_SIZE, accepts_gzip
from mock_server.settings import Settings

KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}
LIST = "/v1/rmas?per_page=25"
SCRIPT = "/v1/ui/swagger-ui-bundle.js"
LARGE = [LIST, "/v1/openapi.json", "/v1/openapi.yaml", SCRIPT]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = create_app(Settings(vendor="returnmate", seed_size=30, first_moment="2026-03-02T09:00:00Z"))
    with TestClient(app, base_url="http://127.0.0.1:4010") as made:
        yield made


def read(client: TestClient, path: str, accepted: str, method: str = "GET") -> tuple[dict[str, str], bytes]:
    """Return the headers and the bytes on the wire."""
    with client.stream(method, path, headers={**KEY, "Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        return dict(answer.headers), b"".join(answer.iter_raw())


@pytest.mark.parametrize("path", LARGE)
def test_large_response_is_compressed_for_those_who_ask(client: TestClient, path: str) -> None:
    plain, body = read(client, path, "identity")
    headers, packed = read(client, path, "gzip, deflate")
    assert gzip.decompress(packed) == body
    assert len(packed) < len(body) / 2
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(packed)
    assert "content-encoding" not in plain
    assert int(plain["content-length"]) == len(body)
    assert plain["vary"] == headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("accepted", ["identity", "gzip"])
@pytest.mark.parametrize("path", LARGE)
def test_head_has_the_headers_of_get(client: TestClient, path: str, accepted: str) -> None:
    names = ("content-length", "content-encoding", "vary", "etag")
    got, head = (read(client, path, accepted, method)[0] for method in ("GET", "HEAD"))
    assert [head.get(name) for name in names] == [got.get(name) for name in names]


def test_small_response_is_left_alone(client: TestClient) -> None:
    headers, body = read(client, "/v1/rmas?per_page=1", "gzip")
    assert 0 < len(body) < MIN_SIZE
    assert not {"content-encoding", "vary"} & set(headers)


def test_pictures_are_left_alone(client: TestClient) -> None:
    headers, body = read(client, "/v1/ui/favicon-32x32.png", "gzip")
    assert body.startswith(b"\x89PNG")
    assert "content-encoding" not in headers


def test_compressed_file_has_a_weak_tag_that_revalidates(client: TestClient) -> None:
    strong, weak = (read(client, SCRIPT, accepted)[0]["etag"] for accepted in ("identity", "gzip"))
    assert weak == f"W/{strong}"
    again = client.get(SCRIPT, headers={"If-None-Match": weak})
    assert (again.status_code, again.content) == (304, b"")


def test_part_of_a_file_is_not_compressed(client: TestClient) -> None:
    part = client.get(SCRIPT, headers={"Range": "bytes=0-4999", "Accept-Encoding": "gzip"})
    assert part.status_code == 206
    assert "content-encoding" not in part.headers
    assert len(part.content) == 5_000


@pytest.mark.parametrize(
    ("wanted", "yes"),
    [
        ("gzip", True),
        ("GZIP, deflate, br, zstd", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0.5", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("identity;q=0.5, gzip;q=1.0", True),
        ("gzip;q=1.0, *;q=0", True),
        ("*;q=0.3", True),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("gzip ; q=0.000", False),
        ("*, gzip;q=0", False),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=much", False),
    ],
)
def test_weights_of_accept_encoding_are_respected(wanted: str, yes: bool) -> None:
    assert accepts_gzip([(b"host", b"a"), (b"accept-encoding", wanted.encode())]) is yes


def test_several_accept_encoding_headers_count_as_one() -> None:
    assert accepts_gzip([(b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")])
    assert not accepts_gzip([(b"host", b"a")])
