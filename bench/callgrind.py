"""Uses callgrind, one of valgrind's tools, to count the instructions that `bench/workload.py` executes."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.baseline import Machine

ROOT = Path(__file__).parents[1]
_TIMEOUT = 900  # seconds; a run takes one minute on an idle core
_OUTPUT = "callgrind.out"
_PLAIN_LIBC = "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-SSE4_1,-SSE4_2,-SSSE3"
"""Prevents the C library from selecting faster functions for particular processors.

Otherwise, the counts would depend on the processor: with AVX2, the count for a list is 5 % higher.
"""


class CannotCountError(Exception):
    """Raised if the instructions cannot be counted.

    The message explains why, and can be shown to the user.
    """


def tool() -> str:
    """Return the path of valgrind; raise `CannotCountError` if valgrind is not installed."""
    path = shutil.which("valgrind")
    if path is None:
        raise CannotCountError(
            "valgrind is missing: install it (on Debian: apt-get install valgrind), then run the guard again."
        )
    return path


def count() -> dict[str, int]:
    """Run the workload under callgrind, and return the number of instructions for each measure.

    The result is keyed by the measure's name. For requests, the number is the average per request. For the
    import and the start of the sandbox, it is the total. Raises `CannotCountError` if valgrind is missing, or
    if the workload fails.
    """
    valgrind = tool()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain", "counted"):
            Path(folder, name).mkdir()
        _run([], Path(folder, "plain"))  # writes the bytecode files, so that the counted run only reads them
        counted = Path(folder, "counted")
        command = [valgrind, "--tool=callgrind", "--dump-line=no", "--dump-before=getppid"]
        printed = _run([*command, f"--callgrind-out-file={counted / _OUTPUT}"], counted)
        return measures(printed, counted)


def measures(printed: str, folder: Path) -> dict[str, int]:
    """Compute the instruction count for each measure.

    `printed` is the workload's output, and `folder` contains callgrind's dumps. Each line of the output
    contains the name of a measure and its number of repetitions. The first line belongs to the first dump,
    and so on.
    """
    counts = {}
    for part, line in enumerate(printed.splitlines(), start=1):
        name, times = json.loads(line)
        if name:
            counts[name] = round(_total(folder / f"{_OUTPUT}.{part}") / times)
    return counts


def here() -> Machine:
    """Describe this machine by the properties that affect the instruction counts, such as the Python version.

    Raises `CannotCountError` if valgrind is not installed.
    """
    valgrind = subprocess.run([tool(), "--version"], capture_output=True, text=True, check=True).stdout
    return Machine(
        python=platform.python_version(),
        architecture=platform.machine(),
        valgrind=valgrind.strip().removeprefix("valgrind-"),
    )


def _run(prefix: list[str], folder: Path) -> str:
    command = [*prefix, sys.executable, "-m", "bench.workload", str(folder)]
    try:
        run = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment(os.environ, folder),
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise CannotCountError(f"{' '.join(command)} did not end within {_TIMEOUT} s.") from None
    if run.returncode:
        last = "\n".join(run.stderr.splitlines()[-15:])
        raise CannotCountError(f"{' '.join(command)} failed with exit code {run.returncode}:\n{last}")
    return run.stdout


def _environment(given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Build environment variables that make Python execute the same instructions in every run."""
    return {
        "PATH": given.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GLIBC_TUNABLES": _PLAIN_LIBC,
        "PYTHONHASHSEED": "0",
        "PYTHONMALLOC": "pymalloc",
        "PYTHONNOUSERSITE": "1",
    }


def _total(dump: Path) -> int:
    """Read the total number of instructions from a dump; raise `CannotCountError` if there is no total."""
    try:
        lines = dump.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise CannotCountError(
            f"callgrind wrote no {dump.name}: it did not notice the workload's call of getppid."
        ) from None
    totals = [line for line in lines if line.startswith(("totals:", "summary:"))]
    if not totals:
        raise CannotCountError(f"{dump.name} of callgrind has no totals.")
    return int(totals[-1].split()[1])
