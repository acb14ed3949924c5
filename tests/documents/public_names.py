"""The list of the public names of `connector`."""

import inspect
from importlib import import_module
from textwrap import fill

import connector
from connector import errors

MODULES = ("connector", "connector.unified", "connector.webhooks", "connector.errors")


def public_names() -> str:
    """Return an item per module: its public names."""
    items = (f"- `{module}`: {', '.join(f'`{name}`' for name in names_of(module))}" for module in MODULES)
    return "\n".join(fill(item, 118, subsequent_indent="  ", break_on_hyphens=False) for item in items) + "\n"


def names_of(module: str) -> list[str]:
    """Return the public names of a module: `__all__`, or the errors."""
    if module == "connector.errors":
        classes = inspect.getmembers(errors, inspect.isclass)
        return [name for name, one in classes if one.__module__ == module and not name.startswith("_")]
    names: list[str] = import_module(module).__all__ if module != "connector" else connector.__all__
    return sorted(names)
