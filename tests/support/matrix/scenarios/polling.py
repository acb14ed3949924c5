"""Scenarios about which records triggers deliver."""

from datetime import timedelta

from connector.definition.paths import at_path, everything_at
from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.checks import delivers_once, long_reading, same_parameters_on_every_page, trigger_event
from support.matrix.shop import Shop, always


def first_poll(app: Adapter, shop: Shop) -> None:
    """Records from before a trigger is switched on are not delivered."""
    for key in needs.triggers(app):
        trigger_event(shop, key)
    for key in needs.triggers(app):
        assert app.watch(key).poll() == [], key


def new_record_once(app: Adapter, shop: Shop) -> None:
    """New records are delivered once each, and their changes are not."""
    for key in needs.new_records(app):
        trigger_event(shop, key)
        watch = app.watch(key)
        delivers_once(app, key, watch, trigger_event(shop, key), trigger_event(shop, key))
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    document = shop.create_return()
    delivers_once(app, key, watch, shop.facts.happens[key](shop, document))
    changes = [one for one in needs.triggers(app) if one not in needs.new_records(app)]
    for change in changes[:1]:
        shop.facts.happens[change](shop, document)
        assert watch.poll() == [], f"a change ({change}) was delivered as new"


def equal_timestamps(app: Adapter, shop: Shop) -> None:
    """Records with equal timestamps are all delivered, once each, also if a poll runs between them."""
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    second = shop.time().strftime("%Y-%m-%dT%H:%M:%SZ")
    happens = shop.facts.happens[key]
    delivers_once(app, key, watch, *(happens(shop, shop.create_return(created_at=second)) for _ in range(3)))
    delivers_once(app, key, watch, happens(shop, shop.create_return(created_at=second)))


def late_record(app: Adapter, shop: Shop) -> None:
    """A record that appears after newer ones is delivered, within the guarantee's look-back."""
    key = needs.looking_back(app)[0]
    look_back = needs.promise(app, key).look_back
    watch = app.watch(key)
    delivers_once(app, key, watch, trigger_event(shop, key))
    late = shop.time() - timedelta(seconds=min(look_back or 600, 600) * 0.8)
    document = shop.create_return(created_at=late.strftime("%Y-%m-%dT%H:%M:%SZ"))
    delivers_once(app, key, watch, shop.facts.happens[key](shop, document))


def every_trigger_once(app: Adapter, shop: Shop) -> None:
    """Each trigger fires once for its event."""
    for key in needs.triggers(app):
        here = shop.another()
        there = app.at(here)
        watch = there.watch(key)
        delivers_once(there, key, watch, trigger_event(here, key))
    watches = {key: app.watch(key) for key in needs.triggers(app)}
    shop.create_return()
    for key, watch in watches.items():
        if needs.promise(app, key).delivers == "reached":
            assert watch.poll() == [], f"{key} fired for a new return"


def each_change_once(app: Adapter, shop: Shop) -> None:
    """A record that changes again is delivered again, once, in its latest state."""
    for key in needs.changes(app):
        here = shop.another()
        there = app.at(here)
        document = here.create_return()
        watch = there.watch(key)
        for change in (here.facts.happens[key], here.facts.again[key]):
            if change:
                delivers_once(there, key, watch, change(here, document))


def more_than_a_page(app: Adapter, shop: Shop) -> None:
    """More new records than fit on a page are delivered once each, up to the promised number per poll."""
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    happens = shop.facts.happens[key]
    made = [happens(shop, document) for document in shop.fill(shop.page_size + 7)]
    reach = needs.promise(app, key).items_per_poll
    delivers_once(app, key, watch, *made[-reach:])


def filters_on_page_2(app: Adapter, shop: Shop) -> None:
    """Filters are sent with every page, and a matching record on the last page is delivered."""
    readings = needs.long_readings(app)
    filters = shop.facts.filters
    shown = [
        key for key in readings if key in filters and filters[key].inputs.keys() <= app.form("triggers", key)
    ]
    key = (shown or readings)[0]
    reading = long_reading(app, key, filters[key] if shown else None)
    reading.shop.proxy.clear()
    delivers_once(reading.app, key, reading.watch, *reading.expected)
    source = shop.offer.triggers[key].source
    by_id = needs.promise(app, key).watermark == source.id  # there is no timestamp to filter by
    same_parameters_on_every_page(reading.shop, source.operation, None if by_id else source.since)
    _searches_on_page_2(app.at(shop.filled_shop()), shop.filled_shop())


def _searches_on_page_2(app: Adapter, busy: Shop) -> None:
    """Check that a search which compares rows itself reads up to the page with the oldest one."""
    for key in needs.searches(app):
        search, oldest = busy.offer.searches[key], busy.returns[0]
        if search.scan_pages > 1 and any(one.location == "match" for one in search.inputs):
            busy.proxy.clear()
            inputs = busy.facts.lookups[key].finds(busy, oldest)
            path = busy.offer.resources[search.resource].id
            found = [at_path(row, path) for row in app.search(key, inputs)]
            assert found == [at_path(oldest, path)]
            sent = [one.path[0] for one in search.inputs if one.location == "query" and one.key in inputs]
            same_parameters_on_every_page(busy, search.operation, *search.query, *sent)


def each_filter(app: Adapter, shop: Shop) -> None:
    """Each filter of a trigger delivers the records that match it, and no others."""
    for key in needs.filtered(app):
        here = shop.another()
        there = app.at(here)
        probe = there.watch(key)
        trigger_event(here, key)
        (record,) = probe.poll()
        watches = {}
        for field in here.offer.triggers[key].inputs:
            found = [value for value in everything_at(record, field.path) if value not in (None, "")]
            assert bool(found) == (field.key not in here.facts.unfilled), f"{key}, {field.key}: {found}"
            if found:
                other = next((one.value for one in field.choices if one.value != found[0]), "zz")
                watches[field.key] = [there.watch(key, {field.key: value}) for value in (found[0], other)]
        happened = trigger_event(here, key)
        for name, (fitting, others) in watches.items():
            delivers_once(there, key, fitting, happened)
            assert others.poll() == [], f"{key} delivered a record that its filter {name} excludes"


def empty_list(app: Adapter, shop: Shop) -> None:
    """An empty shop causes no error."""
    for key in needs.triggers(app):
        assert app.watch(key).poll() == [], key
    for key in needs.long_dropdowns(app):
        assert list(app.choices(key, 0)) == [], key


def list_not_found(app: Adapter, shop: Shop) -> None:
    """A vendor may answer an empty list with 404; that causes no error either."""
    shop.intercept(always(shop.refusal(404)))
    for key in needs.lists_not_found(app):
        assert app.watch(key).poll() == [], key
