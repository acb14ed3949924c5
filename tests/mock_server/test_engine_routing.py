"""The engine's routing: paths, methods, and what it leaves to Connexion."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from support.engine_api import Caller, Gate, Shop, build

from mock_server.engine.compiler import BrokenSpecification
from mock_server.engine.routing import Routes

if TYPE_CHECKING:
    from mock_server.engine.operation import Operation


@pytest.fixture(scope="module")
def call() -> Caller:
    return Caller(build(Shop(), Gate()))


def test_literal_segment_wins_over_a_template(call: Caller) -> None:
    assert "data" not in call("GET", "/items/newest").json()


def test_percent_encoded_literal_matches(call: Caller) -> None:
    assert call("GET", "/it%65ms").status_code == 200
    assert "data" not in call("GET", "/items/new%65st").json()


@pytest.mark.parametrize("path", ["/items/", "/items//", "/items/a/b", "/nope", "/items/newest/", "", "/"])
def test_unknown_path_below_the_base_is_refused_by_the_vendor(call: Caller, path: str) -> None:
    response = call("GET", path, headers={"Authorization": None})
    assert response.status_code == 404
    assert response.json()["kind"] == "not_found"
    assert response.headers["x-left"] == "60"


@pytest.mark.parametrize("url", ["http://sandbox/", "http://sandbox/shop", "http://sandbox/shop/v1x/items"])
def test_paths_outside_the_base_fall_through(call: Caller, url: str) -> None:
    assert call("GET", url).status_code == 299


@pytest.mark.parametrize(("path", "status"), [("/ui", 299), ("/ui/a/b", 299), ("/uix", 404)])
def test_documentation_below_the_base_falls_through(call: Caller, path: str, status: int) -> None:
    assert call("GET", path).status_code == status


def ignore_extra_slashes(document: dict[str, Any]) -> None:
    document["x-extra-slashes"] = "ignored"


@pytest.mark.parametrize("path", ["/items/", "//items", "///items//?page=1", "//items/newest/", "/items//a/"])
def test_extra_slashes_are_ignored_if_the_document_says_so(call: Caller, path: str) -> None:
    url = f"http://sandbox/shop/v1{path}"
    assert Caller(build(Shop(), Gate(), ignore_extra_slashes))("GET", url).status_code == 200
    assert call("GET", url).status_code == 404


@pytest.mark.parametrize("path", ["/", "//", "/nope//", "/items/a/b/"])
def test_extra_slashes_do_not_make_unknown_paths_known(path: str) -> None:
    assert (
        Caller(build(Shop(), Gate(), ignore_extra_slashes))(
            "GET", f"http://sandbox/shop/v1{path}"
        ).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/items", "GET, HEAD, POST"),
        ("OPTIONS", "/items", "GET, HEAD, POST"),
        ("BREW", "/items/newest", "GET, HEAD"),
        ("POST", "/items/abc", "DELETE, GET, HEAD"),
    ],
)
def test_wrong_method_lists_the_allowed_ones(call: Caller, method: str, path: str, allowed: str) -> None:
    response = call(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/items", "/items/newest", "/items/abc"])
def test_head_is_answered_like_get(call: Caller, path: str) -> None:
    """RFC 9110, section 9.3.2; the server omits the body."""
    got, head = call("GET", path), call("HEAD", path)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(got.content)))
    assert [name for name, _ in head.headers.multi_items()] == [name for name, _ in got.headers.multi_items()]


def test_missing_handler_stops_the_start() -> None:
    class Forgetful(Shop):
        list_items = property()

    with pytest.raises(BrokenSpecification, match=r"^The operation list_items .GET /items. has no handler"):
        Caller(build(Forgetful(), Gate()))("GET", "/items")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda item: item["parameters"].append(
                {"name": "c", "in": "cookie", "schema": {"type": "string"}}
            ),
            "cookie",
        ),
        (lambda item: item["parameters"][1].update({"style": "deepObject"}), "deepObject"),
        (lambda item: item["parameters"][1].update({"schema": {"type": "object"}}), "scalar"),
        (lambda item: item["responses"]["200"].update({"content": {"text/csv": {}}}), "text/csv"),
    ],
)
def test_unsupported_specification_stops_the_start(change: Any, says: str) -> None:
    def apply(document: dict[str, Any]) -> None:
        change(document["paths"]["/items"]["get"])

    with pytest.raises(BrokenSpecification, match=f"list_items .*{says}"):
        Caller(build(Shop(), Gate(), apply))("GET", "/items")


def test_template_with_the_earlier_literal_wins() -> None:
    routes = Routes()
    operations = {path: cast("Operation", object()) for path in ("/{a}/b", "/items/{b}", "/{a}/{b}")}
    for path, operation in operations.items():
        routes.add(path, "get", operation)

    def found(path: bytes) -> tuple[Any, Any]:
        route, filling = routes.match(path) or pytest.fail(str(path))
        return route.operations["GET"], filling

    assert found(b"/items/b") == (operations["/items/{b}"], (b"b",))
    assert found(b"/other/b") == (operations["/{a}/b"], (b"other",))
    assert found(b"/other/c") == (operations["/{a}/{b}"], (b"other", b"c"))
