"""A Flask application with Swagger UI, the OpenAPI documents and the page for unknown addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson
import yaml
from flask import Flask, Response, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from mock_server.pages.prefill import Examples, prefilled

_SWAGGER_UI: Final = (
    *("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"),
    *("favicon-16x16.png", "favicon-32x32.png"),
)
SHOP_SCHEMA: Final = "/shop.schema.json"
"""The path of the JSON Schema of a shop's file, which editors read."""
_READABLE: Final = {"Access-Control-Allow-Origin": "*"}
"""The CORS header that lets web pages of other sites, such as online OpenAPI editors, read the documents."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An API that the sandbox's pages show.

    `path` has no trailing slash. `fields` contains the demo credentials, keyed by field name.
    """

    title: str
    name: str
    path: str
    url: str
    document: dict[str, Any]
    fields: dict[str, str]
    curl: str
    examples: Callable[[], Examples] = Examples
    """Returns example values that match the sandbox's current records."""


def create_documents(
    apis: Sequence[Entry], control: Entry, hint: Callable[[str, str], str] = lambda _method, _path: ""
) -> Flask:
    """Create the Flask application.

    `apis` are the vendors' APIs, and `control` is the API of the sandbox's control plane.
    `hint(method, path)` returns a sentence that helps a client whose request matches no page or operation.
    """
    site = Flask(__name__)
    # Flask's own redirects are absolute URLs, and `wsgi` hides the host that they would need.
    site.url_map.merge_slashes = False
    site.url_map.strict_slashes = False

    @site.get(SHOP_SCHEMA)
    def shop_schema() -> Response:
        content = files("mock_server").joinpath("shop", SHOP_SCHEMA.strip("/")).read_bytes()
        return Response(content, headers=_READABLE, mimetype="application/schema+json")

    for entry in (*apis, control):
        _serve_document(site, entry)
        _serve_swagger_ui(site, entry)

    @site.errorhandler(404)
    def not_found(_error: Exception) -> tuple[str | Response, int]:
        advice = hint(request.method, request.path)
        if "text/html" in request.headers.get("Accept", ""):  # a browser; other clients send */* or JSON
            return render_template("missing.html", advice=advice), 404
        error = {"code": "not_found", "message": f"There is nothing at this path. {advice}".rstrip()}
        return Response(orjson.dumps({"error": error}), mimetype="application/json"), 404

    return site


def _serve_document(site: Flask, entry: Entry) -> None:
    """Serve an API's OpenAPI document as YAML and JSON; the JSON contains working examples for Swagger UI."""

    def send_json() -> Response:
        document = prefilled(entry.document, entry.examples())
        return Response(orjson.dumps(document), headers=_READABLE, mimetype="application/json")

    @cache
    def as_yaml() -> str:
        text: str = yaml.dump(entry.document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        return text

    def send_yaml() -> Response:
        return Response(as_yaml(), headers=_READABLE, mimetype="application/yaml")

    site.add_url_rule(f"{entry.path}/openapi.json", f"{entry.name} json", send_json)
    site.add_url_rule(f"{entry.path}/openapi.yaml", f"{entry.name} yaml", send_yaml)


def _serve_swagger_ui(site: Flask, entry: Entry) -> None:
    """Serve Swagger UI for an API at the API's path followed by `/ui/`."""
    folder = _swagger_ui_folder()

    def home() -> str:
        return render_template("documentation.html", entry=entry)

    def to_home() -> AnyResponse:
        return redirect(f"{entry.path}/ui/", 308)

    def asset(name: str) -> Response:
        return send_from_directory(folder, name, max_age=3_600)

    ui = f"{entry.path}/ui"
    site.add_url_rule(ui, f"{entry.name} ui", to_home, strict_slashes=True)
    site.add_url_rule(f"{ui}/", f"{entry.name} ui home", home)
    site.add_url_rule(f"{ui}/index.html", f"{entry.name} ui index", home)
    site.add_url_rule(f"{ui}/<any({_quoted(_SWAGGER_UI)}):name>", f"{entry.name} ui asset", asset)


@cache
def _swagger_ui_folder() -> Path:
    """Find the files of Swagger UI without importing the package that contains them.

    Raises `FileNotFoundError` if the package is not installed.
    """
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("Swagger UI is missing; install the package flask-swagger-ui.")
    return Path(spec.origin).parent / "dist"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A YAML dumper that writes repeated values in full, because many OpenAPI tools cannot read anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - required by the base class
        return True
