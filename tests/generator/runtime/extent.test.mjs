import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';

import { bind, failing, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollChanges, pollNewest, pollSnapshot } = await lib('triggers');
const { withReachedAt } = await lib('rows');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-01T00:00:00Z');

/** Returns `count` rows, newest first: row n was changed n hours before now. */
const rowsOf = (count, status = () => 'done') =>
  Array.from({ length: count }, (_, n) => {
    const moved = new Date(NOW - n * HOUR).toISOString();
    return { id: `r${n}`, status: status(n), moved, number: n, address: { city: 'Marlow Bend' } };
  });

/** A vendor whose every page takes `seconds`; with `refuse`, it answers the n-th request with status 429. */
const shop = async (rows, { seconds = 0, refuse = () => false } = {}) => {
  const clock = { time: NOW };
  const server = await vendor(({ query }, count) => {
    clock.time += seconds * 1000;
    if (refuse(count)) return { status: 429, body: { fault: { code: 'SLOW_DOWN', text: 'Slow down' } } };
    const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
    const after = query.get('after');
    const fitting = rows.filter((row) => !after || row.moved >= after);
    return { body: { data: fitting.slice((page - 1) * size, page * size), count: fitting.length, size } };
  });
  servers.push(server);
  return { ...server, clock, api: await bind(server.url, () => clock.time) };
};

const CHANGES = {
  operation: LIST,
  query: { sort: 'newest' },
  size: 4,
  pages: 10,
  since: 'after',
  lookBack: 24 * 3600,
  id: ['id'],
  identity: [['id']],
  windowTime: ['moved'],
  sortTime: ['moved'],
  state: ['status'],
  firingStates: ['done'],
  initialStates: ['open'],
};
const FIRST = { isPopulatingDedupe: true, limit: -1 };
const SAMPLE = { isLoadingSample: true, limit: 3 };
const ids = (rows) => rows.map(({ id }) => id);
const pagesOf = ({ requests }) => requests.map(({ query }) => query.get('page'));

/** Zapier's server, which stores the values of `z.cache`; with `broken`, it answers no request. */
const zapierServer = async ({ broken = false } = {}) => {
  const values = new Map();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { id, method, params } = JSON.parse(text);
    const [key, value] = params;
    if (method === 'zcache_set') values.set(key, value);
    if (method === 'zcache_delete') values.delete(key);
    response.writeHead(broken ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id, result: method === 'zcache_get' ? (values.get(key) ?? null) : true }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  return { values, url: `http://127.0.0.1:${server.address().port}` };
};

test('the first poll returns the identity of every record that could fire later, and reads without a window', async () => {
  const rows = rowsOf(90, (n) => (n % 2 ? 'open' : 'done'));
  const served = await shop(rows);
  const primed = await run(served.api, pollChanges(served.api, CHANGES, NOTHING), { meta: FIRST });
  assert.equal(primed.length, 45);
  assert.deepEqual(primed[44], { id: 'r88' });
  assert.equal(served.requests.length, 23);
  assert.ok(served.requests.every(({ query }) => !query.has('after') && query.get('sort') === 'newest'));
});

test('a record that reached its state long before does not fire when it changes', async () => {
  const rows = rowsOf(60);
  const served = await shop(rows);
  const perform = pollChanges(served.api, CHANGES, NOTHING);
  const known = new Set(ids(await run(served.api, perform, { meta: FIRST })));
  rows.unshift({ ...rows.splice(50, 1)[0], moved: new Date(NOW).toISOString() });
  rows.unshift({ ...rows[0], id: 'new' });
  const fired = ids(await run(served.api, perform)).filter((id) => !known.has(id));
  assert.deepEqual(fired, ['new']);
});

test('the first poll of a changing state stores the state, and of a version the version', async () => {
  const served = await shop(rowsOf(6));
  const states = { ...CHANGES, firingStates: null, identity: [['id'], ['status']] };
  const primed = await run(served.api, pollChanges(served.api, states, NOTHING), { meta: FIRST });
  assert.deepEqual(primed[5], { id: 'r5', status: 'done' });
  const versions = { ...CHANGES, pages: 1, identity: [['id'], ['number']], state: null };
  const listed = await run(served.api, pollSnapshot(served.api, versions, NOTHING), { meta: FIRST });
  assert.deepEqual(listed[5], { id: 'r5', number: 5 });
});

