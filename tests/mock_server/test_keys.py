"""Keys: derived from the secret, looked up, limited by scopes, and never stored in plain text."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.each import each
from support.worlds import NOON, open_world

from mock_server.access.keys import DEFAULT, KeyExistsError, Keys
from mock_server.access.plans import Plan
from mock_server.spelling import UnknownNameError
from mock_server.store import Store

SCOPES = ("returns:read", "returns:write")
PLANS = {"small": Plan("small", ((1, "minute"),)), "large": Plan("large", ((9, "minute"),))}


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://")
    yield opened
    opened.close()


def keys_of(store: Store, secret: bytes = b"s") -> Keys:
    keys = Keys(store, secret)
    keys.offer("shop", SCOPES, PLANS)
    keys.offer("mall", ("all",), PLANS)
    return keys


def issue(store: Store, keys: Keys, tenant: str, plan: str = "") -> str:
    with store.change() as change:
        keys.issue_default(change, tenant, "shop", plan, NOON)
    return keys.key(tenant, "shop")


def test_default_key_opens_everything_of_its_tenant_at_its_vendor(store: Store) -> None:
    keys = keys_of(store)
    key = issue(store, keys, "acme", plan="large")
    grant = keys.look_up("shop", key)
    assert grant is not None
    assert (grant.tenant, grant.vendor, grant.key, grant.scopes) == (
        "acme",
        "shop",
        DEFAULT,
        frozenset(SCOPES),
    )
    assert grant.plan is PLANS["large"]
    assert keys.look_up("shop", key) is grant


def test_key_of_one_vendor_does_not_open_another(store: Store) -> None:
    keys = keys_of(store)
    key = issue(store, keys, "acme")
    assert keys.look_up("mall", key) is None
    assert keys.look_up("shop", key) is not None
    assert keys.look_up("mall", key) is None


@pytest.mark.parametrize(
    "presented", ["", "sandbox-shop-acme-aaaaaaaaaaaaaaaaaaaaaaaa", "\udcff", "ключ", "x" * 9999]
)
def test_unknown_key_opens_nothing(store: Store, presented: str) -> None:
    keys = keys_of(store)
    issue(store, keys, "acme")
    assert keys.look_up("shop", presented) is None


def test_key_names_its_tenant_and_cannot_be_derived_without_the_secret(store: Store) -> None:
    key = keys_of(store, b"one").key("acme", "shop")
    assert key.startswith("sandbox-shop-acme-")
    assert len(key.removeprefix("sandbox-shop-acme-")) == 24
    assert key == keys_of(store, b"one").key("acme", "shop")
    others = {keys_of(store, b"two").key("acme", "shop"), *(keys_of(store, b"one").key(*of) for of in
              [("acme", "mall"), ("acm", "shop"), ("acme", "shop", "second")])}  # fmt: skip
    assert key not in others
    assert len(others) == 4


def test_demo_keys_are_public(store: Store) -> None:
    assert keys_of(store).key("demo", "shop") == "sandbox-demo-shop"
    assert keys_of(store).key("demo", "shop", "second") != "sandbox-demo-shop"


def test_created_key_has_the_chosen_scopes_and_plan(store: Store) -> None:
    keys = keys_of(store)
    key = keys.mint("acme", "shop", "reader", scopes=["returns:read"], plan="large", at=NOON)
    grant = keys.look_up("shop", key)
    assert grant is not None
    assert (grant.key, grant.scopes, grant.plan.name) == ("reader", frozenset({"returns:read"}), "large")


def test_created_key_with_no_scopes_opens_nothing_and_by_default_everything(store: Store) -> None:
    keys = keys_of(store)
    none = keys.look_up("shop", keys.mint("acme", "shop", "none", scopes=[], plan="", at=NOON))
    everything = keys.look_up("shop", keys.mint("acme", "shop", "all", scopes=None, plan="", at=NOON))
    assert none is not None
    assert everything is not None
    assert (none.scopes, everything.scopes) == (frozenset(), frozenset(SCOPES))
    assert everything.plan.name == "small"


@pytest.mark.parametrize(
    ("vendor", "scopes", "plan", "sentence"),
    [
        ("kiosk", [], "", 'There is no vendor named "kiosk". Choose shop or mall.'),
        (
            "shop",
            ["returns:burn"],
            "",
            'There is no scope of shop named "returns:burn". Did you mean "returns:read"?',
        ),
        ("shop", [], "huge", 'There is no plan of shop named "huge". Choose small or large.'),
    ],
)
def test_impossible_key_is_refused(
    store: Store, vendor: str, scopes: list[str], plan: str, sentence: str
) -> None:
    with pytest.raises(UnknownNameError, match=re.escape(sentence)):
        keys_of(store).mint("acme", vendor, "k", scopes=scopes, plan=plan, at=NOON)


def test_key_name_is_unique_per_tenant_and_vendor(store: Store) -> None:
    keys = keys_of(store)
    keys.mint("acme", "shop", "k", scopes=None, plan="", at=NOON)
    keys.mint("acme", "mall", "k", scopes=None, plan="", at=NOON)
    keys.mint("other", "shop", "k", scopes=None, plan="", at=NOON)
    with pytest.raises(KeyExistsError, match="acme has a key 'k' at shop already"):
        keys.mint("acme", "shop", "k", scopes=None, plan="", at=NOON)


def test_removed_key_opens_nothing_although_cached(store: Store) -> None:
    keys = keys_of(store)
    key, other = issue(store, keys, "acme"), issue(store, keys, "other")
    assert keys.look_up("shop", key)
    with store.change() as change:
        keys.remove(change, "acme")
    assert keys.look_up("shop", key) is None
    assert keys.look_up("shop", other)


def test_keys_survive_a_restart_and_a_new_secret_replaces_the_default_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with open_world(database=url) as first:
        first.tenants.create("acme")
        vendor = next(iter(first.vendors))
        old = first.world.keys.key("acme", vendor)
        minted = first.world.keys.mint("acme", vendor, "mine", scopes=None, plan="", at=NOON)
    with open_world(database=url) as again:
        assert again.world.keys.key("acme", vendor) == old
        assert again.world.keys.look_up(vendor, old)
    with open_world(database=url, secret="another") as changed:
        keys = changed.world.keys
        assert keys.look_up(vendor, old) is None
        assert keys.look_up(vendor, keys.key("acme", vendor))
        assert keys.look_up(vendor, minted)
        assert keys.look_up(vendor, f"sandbox-demo-{vendor}")


def test_no_key_is_stored_in_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with open_world(database=f"sqlite:///{path}") as opened:
        opened.tenants.create("acme")
        vendor = next(iter(opened.vendors))
        keys = opened.world.keys
        known = [keys.key("acme", vendor), keys.key("demo", vendor)]
        known.append(keys.mint("acme", vendor, "mine", scopes=None, plan="", at=NOON))
        written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    written += path.read_bytes()
    assert b"acme" in written
    for key in each(known):
        assert key.encode() not in written
        assert key.rpartition("-")[2].encode() not in written or key.startswith("sandbox-demo-")
