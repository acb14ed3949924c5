"""`RequestLog`: prints a line for each request, in a thread of its own.

A terminal or a program that does not read the output blocks only this thread, and never a request.
"""

from __future__ import annotations

import os
import sys
from queue import Empty, Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

from mock_server.journal.lines import line, wants_colours
from mock_server.serving import terminal

if TYPE_CHECKING:
    from mock_server.journal.entry import Entry
    from mock_server.journal.journal import Journal

_WAITING: Final = 10_000
"""How many entries may wait to be printed; further ones are left out, and their number is printed."""
_SECONDS_TO_STOP: Final = 1.0


class RequestLog:
    """Prints the entries of a journal from `start` until `stop`."""

    def __init__(self) -> None:
        self._entries: Queue[Entry | None] = Queue(_WAITING)
        self._left_out = 0
        self._thread: Thread | None = None

    def start(self, journal: Journal) -> None:
        """Start to print each new entry of the journal, in color if standard output is a terminal."""
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        colours = wants_colours(os.environ, is_terminal=is_terminal)
        self._thread = Thread(target=self._print, args=(journal, colours), name="request log", daemon=True)
        self._thread.start()
        journal.listeners.append(self._add)

    def stop(self) -> None:
        """Print the waiting entries, and end the thread; give up after a second if the output is blocked."""
        if self._thread is not None:
            try:
                self._entries.put_nowait(None)
            except Full:
                return
            self._thread.join(_SECONDS_TO_STOP)

    def _add(self, entry: Entry) -> None:
        try:
            self._entries.put_nowait(entry)
        except Full:
            self._left_out += 1

    def _print(self, journal: Journal, colours: bool) -> None:  # noqa: FBT001 - an argument of a thread
        while (entry := self._entries.get()) is not None:
            entries, ends = [entry], False
            while len(entries) < _WAITING and not ends:
                try:
                    following = self._entries.get_nowait()
                except Empty:
                    break
                ends = following is None
                entries += [following] if following is not None else []
            terminal.say(*(line(journal.exchanges.shown(one), colours=colours) for one in entries))
            left_out, self._left_out = self._left_out, 0
            if left_out:
                terminal.say(f"({left_out} requests are left out, because the output was not read in time.)")
            if ends:
                return