test('the first poll for new rows reads every page', async () => {
  const served = await shop(rowsOf(9));
  const source = { operation: LIST, query: {}, size: 4, identity: [['id']] };
  assert.equal((await run(served.api, pollNewest(served.api, source, NOTHING), { meta: FIRST })).length, 9);
  assert.deepEqual(pagesOf(served), ['1', '2', '3']);
});

const NEWEST = {
  operation: LIST,
  query: {},
  size: 4,
  pages: 5,
  id: ['id'],
  createdTime: ['moved'],
  lookBack: 10 * 3600,
  identity: [['id']],
};

test('a poll for new rows reads on after a burst, until a page has a row from before the window', async () => {
  const served = await shop(rowsOf(90));
  const perform = pollNewest(served.api, NEWEST, NOTHING);
  assert.deepEqual(ids(await run(served.api, perform)), ids(rowsOf(12)), 'rows 0 to 10 are in the window');
  assert.deepEqual(pagesOf(served), ['1', '2', '3']);
  const burst = await shop(rowsOf(60).map((row) => ({ ...row, moved: new Date(NOW).toISOString() })));
  assert.equal((await run(burst.api, pollNewest(burst.api, NEWEST, NOTHING))).length, 20, 'five pages at most');
});

test('a poll for new rows that a slow vendor stops is continued by the next one, and the position is then deleted', async () => {
  const zapier = await zapierServer();
  const served = await shop(rowsOf(60), { seconds: 3.1 });
  const perform = pollNewest(served.api, { ...NEWEST, lookBack: 45 * 3600, pages: 20 }, NOTHING);
  const poll = async () => ids(await run(served.api, perform, { rpc: zapier.url }));
  const found = [...(await poll()), ...(await poll())];
  assert.deepEqual(pagesOf(served), ['1', '2', '3', '4', '5', '6', '7', '8', '1', '9', '10', '11', '12']);
  assert.deepEqual([...new Set(found)].length, 48);
  assert.equal(zapier.values.size, 0, 'the window ends before the list does, and the next poll reads all of it');
});

test('the first poll stops after 25 seconds with the newest records', async () => {
  const served = await shop(rowsOf(90), { seconds: 3.1 });
  const primed = await run(served.api, pollChanges(served.api, CHANGES, NOTHING), { meta: FIRST });
  assert.deepEqual([served.requests.length, primed.length, primed[0].id], [8, 32, 'r0']);
});

test('the first poll returns what it has read if the vendor limits requests, and fails if it has read nothing', async () => {
  const limited = await shop(rowsOf(90), { refuse: (count) => count > 3 });
  const perform = pollChanges(limited.api, CHANGES, NOTHING);
  assert.equal((await run(limited.api, perform, { meta: FIRST })).length, 12);
  const refused = await shop(rowsOf(9), { refuse: () => true });
  const error = await failing(refused.api, pollChanges(refused.api, CHANGES, NOTHING), { meta: FIRST });
  assert.equal(error.name, 'ThrottledError');
});

test('a poll that can fire fails if the vendor limits requests, so that Zapier runs it again', async () => {
  const limited = await shop(rowsOf(20), { refuse: (count) => count > 1 });
  const error = await failing(limited.api, pollChanges(limited.api, CHANGES, NOTHING));
  assert.equal(error.name, 'ThrottledError');
});

test('a sample contains the latest fitting records, however old, and reads no further', async () => {
  const served = await shop(rowsOf(90, (n) => (n > 40 ? 'done' : 'open')));
  const shown = await run(served.api, pollChanges(served.api, CHANGES, NOTHING), { meta: SAMPLE });
  assert.deepEqual(ids(shown), ['r41', 'r42', 'r43']);
  assert.deepEqual(shown[0].address, { city: 'Marlow Bend' });
  assert.equal(served.requests.length, 11);
});

test('a sample of a filtered trigger for new rows reads more than one page', async () => {
  const served = await shop(rowsOf(20, (n) => (n === 17 ? 'rare' : 'done')));
  const form = { fields: [{ key: 'state', type: 'string' }], wire: { state: { in: 'match', at: ['status'] } } };
  const perform = pollNewest(served.api, { operation: LIST, query: {}, size: 4, identity: [['id']] }, form);
  assert.deepEqual(ids(await run(served.api, perform, { inputs: { state: 'rare' }, meta: SAMPLE })), ['r17']);
  assert.deepEqual(ids(await run(served.api, perform, { inputs: { state: 'rare' } })), []);
});

