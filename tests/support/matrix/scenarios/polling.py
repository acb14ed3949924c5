"""What triggers tell, and what they do not."""

from datetime import timedelta

from connector.definition.paths import at_path
from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.shop import Shop, always
from support.matrix.watching import asks_the_same_on_every_page, happen, long_reading, tells_once


def first_poll(app: Adapter, shop: Shop) -> None:
    """What was there before a trigger is switched on is not told."""
    for key in needs.triggers(app):
        happen(shop, key)
    for key in needs.triggers(app):
        assert app.watch(key).poll() == [], key


def new_record_once(app: Adapter, shop: Shop) -> None:
    """New records are told once each, and no change of them again."""
    for key in needs.new_records(app):
        happen(shop, key)
        watch = app.watch(key)
        tells_once(app, key, watch, happen(shop, key), happen(shop, key))
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    document = shop.asked()
    tells_once(app, key, watch, shop.facts.happens[key](shop, document))
    changes = [one for one in needs.triggers(app) if one not in needs.new_records(app)]
    for change in changes[:1]:
        shop.facts.happens[change](shop, document)
        assert watch.poll() == [], f"a change ({change}) was told as new"


def equal_timestamps(app: Adapter, shop: Shop) -> None:
    """Records of the same second are all told, once each, also when a poll comes between them."""
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    second = shop.time().strftime("%Y-%m-%dT%H:%M:%SZ")
    happens = shop.facts.happens[key]
    tells_once(app, key, watch, *(happens(shop, shop.asked(created_at=second)) for _ in range(3)))
    tells_once(app, key, watch, happens(shop, shop.asked(created_at=second)))


def late_record(app: Adapter, shop: Shop) -> None:
    """A record that shows up behind newer ones is told, within what the guarantee looks back."""
    key = needs.looking_back(app)[0]
    look_back = needs.promise(app, key).look_back
    watch = app.watch(key)
    tells_once(app, key, watch, happen(shop, key))
    late = shop.time() - timedelta(seconds=min(look_back or 600, 600) * 0.8)
    document = shop.asked(created_at=late.strftime("%Y-%m-%dT%H:%M:%SZ"))
    tells_once(app, key, watch, shop.facts.happens[key](shop, document))


def every_trigger_once(app: Adapter, shop: Shop) -> None:
    """Each trigger tells of what it is about, once."""
    for key in needs.triggers(app):
        here = shop.another()
        there = app.at(here)
        watch = there.watch(key)
        tells_once(there, key, watch, happen(here, key))
    watches = {key: app.watch(key) for key in needs.triggers(app)}
    shop.asked()
    for key, watch in watches.items():
        if needs.promise(app, key).delivers == "reached":
            assert watch.poll() == [], f"{key} told of a return that was only asked for"


def each_change_once(app: Adapter, shop: Shop) -> None:
    """A record that changes again is told again, once, as it is then."""
    for key in needs.changes(app):
        here = shop.another()
        there = app.at(here)
        document = here.asked()
        watch = there.watch(key)
        for change in (here.facts.happens[key], here.facts.again[key]):
            if change:
                tells_once(there, key, watch, change(here, document))


def more_than_a_page(app: Adapter, shop: Shop) -> None:
    """More new records than a page holds are told once each, as many as one poll is promised to reach."""
    key = needs.new_records(app)[0]
    watch = app.watch(key)
    happens = shop.facts.happens[key]
    made = [happens(shop, document) for document in shop.fill(shop.page_size + 7)]
    reach = needs.promise(app, key).items_per_poll
    tells_once(app, key, watch, *made[-reach:])


def filters_on_page_2(app: Adapter, shop: Shop) -> None:
    """What is asked for holds on every page, and what lies on the last one is told if it fits."""
    readings = needs.long_readings(app)
    filters = shop.facts.filters
    shown = [
        key for key in readings if key in filters and filters[key].inputs.keys() <= app.form("triggers", key)
    ]
    key = (shown or readings)[0]
    reading = long_reading(app, key, filters[key] if shown else None)
    reading.shop.road.clear()
    tells_once(reading.app, key, reading.watch, *reading.expected)
    source = shop.offer.triggers[key].source
    by_id = needs.promise(app, key).watermark == source.id  # there is no time to filter by
    asks_the_same_on_every_page(reading.shop, source.operation, None if by_id else source.since)
    _searches_on_page_2(app.at(shop.crowded()), shop.crowded())


def _searches_on_page_2(app: Adapter, busy: Shop) -> None:
    """A search that compares records itself goes on to where the oldest one lies."""
    for key in needs.searches(app):
        search, oldest = busy.offer.searches[key], busy.returns[0]
        if search.scan_pages > 1 and any(one.location == "match" for one in search.inputs):
            busy.road.clear()
            inputs = busy.facts.lookups[key].finds(busy, oldest)
            path = busy.offer.resources[search.resource].id
            found = [at_path(row, path) for row in app.search(key, inputs)]
            assert found == [at_path(oldest, path)]
            sent = [one.path[0] for one in search.inputs if one.location == "query" and one.key in inputs]
            asks_the_same_on_every_page(busy, search.operation, *search.query, *sent)


def empty_list(app: Adapter, shop: Shop) -> None:
    """A shop without returns is no error."""
    for key in needs.triggers(app):
        assert app.watch(key).poll() == [], key
    for key in needs.long_dropdowns(app):
        assert list(app.choices(key, 0)) == [], key


def list_not_found(app: Adapter, shop: Shop) -> None:
    """A vendor may answer an empty list as one that is not there; that is no error either."""
    shop.hinder(always(shop.refusal(404)))
    for key in needs.lists_not_found(app):
        assert app.watch(key).poll() == [], key
