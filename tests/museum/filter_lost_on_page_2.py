"""Filter and order are sent with the first page only, so the later pages belong to another list."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.definition.model import Operation
from connector.transport.client import Client
from connector.transport.paging import Page


def loses_the_filter(patch: pytest.MonkeyPatch) -> None:
    read = Client.page

    async def page(
        self: Client, operation: Operation, values: Mapping[str, Any], position: Any = None
    ) -> Page:
        paging = self.integration.paging[operation.paging or ""]
        later = position not in (None, paging.first)
        kept = {paging.size_parameter: values[paging.size_parameter]} if later else values
        return await read(self, operation, kept, position)

    patch.setattr(Client, "page", page)


EXHIBIT = Exhibit(
    cited=("dadi/publish#96", "n8n-io/n8n#12272"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    patch=loses_the_filter,
)
