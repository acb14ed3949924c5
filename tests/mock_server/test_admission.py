"""The gate before a vendor whose keys open several shops: the key first, then the shop."""

from collections.abc import Mapping

import pytest
from support.worlds import desk

from mock_server.access.grants import Grant
from mock_server.access.keys import DEMO
from mock_server.admission.gates import KeyGate
from mock_server.engine.problem import Problem


class TwoShops:
    """Lets the account's two shops in, and notes what it was asked."""

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
    with desk() as opened:
        vendor = TwoShops(opened.vendors["swap"])
        gate = KeyGate(opened.world, vendor)  # type: ignore[arg-type]
        shown = {"key": "sandbox-demo-swap", "shop": shop}
        assert gate.admit(shown).tenant == DEMO
        assert vendor.asked == [(DEMO, shown)]


def test_another_shop_is_forbidden_and_another_key_not_asked_for_its_shop() -> None:
    with desk() as opened:
        vendor = TwoShops(opened.vendors["swap"])
        gate = KeyGate(opened.world, vendor)  # type: ignore[arg-type]
        with pytest.raises(Problem) as refused:
            gate.admit({"key": "sandbox-demo-swap", "shop": "third"})
        assert refused.value.kind == "forbidden"
        vendor.asked.clear()
        with pytest.raises(Problem) as stranger:
            gate.admit({"key": "sandbox-demo-nobody", "shop": "first"})
        assert (stranger.value.kind, vendor.asked) == ("unauthenticated", [])
