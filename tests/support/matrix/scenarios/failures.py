"""Scenarios with failures between a runtime and the vendor: they are reported, and no record is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from support.matrix import needs
from support.matrix.adapter import Adapter, Kind, Refused
from support.matrix.checks import delivers_once, filled, long_reading, trigger_event
from support.matrix.shop import MARK, Shop, always, without

UNKNOWN = "sandbox-key-that-does-not-exist"
WAIT = 7


def wrong_login(app: Adapter, shop: Shop) -> None:
    """A wrong login is refused as a login error, and a correct one is accepted."""
    app.prove(shop.login)
    with pytest.raises(Refused) as caught:
        app.prove(without(shop.login, shop.credential, UNKNOWN))
    assert caught.value.kind == "authentication", caught.value
    for one in shop.offer.authentication.fields:
        if one.required and one.key not in {shop.credential, *shop.facts.unchecked}:
            with pytest.raises(Refused) as caught:
                app.prove(without(shop.login, one.key, "unknown"))
            assert caught.value.kind in {"authentication", "permission", "not_found"}, caught.value


def too_many_requests(app: Adapter, shop: Shop) -> None:
    """A rate limit is reported with the vendor's delay, and no record is lost."""
    key = needs.triggers(app)[0]
    watch = app.watch(key)
    expected = trigger_event(shop, key)
    shop.intercept(always(shop.refusal(429, retry_after=str(WAIT))))
    with pytest.raises(Refused) as caught:
        watch.poll()
    assert (caught.value.kind, caught.value.delay) == ("rate_limited", WAIT if app.tells_delay else None)
    shop.proxy.clear()
    delivers_once(app, key, watch, expected)
    if shop.offer.limits.plans:
        _used_up(app, shop.another(limits="on", frozen=True), key)


def _used_up(app: Adapter, shop: Shop, key: str) -> None:
    """Exhaust the sandbox's own rate limits, on a frozen clock."""
    windows = shop.offer.limits.plans[0].windows
    watch = app.at(shop).watch(key)
    test = shop.offer.operations[shop.offer.authentication.test_operation]
    with shop.sandbox.client(shop.vendor, shop.tenant) as client:
        left = max(window.requests for window in windows)
        while client.get(test.path, params=shop.offer.authentication.test_query).status_code != 429:
            left -= 1
            assert left >= 0, "the sandbox has no limits"
    with pytest.raises(Refused) as caught:
        watch.poll()
    assert caught.value.kind == "rate_limited"
    longest = max(window.seconds for window in windows)
    assert caught.value.delay is None or 0 < caught.value.delay <= longest


def login_lost_mid_run(app: Adapter, shop: Shop) -> None:
    """A login revoked between two pages is reported as a login error, and no record is lost."""
    key = needs.long_readings(app)[0]
    reading = long_reading(app, key)
    proxy, refused = shop.proxy, shop.refusal(401)

    def after_one_page(_request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        return refused if shop.arrived else forward()

    shop.intercept(after_one_page)
    with pytest.raises(Refused) as caught:
        reading.watch.poll()
    assert caught.value.kind == "authentication", caught.value
    assert len(shop.arrived) == 1
    proxy.clear()
    delivers_once(reading.app, key, reading.watch, *reading.expected)


def missing_record(app: Adapter, shop: Shop) -> None:
    """An action on a record that does not exist reports that it was not found."""
    for key in needs.actions_on_a_record(app):
        fields = shop.offer.actions[key].inputs
        named = {one.key: shop.facts.unknown for one in fields if one.location == "path"}
        with pytest.raises(Refused) as caught:
            app.act(key, {**filled(app, key), **named})
        assert caught.value.kind == "not_found", caught.value


def wrong_value(app: Adapter, shop: Shop) -> None:
    """A value that the vendor refuses is reported with the name of its field."""
    wrong = shop.facts.wrong
    assert wrong, f"{shop.vendor} has actions, so its facts need a refused value"
    shown = app.form("actions", wrong.action)
    inputs = {key: value for key, value in wrong.inputs(shop).items() if key in shown}
    shop.proxy.clear()
    with pytest.raises(Refused) as caught:
        app.act(wrong.action, inputs)
    assert caught.value.kind == "validation", caught.value
    assert any(name in caught.value.message for name in wrong.field), caught.value
    assert len(shop.arrived) <= 1, "the refused request was sent again"


def vendor_failure(app: Adapter, shop: Shop) -> None:
    """A vendor failure is reported as such; no record is lost, and no write is repeated without a check."""
    key = needs.triggers(app)[0]
    watch = app.watch(key)
    expected = trigger_event(shop, key)
    failing = shop.refusal(503)
    shop.intercept(always(failing))
    with pytest.raises(Refused) as caught:
        watch.poll()
    assert caught.value.kind == "unavailable", caught.value
    shop.proxy.clear()
    delivers_once(app, key, watch, expected)
    for action in needs.actions(app):
        _lost_answer(app, shop, action, failing)


@contextmanager
def suppress_kind(kind: Kind) -> Iterator[None]:
    """Allow a refusal of this kind only."""
    try:
        yield
    except Refused as refused:
        if refused.kind != kind:
            raise


def _lost_answer(app: Adapter, shop: Shop, key: str, failing: httpx.Response) -> None:
    """Make a write whose answer is lost: it is searched for or reported as unknown, and not repeated."""
    inputs = filled(app, key)

    def lost(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        answer = forward()
        return answer if request.method == "GET" else failing

    shop.intercept(lost)
    with suppress_kind(app.lost_write(key)):
        assert app.act(key, inputs), key
    writes = [one for one in shop.arrived if one.method != "GET"]
    assert len(writes) == 1 or shop.offer.actions[key].after_timeout == "repeat", (
        f"{key}: {len(writes)} writes"
    )


def no_secret_in_logs(app: Adapter, shop: Shop) -> None:
    """No log and no error shows the credentials, not even if the vendor repeats them."""
    with app.listening():
        app.watch(needs.triggers(app)[0]).poll()
        secrets = {*shop.secrets, *_sent(shop), UNKNOWN}
        echo = " ".join([MARK, *(shop.secrets if app.hides_echoes else ())])
        for status in (400, 401, 404, 422, 500):
            shop.intercept(always(shop.refusal(status, echo)))
            for call in _calls(app, shop):
                with pytest.raises(Refused):
                    call()
        shop.intercept(always(shop.refusal(400, echo)))
        with pytest.raises(Refused):  # n8n words the errors of a login's test itself
            app.watch(needs.triggers(app)[0]).poll()
        shop.proxy.clear()
        with pytest.raises(Refused):
            app.prove(without(shop.login, shop.credential, UNKNOWN))
        words = app.words()
    assert MARK in words, "the vendor's message is missing"
    assert [secret for secret in secrets if secret in words] == []


def _sent(shop: Shop) -> set[str]:
    """Return the credentials that requests carried: a typed key, or a token issued for it."""
    login = shop.offer.authentication
    sent = {one.headers.get(login.header, "").removeprefix(login.prefix) for one in shop.proxy.requests}
    return sent - {""}


def _calls(app: Adapter, shop: Shop) -> list[Callable[[], object]]:
    """Return a read and, if the vendor has one, a write."""
    writes = [partial(app.act, key, filled(app, key)) for key in needs.actions(app)[:1]]
    return [partial(app.prove, shop.login), *writes]
