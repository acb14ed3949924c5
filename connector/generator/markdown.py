"""Formats generated READMEs: wraps lines at 120 characters, and groups labels that share a description."""

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

WIDTH = 120
FENCE = re.compile(r"\s*```")
VERBATIM = re.compile(r"\||#|$")
MARKER = re.compile(r"\s*(?:[-*]|\d+\.)\s+")


def filled(text: str) -> str:
    """Wrap the paragraphs and list items of a Markdown document at `WIDTH` characters.

    Code blocks, tables and headings are not changed.
    """
    return "\n".join(_lines(text)) + "\n"


def _lines(text: str) -> Iterator[str]:
    block: list[str] = []
    in_code = False
    for line in text.splitlines():
        fence = FENCE.match(line) is not None
        if fence or in_code or VERBATIM.match(line):
            yield from _fill(block)
            block = []
            yield line
            in_code = in_code != fence
            continue
        if MARKER.match(line):
            yield from _fill(block)
            block = []
        block.append(line)
    yield from _fill(block)


def _fill(block: list[str]) -> list[str]:
    """Wrap one paragraph or list item; the second and later lines of a list item are indented."""
    if not block:
        return []
    marker = MARKER.match(block[0])
    indent = len(marker[0]) if marker else len(block[0]) - len(block[0].lstrip())
    return textwrap.wrap(
        " ".join(line.strip() for line in block),
        WIDTH,
        initial_indent=" " * (len(block[0]) - len(block[0].lstrip())),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def grouped(texts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Group `(label, text)` pairs by their text.

    The result is a list with one dictionary per text: `{"labels": [...], "text": ...}`. Equal labels of
    a text are listed once.
    """
    groups: dict[str, list[str]] = {}
    for label, text in texts:
        groups.setdefault(text, []).append(label)
    return [{"labels": list(dict.fromkeys(labels)), "text": text} for text, labels in groups.items()]
