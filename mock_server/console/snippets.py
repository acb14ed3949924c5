"""Builds code snippets that send a first request to a vendor's API, for several languages and tools."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from mock_server.pages import curl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.console.api import ApiCall
    from mock_server.pages.documents import Entry

_SENT: Final = {"content-type", "accept", "idempotency-key", "prefer"}
"""The headers, besides those with credentials, that the curl command for a recorded request contains."""
_PYTHON: Final = """\
import httpx

response = httpx.get(
    {url},
    headers={headers},
)
response.raise_for_status()
print(response.json())
"""
_NODE: Final = """\
const response = await fetch({url}, {{
  headers: {headers},
}});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
"""
_PYTEST: Final = """\
# The fixture comes with the package; each test has a tenant of its own.
def test_first_list(returns_tenant):
    with returns_tenant.client({vendor}) as client:
        response = client.get({path})
    assert response.status_code == 200
"""


def snippets(
    tenant: str, entry: Entry, credentials: Mapping[str, Any], control: str
) -> list[tuple[str, str]]:
    """Return pairs of a label and a code snippet for a first request to a vendor's API.

    One snippet fetches the credentials, and the others list records. `credentials` is the control plane's
    response for the vendor, and `control` is the control plane's URL.
    """
    base, headers, query = credentials["base_url"], credentials["headers"], credentials["query"]
    path, parameters = curl.first_list(entry.document)
    found = urlencode({**parameters, **query})
    url = f"{base}{path}?{found}" if found else base + path
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    return [
        ("curl", curl.command(entry.document, base, headers, query)),
        ("Python", _PYTHON.format(url=json.dumps(url), headers=_indented(headers, 4))),
        ("Node", _NODE.format(url=json.dumps(url), headers=_indented(headers, 2))),
        ("pytest", _PYTEST.format(vendor=json.dumps(entry.name), path=json.dumps(target))),
        ("Credentials", f"curl {control}/tenants/{tenant}/credentials"),
    ]


def control_curl(call: ApiCall, origin: str, *, with_token: bool) -> str:
    """Return a curl command for a request to the control plane; `origin` is the sandbox's base URL."""
    words = ["curl"] if call.method == "GET" else ["curl", "-X", call.method]
    if call.body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(call.body)]
    token = ' -H "Authorization: Bearer $RETURNS_CONTROL_TOKEN"' if with_token else ""
    return f"{shlex.join(words)}{token} {shlex.quote(origin + call.target)}"


def _indented(headers: Mapping[str, str], spaces: int) -> str:
    return json.dumps(dict(headers), indent=spaces).replace("\n", "\n" + " " * spaces)


def as_curl(exchange: Mapping[str, Any], credentials: Mapping[str, Any], origin: str) -> str:
    """Return a curl command that sends a recorded request again.

    `exchange` is the recorded request in the control plane's format, without secrets. The command therefore
    contains `credentials`, which belong to the tenant's default key. `origin` is the sandbox's URL without a
    path.
    """
    given = {name.lower(): value for name, value in credentials.get("headers", {}).items()}
    sent: Mapping[str, str] = exchange["request"]["headers"]
    headers = {name: given.get(name, value) for name, value in sent.items() if name in _SENT or name in given}
    body = exchange["request"]["body"]
    query = exchange["query"]
    words = ["curl", *([] if exchange["method"] == "GET" else ["-X", exchange["method"]])]
    words += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    if body is not None:
        words += ["-d", body if isinstance(body, str) else json.dumps(body)]
    return shlex.join([*words, f"{origin}{exchange['path']}{'?' if query else ''}{query}"])
