"""An action for several lines sends one request for each, and says which were written, in every runtime.

Make has no such action, because a module sends one request: the module for one line names Make's Iterator.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from support.matrix.adapter import Adapter, Refused
from support.matrix.apps import MatrixApps
from support.matrix.shop import Shop

from connector.definition.compiler import integration, vendors
from connector.definition.model import Action
from connector.generator.make import render as render_make

ACTIONS = [
    (vendor, key) for vendor in vendors() for key, one in integration(vendor).actions.items() if one.each
]
RUNTIMES = ("python", "zapier", "n8n")
OK, REFUSED, FORBIDDEN, LOST = 200, 400, 403, 500
"""How the vendor answers a line; it writes a line before the response is lost."""


def intercepting(shop: Shop, answers: Sequence[int]) -> Callable[..., httpx.Response]:
    """Return an interceptor that answers the writes one after the other."""
    left = list(answers)

    def answer(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        status = left.pop(0) if request.method != "GET" else OK
        if status in (REFUSED, FORBIDDEN):
            return shop.refusal(status)
        response = forward()
        return shop.refusal(LOST) if status == LOST else response

    return answer


def run(app: Adapter, action: Action, answers: Sequence[int]) -> dict[str, Any]:
    """Run the action with a line for each answer."""
    inputs = dict(app.shop.facts.actions[action.key](app.shop))
    line = inputs[action.each or ""][0]
    inputs[action.each or ""] = [line for _ in answers]
    app.shop.intercept(intercepting(app.shop, answers))
    return app.act(action.key, inputs)


def sent(app: Adapter) -> list[dict[str, Any]]:
    return [json.loads(one.content) for one in app.shop.proxy.requests if one.method != "GET"]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("vendor", "key"), ACTIONS)
class TestLines:
    def test_each_line_is_sent_with_the_other_inputs(
        self, apps: MatrixApps, runtime: str, vendor: str, key: str
    ) -> None:
        app, action = apps.app(vendor, runtime), integration(vendor).actions[key]
        made = run(app, action, [OK, OK, OK])
        assert [bool(one) for one in made["results"]] == [True, True, True]
        first, *others = sent(app)
        columns = next(one for one in action.inputs if one.key == action.each).children
        assert {one.path[0] for one in (*columns, *action.inputs)} & first.keys()
        assert action.each not in first
        assert others == [first, first]

    def test_refused_line_keeps_no_other_from_being_written(
        self, apps: MatrixApps, runtime: str, vendor: str, key: str
    ) -> None:
        app = apps.app(vendor, runtime)
        with pytest.raises(Refused) as caught:
            run(app, integration(vendor).actions[key], [OK, REFUSED, OK])
        assert caught.value.message.startswith("2 of 3 lines were written: 1, 3. Line 2 was not written: ")
        assert len(app.shop.proxy.reached) == 2

    def test_lost_response_ends_the_step_and_says_so(
        self, apps: MatrixApps, runtime: str, vendor: str, key: str
    ) -> None:
        app = apps.app(vendor, runtime)
        with pytest.raises(Refused) as caught:
            run(app, integration(vendor).actions[key], [OK, LOST, OK, OK])
        said = caught.value.message
        assert said.startswith("1 of 4 lines was written: 1. Whether line 2 was written is unknown: ")
        assert said.endswith("Lines not sent: 3, 4.")
        assert len(app.shop.proxy.reached) == 2

    def test_nothing_is_written_if_every_line_is_refused(
        self, apps: MatrixApps, runtime: str, vendor: str, key: str
    ) -> None:
        app = apps.app(vendor, runtime)
        with pytest.raises(Refused) as caught:
            run(app, integration(vendor).actions[key], [REFUSED, REFUSED])
        assert caught.value.message.startswith("None of 2 lines was written. Line 1 was not written: ")

    def test_refused_login_is_reported_as_usual(
        self, apps: MatrixApps, runtime: str, vendor: str, key: str
    ) -> None:
        app = apps.app(vendor, runtime)
        with pytest.raises(Refused) as caught:
            run(app, integration(vendor).actions[key], [FORBIDDEN, OK])
        assert "line" not in caught.value.message
        assert len(sent(app)) == 1


@pytest.mark.parametrize(("vendor", "key"), ACTIONS)
def test_make_names_the_iterator_instead(vendor: str, key: str) -> None:
    offer = integration(vendor)
    modules = json.loads(render_make(offer)["src/makecomapp.json"])["components"]["module"].values()
    assert offer.actions[key].label not in {one["label"] for one in modules}
    [named] = [one for one in modules if "Iterator" in one.get("description", "")]
    assert named["description"].endswith("put an Iterator before this module.")


def test_there_are_actions_for_several_lines() -> None:
    assert ACTIONS
