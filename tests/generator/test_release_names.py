"""Names that an earlier version of the generator wrote do not count as changes of an app."""

from pathlib import Path

from connector.generator.zapier.facts import Facts, read_facts

EARLIER = """
const source = {
  operation: operations.list_parcels, size: 50, created: ['made'], changed: ['moved'], mark: ['sent'],
  state: ['status'], reached: ['lost'], initial: ['new'],
};
const form = {
  fields: [],
  wire: { tag: { in: 'query', at: ['tag'], many: 'tag[]', open: true, slips: true } },
};
export default { operation: {
    perform: changed(vendor, source, form),
  },
};
"""
NOW = """
const source = {
  operation: operations.list_parcels, size: 50, windowTime: ['made'], sortTime: ['moved'],
  eventTime: ['sent'], state: ['status'], firingStates: ['lost'], initialStates: ['new'],
};
const form = {
  fields: [],
  wire: { tag: { in: 'query', at: ['tag'], listName: 'tag[]', open: true, catchTypos: true } },
};
export default { operation: {
    perform: pollChanges(vendor, source, form),
  },
};
"""
STEP = "triggers/parcel_lost"


def facts(folder: Path, step: str) -> Facts:
    (folder / "triggers").mkdir(parents=True)
    (folder / "package.json").write_text('{"type": "module"}')
    operations = "export default { list_parcels: { method: 'GET', path: '/parcels' } };"
    (folder / "operations.js").write_text(operations)
    (folder / f"{STEP}.js").write_text(step)
    return read_facts(folder)


def test_renamed_constants_are_no_change(tmp_path: Path) -> None:
    earlier, now = facts(tmp_path / "earlier", EARLIER), facts(tmp_path / "now", NOW)
    assert now.behaviour(STEP) == {
        "perform": "pollChanges",
        "operation": "GET /parcels",
        "time": '["made"]',
        "sortTime": '["moved"]',
        "eventTime": '["sent"]',
        "state": '["status"]',
        "firingStates": '["lost"]',
        "initialStates": '["new"]',
        "input tag": '{"in": "query", "at": ["tag"], "listName": "tag[]"}',
    }
    assert earlier.behaviour(STEP) == now.behaviour(STEP)
    assert earlier.extent(STEP) == now.extent(STEP)
