"""The commands of docs/hub.md, as printed, against the running sandbox."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support import preloaded
from support.hub_process import running_hub
from support.sandbox import Sandbox
from support.webhook_receiver import receiving

PAGE = (Path(__file__).parents[2] / "docs" / "hub.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PATIENCE = 60.0


def blocks(section: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)


def run(script: str, folder: Path, **variables: str) -> str:
    needed = preloaded.shell_folder(folder)
    programs = f"{folder}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **needed, "PATH": programs, **variables},
    )
    assert finished.returncode == 0, finished.stderr + finished.stdout
    return finished.stdout


def test_the_plans_are_shown(tmp_path: Path) -> None:
    (script,) = blocks("See what it can promise")
    shown = run(script, tmp_path)
    assert "1,800 of 2,000" in shown


def test_the_first_event_arrives(sandbox: Sandbox, tmp_path: Path) -> None:
    start, connect, create = blocks("Try it with the sandbox")
    assert re.fullmatch(r"returns hub( --\S+ \S+)+\n", start)
    with receiving() as receiver, running_hub(tmp_path, options=start.split()[2:]) as hub:
        where = {
            "HUB": hub.url,
            "HUB_KEY": hub.key,
            "TARGET": receiver.url,
            "RETURNS_SANDBOX_URL": sandbox.url,
        }
        run(connect, tmp_path, **where)
        receiver.wait(hub.has_polled, PATIENCE)
        functions = re.search(r"^hub\(\).*$", connect, re.MULTILINE)
        assert functions
        run(f"{functions[0]}\n{create}", tmp_path, **where)
        receiver.wait(lambda: bool(receiver.got), PATIENCE)
    (_path, body), *others = receiver.got
    assert others == []
    assert (body["kind"], body["data"]["order_number"]) == ("return_created", "#1001")


@pytest.mark.parametrize("name", re.findall(r"^\| `(\w+)`", SECTIONS["What arrives"], re.MULTILINE))
def test_the_fields_are_those_that_arrive(name: str) -> None:
    assert f'"{name}"' in (Path(__file__).parents[2] / "connector" / "hub" / "bodies.py").read_text("utf-8")
