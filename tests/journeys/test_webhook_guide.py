"""The examples of docs/webhooks.md that verify signatures in Node and by hand, on signed requests."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from support.each import each
from support.webhook_signatures import VERIFIERS

from mock_server import vendors
from mock_server.webhooks.format import Event

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
SECRET = "an-example-secret-with-32-letters"
AT = 1_772_452_800_000_000
FUNCTIONS = {"returnmate": "verifyReturnMate", "returnlogic": "verifyReturnLogic", "swap": "verifySwap"}
DRIVER = """
import { readFileSync } from "node:fs";
import * as verify from "./verify.mjs";
const { name, headers, body, secret, now } = JSON.parse(readFileSync(0));
console.log(verify[name](headers, body, secret, now));
"""


def block(language: str, containing: str = "") -> str:
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = [one for one in blocks if containing in one]
    return found


def signed(vendor: str, version: int, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of the vendor's first event."""
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    event = Event(format_.kinds[0].name, "evt_1", AT, version)
    payload = orjson.dumps(format_.payload(event, format_.sample(event.kind, 1, AT)))
    message = format_.sign(event.kind, payload, secret, AT, "a" * 32)
    return {name.lower(): value for name, value in message.headers.items()}, message.body


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize(
    ("vendor", "version"), [("returnmate", 0), ("returnlogic", 0), ("swap", 0), ("swap", 1)]
)
def test_node_example_accepts_genuine_requests_only(tmp_path: Path, vendor: str, version: int) -> None:
    (tmp_path / "verify.mjs").write_text(block("js"), "utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, "utf-8")
    headers, body = signed(vendor, version)
    forged = signed(vendor, version, SECRET[::-1])
    now = AT // 1_000_000
    cases = [
        ((headers, body), now, "true"),
        ((headers, body.replace(b"Iris", b"Ivan")), now, "true" if version else "false"),
        (forged, now, "false"),
    ]
    if vendor == "swap":
        cases.append(((headers, body), now + 301, "false"))
    for (sent, content), at, expected in each(cases):
        data = {
            "name": FUNCTIONS[vendor],
            "headers": sent,
            "body": content.decode(),
            "secret": SECRET,
            "now": at,
        }
        run = subprocess.run(
            ["node", "driver.mjs"],
            input=json.dumps(data),
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert run.stdout.strip() == expected


def test_token_of_version_1_covers_the_ids_only() -> None:
    """The token is the only signature of version 1, and does not cover the rest of the body."""
    headers, body = signed("swap", 1)
    assert VERIFIERS["swap"](headers, body.replace(b"Iris", b"Ivan"), SECRET)
    assert not VERIFIERS["swap"](headers, body.replace(b"RET-", b"RMA-"), SECRET)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_commands_by_hand_print_the_signatures(tmp_path: Path) -> None:
    script = f"set -eu\n{block('sh', 'openssl')}"
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    body = (tmp_path / "body.json").read_bytes()
    first, second = run.stdout.splitlines()
    assert VERIFIERS["returnmate"]({"x-webhook-signature": first.rpartition(" ")[2]}, body, SECRET)
    assert VERIFIERS["returnlogic"]({"x-returnlogic-hmac-sha256": second}, body, SECRET)
