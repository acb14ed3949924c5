"""Record the documents' pictures: the real program, run against a sandbox of its own.

`python -m documents.picture` (`make picture`) takes a few seconds. Times and ids differ in each recording.
It writes docs/terminal.svg and, with Debian's package `chromium`, docs/guides/console.png: a return in the
console.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[2] / "docs" / "terminal.svg"
CONSOLE = Path(__file__).parents[2] / "docs" / "guides" / "console.png"
RETURN = (
    "returns sandbox create-return returngo --input 'items[0].sku=TEE-NVY-M' --input 'items[0].quantity=1' "
    "--input 'items[0].reason=wrong_size' --json"
)
SIZE = "1280,900"
WIDTH = 104
CREATE = (
    "returns action returnmate create_return --input 'order_number=#1001' \\\n"
    "    --input customer_email=priya.nair@example.com --input 'items[0].sku=BOOT-CHE-39' \\\n"
    "    --input 'items[0].quantity=1' --input 'items[0].reason=defective' | head -6"
)
SESSION = (
    "returns trigger returnmate new_return",
    CREATE,
    "returns trigger returnmate new_return",
    "returns trigger --all new_return --restart --since 2020-01-01 --limit 2 2>/dev/null",
)
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""The fonts that rich loads from another host: a picture in a document must not load anything."""


def recorded() -> str:
    """Run the session, and return it as SVG."""
    console = Console(
        record=True, width=WIDTH, file=StringIO(), color_system="truecolor", force_terminal=True
    )
    with tempfile.TemporaryDirectory(prefix="returns-picture-") as name, serving(Path(name)) as environment:
        for number, command in enumerate(SESSION):
            console.print(Text.assemble("\n" if number else "", ("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(output(command, environment).rstrip()))
    svg = console.export_svg(title="returns", unique_id="terminal")
    return "\n".join(line.rstrip() for line in FONT.sub("", svg).splitlines()) + "\n"


def photograph(file: Path) -> None:
    """Write a picture of the console that shows a return, with the moves that it allows."""
    with tempfile.TemporaryDirectory(prefix="returns-picture-") as name, serving(Path(name)) as environment:
        made = json.loads(output(RETURN, environment))["document"]["rmaSummary"]["rmaId"]
        browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={SIZE}"]
        place = f"{environment['RETURNS_SANDBOX_URL']}/console/demo/returns/returngo/{made}"
        subprocess.run(
            [*browser, f"--user-data-dir={name}/browser", f"--screenshot={file}", place],
            capture_output=True,
            check=True,
            env=environment,
        )


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a sandbox in memory; yield the environment in which commands reach it."""
    ready = folder / "ready.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    environment = {
        **kept,
        **{name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "COLUMNS": str(WIDTH),
    }
    options = ("--port", "0", "--database", "sqlite://", "--ready-file", str(ready))
    process = subprocess.Popen(["returns", "serve", *options], stdout=subprocess.DEVNULL, env=environment)
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError("The sandbox did not start.")
            time.sleep(0.05)
        yield {**environment, "RETURNS_SANDBOX_URL": json.loads(ready.read_text("utf-8"))["url"]}
    finally:
        process.terminate()
        process.wait()


def output(command: str, environment: dict[str, str]) -> str:
    """Return what a command prints, standard error included; raises if it fails."""
    return subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env=environment,
    ).stdout


if __name__ == "__main__":
    PICTURE.write_text(recorded(), "utf-8")
    if shutil.which("chromium"):
        photograph(CONSOLE)
