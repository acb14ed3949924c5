"""The secrets of webhooks in copies of a tenant: a clone has its own, and a snapshot keeps them."""

from collections.abc import Iterator

import pytest
from support.browser import Browser, browsing
from support.each import each
from support.in_process import commands

from mock_server import vendors

TENANTS = "/__sandbox/tenants"
ACME = f"{TENANTS}/acme"
SIGNING = [name for name in vendors.names() if (form := vendors.webhooks_of(name)) and form.new_secret()]
NEW = "n" * 32


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A sandbox with the tenant `acme`, which has a webhook at every vendor that signs."""
    with browsing(seed_size=0) as made:
        assert made.request("POST", TENANTS, json={"name": "acme", "seed_size": 1}).status_code == 201
        for vendor in each(SIGNING):
            body = {"vendor": vendor, "url": "http://127.0.0.1:9/in"}
            assert made.request("POST", f"{ACME}/webhooks", json=body).status_code == 201
        yield made


def secrets(browser: Browser, tenant: str) -> dict[str, str]:
    return {one.id: one.secret for one in browser.app.world.webhooks.every(tenant)}


def test_webhooks_of_a_clone_have_secrets_of_their_own(browser: Browser) -> None:
    before = secrets(browser, "acme")
    assert browser.request("POST", f"{ACME}/clone", json={"name": "other"}).status_code == 201
    assert secrets(browser, "acme") == before
    after = secrets(browser, "other")
    assert after.keys() == before.keys()
    for secret in each(after.values()):
        assert len(secret) >= 32
        assert secret not in before.values()
    assert len(set(after.values())) == len(SIGNING)


def test_snapshot_keeps_the_secrets(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    before = secrets(browser, "acme")
    assert browser.request("POST", f"{ACME}/snapshots", json={"name": "one"}).status_code == 201
    command = commands(browser.client, monkeypatch)
    webhook = f"wh_{SIGNING[0]}_1"
    changed = command("sandbox", "webhook", "change", webhook, "--secret", NEW, "--tenant", "acme")
    assert changed.exit_code == 0
    assert NEW not in changed.stdout
    assert secrets(browser, "acme") == {**before, webhook: NEW}
    assert browser.request("POST", f"{ACME}/snapshots/one/restore").status_code == 200
    assert secrets(browser, "acme") == before
