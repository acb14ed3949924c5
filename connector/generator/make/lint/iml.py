"""Parses templates in IML, Make's expression language, into syntax trees without evaluating them.

The grammar follows Make's page "JavaScript in Make" (developers.make.com, block elements). The operators are,
from the lowest to the highest precedence: `||`, `&&`, equality (`=`, `==`, `===`, `!=`, `!==`), comparison
(`<=`, `>=`, `<`, `>`), `+ -`, `* / %`, and the unary `! -`. An operand is a number, a quoted string, a
function call such as `name(a, b)`, or a variable. A variable can be followed by property names, such as
`.email`, and by array indexes, such as `[2]`. Property names that are not plain words are enclosed in
backticks. Indexes count from 1, and an empty index refers to the first element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


class ImlError(ValueError):
    """An error in an IML expression. The message states the problem and quotes the expression."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or number literal."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, and the path to a value inside the variable.

    An integer in `steps` is an array index, counted from 1.
    """

    root: str
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A function call with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A binary operation, or a unary operation if `left` is None."""

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
    """Split a template into plain strings and parsed expressions, in order.

    Raises ImlError if an expression is invalid, or if braces are not balanced.
    """
    parts: list[Piece] = []
    rest = text
    while "{{" in rest:
        before, _, rest = rest.partition("{{")
        if before:
            parts.append(before)
        end = _end(rest)
        if end < 0:
            raise ImlError(f"{{{{ without }}}} in {text!r}")
        parts.append(parse(rest[:end]))
        rest = rest[end + 2 :]
    if "}}" in rest:
        raise ImlError(f"}}}} without {{{{ in {text!r}")
    return [*parts, rest] if rest or not parts else parts


def _end(text: str) -> int:
    """Find the index of the next closing braces outside quotes, or return -1 if there are none."""
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
    """Parse an IML expression without braces into a syntax tree.

    Raises ImlError if the expression is invalid.
    """
    parser = _Parser(_tokens(expression), expression)
    node = parser.level(0)
    if parser.peek():
        raise ImlError(f"unexpected {parser.peek()!r} in {expression!r}")
    return node


def _tokens(expression: str) -> list[str]:
    tokens, place = [], 0
    trimmed = expression.rstrip()
    while place < len(trimmed):
        token = TOKEN.match(trimmed, place)
        if token is None:
            raise ImlError(f"unexpected {trimmed[place:].strip()[:20]!r} in {expression!r}")
        tokens.append(token[0].strip())
        place = token.end()
    return tokens


class _Parser:
    """A recursive-descent parser for one IML expression.

    `LEVELS` lists the binary operators from the lowest to the highest precedence. `level(depth)` parses an
    expression whose binary operators outside parentheses are all in `LEVELS[depth]` or in later levels.
    """

    def __init__(self, tokens: list[str], expression: str) -> None:
        self._tokens = tokens
        self._place = 0
        self._expression = expression

    def peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ImlError(f"missing {wanted or 'value'} in {self._expression!r}")
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
            raise ImlError(f"unexpected {token!r} in {self._expression!r}")
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
            raise ImlError(f"{token!r} is not an array index in {self._expression!r}")
        return int(token)
