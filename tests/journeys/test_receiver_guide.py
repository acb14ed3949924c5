"""The receiver and the commands of docs/receiver-check.md, as printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from support import preloaded
from support.each import each
from support.sandbox import free_port

from mock_server import vendors
from mock_server.receiver_check.results import NOTES

GUIDE = (Path(__file__).parents[2] / "docs" / "receiver-check.md").read_text("utf-8")
PROGRAM = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)[-1]


@contextmanager
def started(folder: Path, program: str, port: int, secret: str) -> Iterator[None]:
    """Run a receiver until the block ends."""
    (folder / "receiver.py").write_text(program, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "receiver.py", str(port)],
        cwd=folder,
        env={**os.environ, "WEBHOOK_SECRET": secret},
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"http://127.0.0.1:{port}/")
        yield
    finally:
        process.kill()
        process.wait()


def check(folder: Path, port: int, secret: str) -> subprocess.CompletedProcess[str]:
    """Run the last command of the guide, in a shell and with the port."""
    command = COMMANDS.partition("&\n")[2].replace("8000", str(port))
    needed = preloaded.shell_folder(folder)
    return subprocess.run(
        ["bash", "-c", command.replace("returns ", f"{folder}/returns ", 1)],
        cwd=folder,
        env={**os.environ, **needed, "WEBHOOK_SECRET": secret},
        capture_output=True,
        text=True,
        check=False,
    )


def test_receiver_of_the_guide_passes_with_its_commands(tmp_path: Path) -> None:
    assert PROGRAM
    secret = re.search(r"WEBHOOK_SECRET=(\w+)", COMMANDS)
    assert secret
    port = free_port()
    with started(tmp_path, PROGRAM[1], port, secret[1]):
        done = check(tmp_path, port, secret[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 with a warning, 0 failed" in done.stdout
    suite = ET.fromstring((tmp_path / "receiver.xml").read_text("utf-8"))
    assert suite.attrib["failures"] == "0"
    assert int(suite.attrib["tests"]) > 30


def test_receiver_of_the_guide_fails_without_its_verification(tmp_path: Path) -> None:
    assert PROGRAM
    careless = PROGRAM[1].replace("if not hmac.compare_digest", "if False and not hmac.compare_digest")
    assert careless != PROGRAM[1]
    port = free_port()
    with started(tmp_path, careless, port, "s"):
        done = check(tmp_path, port, "s")
    assert done.returncode == 1
    printed = GUIDE.partition("```\npass")[2].partition("```")[0]
    lines = [line for line in printed.splitlines()[2:] if line != "…"]
    for line in each(lines):
        assert re.sub(r"  \d+ ms$", "", line) in done.stdout


@pytest.mark.parametrize("vendor", vendors.names())
def test_guide_names_the_vendors_that_send_webhooks(vendor: str) -> None:
    (line,) = [line for line in GUIDE.splitlines() if line.startswith("| `--vendor NAME`")]
    assert (f"`{vendor}`" in line) == bool(vendors.webhooks_of(vendor))


def test_guide_names_everything_that_is_not_judged() -> None:
    text = re.sub(r"[*\s]+", " ", GUIDE)
    for note in each(NOTES):
        assert note in text
