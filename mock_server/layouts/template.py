"""`Template`: one vendor's seed data in memory, from which the data of other tenants is copied.

The seed data of two tenants with the same seed, size and first moment differs only in a few words, such as
IDs that are hashes of the tenant's name. A template stores each text that contains such words in pieces, and
joins the pieces with the words of the tenant for which it is copied.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from mock_server.store.content import EVENTS, ROWS, Chunks, Content

Words = Callable[[str], Sequence[str]]
"""A function that lists the words that depend on a tenant's name, in the same order for every name."""
Pieces = tuple[str | int, ...] | tuple[bytes | int, ...]
"""A text that is split at the tenant's words; each word is replaced by its index."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a database table, without the tenant's words.

    `values` has None in each column whose text contains such words. `gaps` lists these columns, as pairs of
    the column's index and the pieces of its text.
    """

    values: tuple[Any, ...]
    gaps: tuple[tuple[int, Pieces], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One vendor's seed data; `size` is its approximate memory in bytes."""

    words: Words | None
    tables: Mapping[str, list[Any]]
    size: int

    @classmethod
    def of(cls, content: Content, tenant: str, words: Words | None, pattern: str) -> Self:
        """Read a tenant's seed data into a template.

        `words` lists the words of a tenant that occur in the data, and `pattern` is a regular expression that
        finds them; `words` is None if the data does not depend on the tenant.
        """
        reader = _Reader([] if words is None else words(tenant), pattern)
        tables = {
            name: [
                reader.line(values) if words else reader.shared(values)
                for chunk in getattr(content, name)()
                for values in chunk
            ]
            for name in ("rows", "events", "steps", "counters")
        }
        return cls(words, tables, reader.size)

    def copy(self, tenant: str) -> "TemplateCopy":
        """Return a copy of the seed data that contains the words of `tenant`."""
        return TemplateCopy(self, [] if self.words is None else self.words(tenant))


class TemplateCopy:
    """The rows, events, steps and counters of a template, with the words of one tenant inserted.

    Implements `store.content.Content`, which describes the tuples that the methods yield in chunks.
    """

    def __init__(self, template: Template, words: Sequence[str]) -> None:
        self._tables = template.tables
        self._texts = words
        self._has_words = template.words is not None
        self._bytes = [word.encode() for word in words]

    def rows(self) -> Chunks:
        """Yield the rows, in insertion order."""
        return self._chunks("rows", ROWS)

    def events(self) -> Chunks:
        """Yield the ledger events."""
        return self._chunks("events", EVENTS)

    def steps(self) -> Chunks:
        """Yield the scheduled steps, in the order in which they were scheduled."""
        return self._chunks("steps", EVENTS)

    def counters(self) -> Chunks:
        """Yield the counters, which contain the numbers of rows per vendor, kind and status."""
        return self._chunks("counters", EVENTS)

    def _chunks(self, table: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        lines = self._tables[table]
        for start in range(0, len(lines), size):
            chunk = lines[start : start + size]
            # Not `self._texts`: a shop without returns has an empty list of words, but also `_Line` objects.
            yield [self._filled(line) for line in chunk] if self._has_words else chunk

    def _filled(self, line: _Line) -> tuple[Any, ...]:
        if not line.gaps:
            return line.values
        values, last, text = list(line.values), None, None
        for column, pieces in line.gaps:
            if pieces is not last:  # the summary of a short document is the document
                last, text = pieces, self._join(pieces)
            values[column] = text
        return tuple(values)

    def _join(self, pieces: Any) -> str | bytes:
        if isinstance(pieces[0], bytes):
            words = self._bytes
            return b"".join([words[piece] if piece.__class__ is int else piece for piece in pieces])
        texts = self._texts
        return "".join([texts[piece] if piece.__class__ is int else piece for piece in pieces])


class _Reader:
    """Reads one tenant's seed data, and splits its texts at the tenant's words.

    Many cells are equal (statuses, e-mail addresses, the summary of a short document), so each value is kept
    once. `size` is the memory of all values that were read, in bytes.
    """

    def __init__(self, words: Sequence[str], pattern: str) -> None:
        self._texts = {word: index for index, word in enumerate(words)}
        self._bytes = {word.encode(): index for word, index in self._texts.items()}
        self._text_pattern = re.compile(f"({pattern})")
        self._byte_pattern = re.compile(f"({pattern})".encode())
        self._values: dict[Any, Any] = {}
        self._pieces: dict[Any, Pieces | None] = {}
        self.size = 0

    def shared(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the values as a tuple in which equal values are the same object, to save memory.

        Values are shared across all tuples that this method returns.
        """
        self.size += sys.getsizeof(values)
        return tuple([self._keep(value) for value in values])

    def line(self, values: Sequence[Any]) -> _Line:
        """Convert a row to a `_Line`, by splitting its texts at the tenant's words."""
        gaps = [(column, pieces) for column, value in enumerate(values) if (pieces := self._split(value))]
        columns = dict(gaps)
        self.size += sys.getsizeof(_Line) + sys.getsizeof(gaps)
        kept = [None if column in columns else value for column, value in enumerate(values)]
        return _Line(self.shared(kept), tuple(gaps))

    def _keep(self, value: Any) -> Any:
        known = self._values.get(value)
        if known is None and value is not None:
            known = self._values[value] = value
            self.size += sys.getsizeof(value)
        return known

    def _split(self, value: Any) -> Pieces | None:
        if not isinstance(value, str | bytes):
            return None
        if value not in self._pieces:
            pieces: Any
            if isinstance(value, str):
                pieces = tuple([self._texts.get(part, part) for part in self._text_pattern.split(value)])
            else:
                pieces = tuple([self._bytes.get(part, part) for part in self._byte_pattern.split(value)])
            contains_words = any(isinstance(piece, int) for piece in pieces)
            self._pieces[value] = pieces if contains_words else None
            if contains_words:
                self.size += sys.getsizeof(pieces) + sum(map(sys.getsizeof, pieces))
        return self._pieces[value]
