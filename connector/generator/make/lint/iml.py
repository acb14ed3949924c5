"""Reads Make's expression language: a text with `{{…}}` in it becomes a tree; nothing is evaluated here.

Grammar, after Make's page "JavaScript in Make" (developers.make.com, block elements): `||`, `&&`, equality
(`=`, `==`, `===`, `!=`, `!==`), relations, `+ -`, `* / %`, `! -`, then a value: a number, a text in either
quotes, a call `name(a, b)`, or a name with `.step`, back-ticks for a step that is no word, and `[n]` (counted
from one; empty is the first).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


class ImlError(ValueError):
    """A text is no IML; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable and the steps into it; a number is a place in an array, counted from one."""

    root: str
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator between two values, or before one (`left` is None)."""

    operator: str
    left: Node | None
    right: Node


Node = Literal | Name | Call | Operation
Piece = str | Node

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<name>[A-Za-z_$][\w$]*)|(?P<quoted>`[^`]*`)"
    r"|(?P<operator>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>=!().,\[\]]))"
)
LEVELS = (
    ("||",),
    ("&&",),
    ("===", "!==", "==", "!=", "="),
    ("<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/", "%"),
)


def pieces(text: str) -> list[Piece]:
    """Split a text into plain parts and parsed expressions; raises ImlError."""
    found: list[Piece] = []
    rest = text
    while "{{" in rest:
        before, _, rest = rest.partition("{{")
        if before:
            found.append(before)
        end = _end(rest)
        if end < 0:
            raise ImlError(f"an expression is not closed in {text!r}")
        found.append(parse(rest[:end]))
        rest = rest[end + 2 :]
    if "}}" in rest:
        raise ImlError(f"an expression is closed that was not opened in {text!r}")
    return [*found, rest] if rest or not found else found


def _end(text: str) -> int:
    """Find the closing braces that no quotes hold."""
    quote = ""
    for index, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        elif text.startswith("}}", index):
            return index
    return -1


def parse(expression: str) -> Node:
    """Parse what stands between the braces; raises ImlError."""
    reader = _Reader(_tokens(expression), expression)
    node = reader.level(0)
    if reader.peek():
        raise ImlError(f"{reader.peek()!r} is not expected in {expression!r}")
    return node


def _tokens(expression: str) -> list[str]:
    tokens, place = [], 0
    trimmed = expression.rstrip()
    while place < len(trimmed):
        found = TOKEN.match(trimmed, place)
        if found is None:
            raise ImlError(f"{trimmed[place:].strip()[:20]!r} is not expected in {expression!r}")
        tokens.append(found[0].strip())
        place = found.end()
    return tokens


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str], expression: str) -> None:
        self._tokens = tokens
        self._place = 0
        self._expression = expression

    def peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ImlError(f"{wanted or 'a value'} is missing in {self._expression!r}")
        self._place += 1
        return token

    def level(self, depth: int) -> Node:
        if depth == len(LEVELS):
            return self._unary()
        left = self.level(depth + 1)
        while self.peek() in LEVELS[depth]:
            operator = self.take()
            left = Operation(operator, left, self.level(depth + 1))
        return left

    def _unary(self) -> Node:
        if self.peek() in ("!", "-"):
            return Operation(self.take(), None, self._unary())
        return self._value()

    def _value(self) -> Node:
        token = self.take()
        if token[0] == "(":
            inner = self.level(0)
            self.take(")")
            return inner
        if token[0] in "'\"":
            return Literal(token[1:-1])
        if token[0].isdigit():
            return Literal(float(token) if "." in token else int(token))
        if token[0] == "`":
            return Name(token[1:-1], self._steps())
        if not (token[0].isalpha() or token[0] in "_$"):
            raise ImlError(f"{token!r} is not expected in {self._expression!r}")
        return self._call(token) if self.peek() == "(" else Name(token, self._steps())

    def _call(self, function: str) -> Call:
        self.take("(")
        arguments: list[Node] = []
        while self.peek() != ")":
            arguments.append(self.level(0))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return Call(function, tuple(arguments))

    def _steps(self) -> tuple[str | int, ...]:
        steps: list[str | int] = []
        while self.peek() in (".", "["):
            if self.take() == ".":
                steps.append(self.take().strip("`"))
                continue
            steps.append(1 if self.peek() == "]" else self._index())
            self.take("]")
        return tuple(steps)

    def _index(self) -> int:
        token = self.take()
        if not token.isdigit():
            raise ImlError(f"{token!r} is no place in an array in {self._expression!r}")
        return int(token)
