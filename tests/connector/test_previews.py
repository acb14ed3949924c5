"""What the connector says if a vendor refuses the request of a preview, and what it does with a 404."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_vendor import open_any
from support.each import each
from support.example_inputs import required_inputs

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors
from connector.definition.offer import REFUSALS, advice
from connector.errors import ConnectorError, NotFound, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from support.fake_vendor import Time

    from connector.definition.model import InputField, Integration, Search
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio


async def refused(connection: Connection, status: int) -> AsyncIterator[tuple[str, bool, ConnectorError]]:
    """Run every step against a vendor that answers with `status`; yield its key, its mark and the error."""
    made = connection.integration
    for key, action in made.actions.items():
        with pytest.raises(ConnectorError) as caught:
            await connection.actions[key](**required_inputs(all_required(action.inputs)))
        yield key, action.preview, caught.value
    for key, search in made.searches.items():
        if status == httpx.codes.NOT_FOUND and not must_exist(made, search):
            continue
        with pytest.raises(ConnectorError) as caught:
            await connection.searches[key](**looked_up(search))
        yield key, search.preview, caught.value
    for key, trigger in made.triggers.items():
        paging = made.paging[made.operations[trigger.source.operation].paging or ""]
        if status == httpx.codes.NOT_FOUND and paging.missing_is_empty:
            continue
        with pytest.raises(ConnectorError) as caught:
            await connection.triggers[key].poll()
        yield key, trigger.preview, caught.value


def all_required(inputs: Sequence[InputField]) -> list[InputField]:
    return [one.model_copy(update={"required": True}) for one in inputs]


def must_exist(made: Integration, search: Search) -> bool:
    """Check whether a 404 is an error: the path has no ID of a record, or is only assumed."""
    operation = made.operations[search.operation]
    paging = made.paging.get(operation.paging or "")
    empty = paging is not None and paging.missing_is_empty
    return not empty and ("{" not in operation.path or operation.path_provenance == "assumed")


def looked_up(search: Search) -> dict[str, Any]:
    wanted = search.at_least_one[:1]
    chosen = all_required([one for one in search.inputs if one.key in wanted])
    return {**required_inputs(search.inputs), **required_inputs(chosen)}


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("vendor", vendors())
async def test_refusal_of_a_preview_says_that_it_is_one(vendor: str, status: int, time: Time) -> None:
    async with open_any(vendor, time, lambda _request: httpx.Response(status, json={})) as connection:
        told = {key: (preview, problem) async for key, preview, problem in refused(connection, status)}
    for key, (preview, problem) in each(told.items()):
        assert problem.status == status, f"{key}: {problem}"
        assert problem.message.count(advice(vendor)) == int(preview), key
        assert (f"`returns verify {vendor}`" in str(problem)) == preview, key


@pytest.mark.parametrize("vendor", vendors())
async def test_other_failures_of_a_preview_do_not_say_so(vendor: str, time: Time) -> None:
    async with open_any(vendor, time, lambda _request: httpx.Response(403, json={})) as connection:
        told = [problem async for _key, _preview, problem in refused(connection, 403)]
    for problem in each(told):
        assert advice(vendor) not in problem.message


async def test_wrong_input_of_a_preview_is_reported_without_advice(time: Time) -> None:
    async with open_any("returngo", time, lambda _request: httpx.Response(500)) as connection:
        with pytest.raises(ValidationFailed) as caught:
            await connection.actions["approve_return"](return_id="")
    assert advice("returngo") not in caught.value.message


async def test_missing_record_is_an_error_if_the_path_is_assumed(time: Time) -> None:
    """With a path that may not exist, "not found" does not mean that there is no such record."""
    doubted = [
        (vendor, search)
        for vendor in vendors()
        for search in compiled(vendor).searches.values()
        if compiled(vendor).operations[search.operation].path_provenance == "assumed"
    ]
    for vendor, search in each(doubted):
        async with open_any(vendor, time, lambda _request: httpx.Response(404, json={})) as connection:
            with pytest.raises(NotFound, match="returns verify"):
                await connection.searches[search.key](**looked_up(search))
