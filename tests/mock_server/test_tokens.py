"""Access tokens: what they open, how long they are valid, and where they are refused."""

import pytest
from support.worlds import open_world

from mock_server.access.keys import DEMO
from mock_server.access.tokens import TokenExpiredError
from mock_server.admission.gates import KeyGate
from mock_server.clock import SECOND
from mock_server.engine.problem import Problem

SHOP = "swap"
HOUR = 3_600


def test_client_is_identified_by_id_and_secret_together() -> None:
    with open_world() as opened:
        tokens, keys = opened.world.tokens, opened.world.keys
        opened.tenants.create("acme")
        client, secret = tokens.client_id("acme", SHOP), keys.key("acme", SHOP)
        found = tokens.client(SHOP, client, secret)
        assert found is not None
        assert (found.tenant, found.key) == ("acme", "default")
        assert tokens.client(SHOP, tokens.client_id(DEMO, SHOP), secret) is None
        assert tokens.client(SHOP, client, "unknown") is None
        assert tokens.client(SHOP, "ídem", secret) is None
        assert tokens.client("returnmate", client, secret) is None


def test_token_opens_what_its_key_opens_until_it_expires_on_the_tenants_clock() -> None:
    with open_world() as opened:
        world = opened.world
        opened.tenants.create("acme", frozen=True)
        grant = world.keys.look_up(SHOP, world.keys.key("acme", SHOP))
        assert grant is not None
        token = world.tokens.issue(grant, "access", seconds=HOUR)
        world.clocks.advance("acme", world.clocks.now("acme") + (HOUR - 1) * SECOND)
        assert world.tokens.look_up(SHOP, "access", token) == grant
        world.clocks.advance("acme", world.clocks.now("acme") + SECOND)
        with pytest.raises(TokenExpiredError):
            world.tokens.look_up(SHOP, "access", token)


def test_reset_invalidates_tokens_of_an_advanced_clock() -> None:
    with open_world() as opened:
        world = opened.world
        opened.tenants.create("acme")
        grant = world.keys.look_up(SHOP, world.keys.key("acme", SHOP))
        assert grant is not None
        before = world.tokens.issue(grant, "access", seconds=HOUR)
        world.clocks.advance("acme", world.clocks.now("acme") + 30 * 24 * HOUR * SECOND)
        token = world.tokens.issue(grant, "access", seconds=HOUR)
        assert world.tokens.look_up(SHOP, "access", token) == grant
        opened.tenants.reset("acme")
        with pytest.raises(TokenExpiredError):
            world.tokens.look_up(SHOP, "access", token)
        assert world.tokens.look_up(SHOP, "access", before) == grant, "it has not expired"


def test_token_is_valid_for_one_vendor_and_one_use_only() -> None:
    with open_world() as opened:
        world = opened.world
        grant = world.keys.look_up(SHOP, world.keys.key(DEMO, SHOP))
        assert grant is not None
        token = world.tokens.issue(grant, "refresh", seconds=HOUR)
        assert world.tokens.look_up("returnmate", "refresh", token) is None
        assert world.tokens.look_up(SHOP, "access", token) is None
        assert world.tokens.look_up(SHOP, "refresh", token[:-3] + "abc") is None
        assert world.tokens.look_up(SHOP, "refresh", "no token") is None


def test_tokens_are_unique_and_unknown_to_another_sandbox() -> None:
    with open_world() as opened, open_world() as other:
        world = opened.world
        grant = world.keys.look_up(SHOP, world.keys.key(DEMO, SHOP))
        assert grant is not None
        first, second = (world.tokens.issue(grant, "access", seconds=HOUR) for _ in range(2))
        assert first != second
        assert other.world.tokens.look_up(SHOP, "access", first) is None


def test_token_of_a_removed_key_opens_nothing() -> None:
    with open_world() as opened:
        world = opened.world
        opened.tenants.create("acme")
        grant = world.keys.look_up(SHOP, world.keys.key("acme", SHOP))
        assert grant is not None
        token = world.tokens.issue(grant, "access", seconds=HOUR)
        opened.tenants.delete("acme")
        assert world.tokens.look_up(SHOP, "access", token) is None


def test_code_is_valid_once() -> None:
    with open_world() as opened:
        world = opened.world
        grant = world.keys.look_up(SHOP, world.keys.key(DEMO, SHOP))
        assert grant is not None
        code = world.tokens.issue(grant, "code", seconds=600)
        assert world.tokens.spend(SHOP, code) == grant
        assert world.tokens.spend(SHOP, code) is None
        assert world.tokens.spend(SHOP, world.tokens.issue(grant, "access", seconds=600)) is None


class BehindTokens:
    """A vendor that accepts tokens only."""

    token_seconds = HOUR

    def __init__(self, vendor: object) -> None:
        self._vendor = vendor

    def __getattr__(self, name: str) -> object:
        return getattr(self._vendor, name)


def test_gate_accepts_tokens_and_keys_only_if_the_vendor_does() -> None:
    with open_world() as opened:
        world, vendor = opened.world, opened.vendors[SHOP]
        key = world.keys.key(DEMO, SHOP)
        grant = world.keys.look_up(SHOP, key)
        assert grant is not None
        token = world.tokens.issue(grant, "access", seconds=HOUR)
        assert KeyGate(world, vendor).admit({"key": token}) == grant
        strict = KeyGate(world, BehindTokens(vendor))  # type: ignore[arg-type]
        assert strict.admit({"key": token}) == grant
        with pytest.raises(Problem, match="not known") as refused:
            strict.admit({"key": key})
        assert refused.value.kind == "unauthenticated"
        old = world.tokens.issue(grant, "access", seconds=0)
        with pytest.raises(Problem, match="has expired"):
            strict.admit({"key": old})