test('the next poll continues where a slow vendor made the last one stop', async () => {
  const zapier = await zapierServer();
  const served = await shop(rowsOf(80), { seconds: 3.1 });
  const perform = pollChanges(served.api, { ...CHANGES, lookBack: 200 * 3600, pages: 20 }, NOTHING);
  const poll = async () => ids(await run(served.api, perform, { rpc: zapier.url }));
  const first = await poll();
  assert.deepEqual([first.length, first[0]], [32, 'r0']);
  const second = await poll();
  assert.deepEqual(pagesOf(served).slice(8), ['1', '9', '10', '11', '12', '13', '14', '15']);
  const third = await poll();
  assert.equal(new Set([...first, ...second, ...third]).size, 80);
  assert.deepEqual(pagesOf(served).slice(16), ['1', '16', '17', '18', '19', '20']);
  assert.equal(zapier.values.size, 0, 'no position is stored after the last page');
});

test('positions of other triggers and inputs are not used', async () => {
  const zapier = await zapierServer();
  const served = await shop(rowsOf(80), { seconds: 3.1 });
  const form = { fields: [{ key: 'state', type: 'string' }], wire: { state: { in: 'match', at: ['status'] } } };
  const slow = { ...CHANGES, lookBack: 200 * 3600, pages: 20 };
  await run(served.api, pollChanges(served.api, slow, form), { rpc: zapier.url });
  await run(served.api, pollChanges(served.api, slow, form), { rpc: zapier.url, inputs: { state: 'done' } });
  await run(served.api, pollChanges(served.api, { ...slow, firingStates: ['open'] }, form), { rpc: zapier.url });
  assert.deepEqual(pagesOf(served).filter((page) => page === '2').length, 3);
  assert.equal(zapier.values.size, 3);
});

test('without a cache, each poll returns the newest rows that it can read', async () => {
  const zapier = await zapierServer({ broken: true });
  const served = await shop(rowsOf(80), { seconds: 3.1 });
  const perform = pollChanges(served.api, { ...CHANGES, lookBack: 200 * 3600, pages: 20 }, NOTHING);
  for (const more of [{}, { rpc: zapier.url }]) {
    const read = ids(await run(served.api, perform, more));
    assert.deepEqual([read.length, read[0]], [32, 'r0']);
  }
});

const RULE = { field: 'approved_at', history: ['log'], name: 'kind', value: 'APPROVED', time: 'at' };
const approval = (at, kind = 'APPROVED') => ({ kind, at });

for (const [title, log, expected] of [
  ['the latest', [approval('2026-10-01T09:00:00Z'), approval('2026-10-01T10:00:00+02:00')], '2026-10-01T09:00:00Z'],
  ['the valid one', [approval('soon'), approval(null), approval('2026-10-01T09:00:00Z')], '2026-10-01T09:00:00Z'],
  ['none of another kind', [approval('2026-10-01T09:00:00Z', 'CREATED')], null],
  ['none without a history', undefined, null],
  ['none in a broken history', [null, 'APPROVED', {}], null],
]) {
  test(`the time at which a record reached a status: ${title}`, () => {
    assert.deepEqual(withReachedAt(RULE)({ id: 'r1', log }), { id: 'r1', log, approved_at: expected });
    assert.deepEqual(withReachedAt(undefined)({ id: 'r1' }), { id: 'r1' });
  });
}

test('a record that was approved before the window does not fire, even without a first poll', async () => {
  const rows = rowsOf(4).map((row, n) => ({ ...row, log: [approval(new Date(NOW - n * 20 * HOUR).toISOString())] }));
  const served = await shop(rows);
  const source = {
    ...CHANGES,
    windowTime: null,
    eventTime: ['approved_at'],
    sortTime: ['approved_at'],
    identity: [['id'], ['approved_at']],
    reachedAt: RULE,
  };
  const perform = pollChanges(served.api, source, NOTHING);
  assert.deepEqual(ids(await run(served.api, perform)), ['r0', 'r1']);
  const primed = await run(served.api, perform, { meta: FIRST });
  assert.deepEqual(primed[3], { id: 'r3', approved_at: rows[3].log[0].at });
});
