"""The variables of the container that compose.yaml starts."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def variables() -> dict[str, str]:
    """Return the image's variables `RETURNS_…`, and the service's, with the defaults that it names."""
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    service = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["sandbox"]
    defaults = {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in service["environment"].items()
    }
    return {**dict(re.findall(r"(RETURNS_\w+)=(\S+)", dockerfile)), **defaults}
