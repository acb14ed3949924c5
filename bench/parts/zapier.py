"""Measures a poll of a generated app in Zapier's runtime."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx

from bench.loads import FIRST_MOMENT
from bench.plan import Plan
from bench.results import Part
from bench.servers import LOAD_CORE, Server, pinned

_HERE = Path(__file__).parents[1]
_APP = _HERE.parent / "zapier_app/returnmate"


def measure_zapier(part: Part, server: Server, plan: Plan) -> None:
    """Add the CPU time of the first and of a later poll of ReturnMate's app, or a note that it is missing."""
    if not (_APP / "node_modules/zapier-platform-core").is_dir() or shutil.which("node") is None:
        part.note("A poll in Zapier's runtime was left out: run `npm ci` in zapier_app/returnmate.")
        return
    answer = httpx.get(f"{server.base_url}/__sandbox/tenants/demo/credentials").raise_for_status()
    login = answer.json()["vendors"]["returnmate"]
    polls = str(max(5, plan.calls // 10))
    for _ in range(plan.rounds):
        arguments = [str(_APP), login["base_url"], login["fields"]["api_key"], polls, FIRST_MOMENT]
        command = pinned(LOAD_CORE, "node", str(_HERE / "zapier.mjs"), *arguments)
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise SystemExit(f"The poll in Zapier's runtime failed:\n{run.stderr[-2_000:]}")
        found = json.loads(run.stdout)
        part.add("the app is loaded and polls first", "Zapier's runtime", "CPU in ms", found["first"])
        part.add(f"a poll of {found['rows']:,} rows, Zapier", "Zapier's runtime", "CPU in ms", found["poll"])
