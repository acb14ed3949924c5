"""Admission for vendors whose keys open several shops: the key is checked first, then the shop."""

from collections.abc import Mapping

import pytest
from support.worlds import open_world

from mock_server.access.grants import Grant
from mock_server.access.keys import DEMO
from mock_server.admission.gates import KeyGate
from mock_server.engine.problem import Problem


class TwoShops:
    """A vendor with two shops per account, which records the shops it was asked for."""

    def __init__(self, vendor: object) -> None:
        self._vendor = vendor
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._vendor, name)

    def enter(self, grant: Grant, credentials: Mapping[str, str]) -> None:
        self.asked.append((grant.tenant, dict(credentials)))
        if credentials["shop"] not in {"first", "second"}:
            raise Problem("forbidden", "No such shop.")


@pytest.mark.parametrize("shop", ["first", "second"])
def test_one_key_opens_every_shop_of_its_account(shop: str) -> None:
    with open_world() as opened:
        vendor = TwoShops(opened.vendors["swap"])
        gate = KeyGate(opened.world, vendor)  # type: ignore[arg-type]
        shown = {"key": "sandbox-demo-swap", "shop": shop}
        assert gate.admit(shown).tenant == DEMO
        assert vendor.asked == [(DEMO, shown)]


def test_other_shop_is_forbidden_and_a_wrong_key_is_not_asked_for_its_shop() -> None:
    with open_world() as opened:
        vendor = TwoShops(opened.vendors["swap"])
        gate = KeyGate(opened.world, vendor)  # type: ignore[arg-type]
        with pytest.raises(Problem) as refused:
            gate.admit({"key": "sandbox-demo-swap", "shop": "third"})
        assert refused.value.kind == "forbidden"
        vendor.asked.clear()
        with pytest.raises(Problem) as stranger:
            gate.admit({"key": "sandbox-demo-unknown", "shop": "first"})
        assert (stranger.value.kind, vendor.asked) == ("unauthenticated", [])
