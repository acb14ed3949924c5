"""A row that cannot be read is left out without a note."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.runtime import triggers
from connector.runtime.polling.problems import Problems, report_problems


def says_nothing(patch: pytest.MonkeyPatch) -> None:
    def silent(*what: Any, **how: Any) -> Problems:
        return replace(report_problems(*what, **how), notes=())

    patch.setattr(triggers, "report_problems", silent)


EXHIBIT = Exhibit(
    cited=("mvanhorn/printing-press-library#1540",),
    vendor="swap",
    trigger="new_return",
    caught_by="unreadable_rows_are_reported",
    patch=says_nothing,
)
