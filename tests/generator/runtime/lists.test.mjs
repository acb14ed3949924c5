import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { identifiedBy } = await lib('paths');
const { pollChanges, pollNewest } = await lib('triggers');
const { findRecords, listRecords } = await lib('searches');
const { listChoices } = await lib('dropdowns');
const { testLogin } = await lib('login');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

/** A vendor with `rows`, newest first; `meta: false` omits totals, `cap` is its largest page. */
const shop = async (rows, { meta = true, cap = 100, between = () => {} } = {}) => {
  const server = await vendor(({ query }, count) => {
    between(rows, count);
    const [page, size] = [Number(query.get('page')), Math.min(Number(query.get('size')), cap)];
    const data = rows.slice((page - 1) * size, page * size);
    return { body: { data, ...(meta && { count: rows.length, size }) } };
  });
  servers.push(server);
  return { ...server, api: await bind(server.url) };
};

const day = (n) => `2026-10-${String(n).padStart(2, '0')}T00:00:00Z`;
const returns = (count, status = () => 'pending') =>
  Array.from({ length: count }, (_, n) => ({
    id: `r${count - n}`,
    number: `R-${count - n}`,
    status: status(count - n),
    created: day(count - n),
    moved: day(31 - (count - n)),
  }));

const SCAN = {
  operation: LIST,
  query: { order: 'desc' },
  size: 4,
  pages: 10,
  since: 'after',
  lookBack: 31 * 86400,
  id: ['id'],
  windowTime: ['created'],
  sortTime: ['moved'],
  state: ['status'],
  firingStates: ['done'],
  initialStates: ['pending'],
};
const ids = (rows) => rows.map((row) => row.id);

test('a poll for new rows reads one page, newest first, up to the limit', async () => {
  const { api, requests } = await shop(returns(9));
  const perform = pollNewest(api, { operation: LIST, query: {}, size: 4 }, NOTHING);
  assert.deepEqual(ids(await run(api, perform)), ['r9', 'r8', 'r7', 'r6']);
  assert.deepEqual(ids(await run(api, perform, { meta: { limit: 2 } })), ['r9', 'r8']);
  assert.equal((await run(api, perform, { meta: { limit: -1 } })).length, 4);
  assert.deepEqual(
    requests.map(({ query }) => query.get('size')),
    ['4', '2', '4'],
  );
});

test('a scan reads every page of its window and sorts by last change', async () => {
  const { api, requests } = await shop(returns(9, (n) => (n % 2 ? 'done' : 'open')));
  assert.deepEqual(ids(await run(api, pollChanges(api, SCAN, NOTHING))), ['r1', 'r3', 'r5', 'r7', 'r9']);
  assert.deepEqual(
    requests.map(({ query }) => query.get('page')),
    ['1', '2', '3'],
  );
  assert.equal(requests[0].query.get('after'), '2026-10-01T00:00:00Z');
});

test('a scan for any state omits initial states', async () => {
  const { api } = await shop(returns(3, (n) => ['pending', 'open', 'done'][n - 1]));
  assert.deepEqual(ids(await run(api, pollChanges(api, { ...SCAN, firingStates: null }, NOTHING))), ['r2', 'r3']);
});

const FILTER = {
  fields: [{ key: 'state', label: 'State', type: 'string' }],
  wire: { state: { in: 'match', at: ['status'] } },
};

test("a trigger's filter is compared with the rows and never sent", async () => {
  const { api, requests } = await shop(returns(9, (n) => ['open', 'done', 'shut'][n % 3]));
  const scan = pollChanges(api, { ...SCAN, firingStates: null }, FILTER);
  assert.deepEqual(ids(await run(api, scan, { inputs: { state: ' Done' } })), ['r1', 'r4', 'r7']);
  assert.deepEqual(ids(await run(api, scan, { inputs: { state: 'done' }, meta: { limit: 2 } })), ['r1', 'r4']);
  assert.equal((await run(api, scan, { inputs: { state: ' ' } })).length, 9);
  const poll = pollNewest(api, { operation: LIST, query: {}, size: 4 }, FILTER);
  assert.deepEqual(ids(await run(api, poll, { inputs: { state: 'open' } })), ['r9', 'r6']);
  assert.deepEqual(ids(await run(api, poll, { inputs: { state: 'shut' }, meta: { limit: 1 } })), ['r8']);
  assert.ok(requests.every(({ query }) => !query.has('status') && !query.has('state')));
});

test('a scan stops at its ceiling', async () => {
  const { api, requests } = await shop(returns(20, () => 'done'));
  assert.equal((await run(api, pollChanges(api, { ...SCAN, pages: 2 }, NOTHING))).length, 8);
  assert.equal(requests.length, 2);
});

test('a scan without a time filter stops at the first page with only older rows', async () => {
  const { api, requests } = await shop(returns(20, () => 'done'));
  const found = await run(api, pollChanges(api, { ...SCAN, since: null, lookBack: 15 * 86400 }, NOTHING));
  assert.deepEqual(ids(found).sort(), ['r17', 'r18', 'r19', 'r20']);
  assert.equal(requests.length, 2);
  assert.equal(requests[0].query.has('after'), false);
});

test('a row inserted during a scan neither repeats nor hides another', async () => {
  const arrive = (rows, count) =>
    count > 1 && rows.unshift({ id: `new${count}`, status: 'done', created: day(30), moved: day(30) });
  const { api } = await shop(
    returns(9, () => 'done'),
    { between: arrive },
  );
  const found = ids(await run(api, pollChanges(api, SCAN, NOTHING)));
  assert.equal(new Set(found).size, found.length);
  assert.deepEqual(found.filter((id) => id.startsWith('r')).sort(), ids(returns(9)).sort());
});

test('a page that repeats the previous one is not the end', async () => {
  const flood = Array.from({ length: 4 }, (_, n) => ({ id: `new${n}`, status: 'open', created: day(30) }));
  const arrive = (rows, count) => count === 2 && rows.unshift(...flood);
  const { api } = await shop(
    returns(9, () => 'done'),
    { between: arrive },
  );
  assert.equal((await run(api, pollChanges(api, SCAN, NOTHING))).length, 9);
});

test('a vendor with smaller pages than requested is read to the end', async () => {
  const { api } = await shop(
    returns(7, () => 'done'),
    { cap: 3 },
  );
  assert.equal((await run(api, pollChanges(api, SCAN, NOTHING))).length, 7);
});

test('without totals only an empty page is the last', async () => {
  const { api, requests } = await shop(
    returns(6, () => 'done'),
    { meta: false },
  );
  assert.equal((await run(api, pollChanges(api, SCAN, NOTHING))).length, 6);
  assert.deepEqual(
    requests.map(({ query }) => query.get('page')),
    ['1', '2', '3'],
  );
});

test('a value shared by two rows is listed once', async () => {
  const { api } = await shop([
    { id: 1, order: '#1' },
    { id: 2, order: '#1' },
    { id: 3, order: '#2' },
  ]);
  const perform = listChoices(api, { operation: LIST, query: {}, value: ['order'], label: [['order'], ['id']] });
  assert.deepEqual(await run(api, perform), [
    { id: '#1', label: '#1 · 1' },
    { id: '#2', label: '#2 · 3' },
  ]);
});

test('a dropdown is read page by page, counted from zero', async () => {
  const { api, requests } = await shop([
    { id: 1, number: 'R-1', customer: { name: null } },
    { id: 2 },
    { id: 3, customer: { name: 'Ada' } },
    { id: 4, number: 0 },
  ]);
  const perform = listChoices(api, {
    operation: LIST,
    query: {},
    value: ['id'],
    label: [['number'], ['customer', 'name']],
  });
  assert.deepEqual(await run(api, perform), [
    { id: 1, label: 'R-1' },
    { id: 2, label: '2' },
    { id: 3, label: 'Ada' },
  ]);
  assert.deepEqual(await run(api, perform, { meta: { page: 1 } }), [{ id: 4, label: '0' }]);
  assert.deepEqual(await run(api, perform, { meta: { page: 2 } }), []);
  assert.equal(requests.length, 3);
});

const FORM = {
  fields: [
    { key: 'number', label: 'Number', type: 'string' },
    { key: 'order', label: 'Order', type: 'string' },
  ],
  wire: { number: { in: 'match', at: ['number'] }, order: { in: 'query', at: ['order'] } },
};
const FIND = { operation: LIST, query: {}, pages: 2, atLeastOne: ['number', 'order'] };

test('a window keeps the rows whose timestamp is in it, in any order', async () => {
  const mark = (n) => (n === 3 ? null : day(n === 4 ? 1 : 28));
  const rows = returns(5).map((row, n) => ({ ...row, closed: mark(n) }));
  const { api, requests } = await shop([...rows].reverse());
  const { state, firingStates, initialStates, ...source } = { ...SCAN, lookBack: 7 * 86400, since: 'changed_after' };
  const marked = { ...source, windowTime: ['moved'], eventTime: ['closed'], sortTime: ['moved'] };
  const long = { ...marked, lookBack: 31 * 86400 };
  assert.deepEqual(ids(await run(api, pollChanges(api, long, NOTHING))), ['r1', 'r3', 'r4', 'r5']);
  const both = { ...marked, state, firingStates: ['pending'], initialStates };
  assert.deepEqual(ids(await run(api, pollChanges(api, both, NOTHING))), ['r3', 'r4', 'r5']);
  assert.deepEqual(await run(api, pollChanges(api, { ...both, firingStates }, NOTHING)), []);
  assert.equal(requests.at(-1).query.get('changed_after'), '2026-10-25T00:00:00Z');
});

test('a 404 of a list is empty if the app allows it, but not at login', async () => {
  const server = await vendor(() => ({ status: 404, body: {} }));
  servers.push(server);
  const api = await bind(server.url);
  const known = { ...api, paging: { pages: { ...api.paging.pages, missingIsEmpty: true } } };
  const poll = (one) => pollNewest(one, { operation: LIST, query: {}, size: 4 }, NOTHING);
  assert.deepEqual(await run(known, poll(known)), []);
  assert.match((await failing(api, poll(api))).message, /no such record/);
  const first = { operation: LIST, query: {}, noun: 'return', name: ['number'] };
  assert.match((await failing(known, testLogin(known, '{store}', first))).message, /no such record/);
});

test('a search compares values the vendor cannot filter by, up to its page ceiling', async () => {
  const { api, requests } = await shop(returns(9));
  assert.deepEqual(ids(await run(api, findRecords(api, FIND, FORM), { inputs: { number: ' r-5 ', order: '#1' } })), [
    'r5',
  ]);
  assert.deepEqual(
    requests.map(({ query }) => query.get('order')),
    ['#1', '#1'],
    'the filters stay on page two',
  );
  assert.deepEqual(
    await run(api, findRecords(api, FIND, FORM), { inputs: { number: 'R-1' } }),
    [],
    'beyond the ceiling',
  );
});

test('a search by filters only is one request', async () => {
  const { api, requests } = await shop(returns(9));
  assert.equal((await run(api, findRecords(api, FIND, FORM), { inputs: { order: '#1' } })).length, 3);
  assert.equal(requests.length, 1);
});

test('a search without inputs names the possible inputs', async () => {
  const { api, requests } = await shop([]);
  const { message } = await failing(api, findRecords(api, FIND, FORM), { inputs: { number: ' ' } });
  assert.equal(message, 'Fill in at least one of these fields to search by: Number, Order.');
  assert.equal(requests.length, 0);
});

test('a list without pages is requested without page parameters', async () => {
  const { api, requests } = await shop(returns(2));
  const { paging, ...whole } = LIST;
  await run(api, listRecords(api, { operation: whole, query: {}, list: 'returns' }, NOTHING));
  assert.deepEqual([...requests[0].query], []);
});

test('a connection is named by its account, or else by the first record', async () => {
  const { api, requests } = await shop(returns(3));
  const label = (auth) =>
    run(
      api,
      testLogin(api, '{shop} ({environment})', {
        operation: LIST,
        query: { order: 'asc' },
        noun: 'return',
        name: ['number'],
      }),
      { auth },
    );
  assert.deepEqual(await label({ shop: 'Corner', environment: 'trial' }), { account: 'Corner (Trial)' });
  assert.deepEqual(await label({ environment: 'live' }), { account: 'first return R-3 (Live)' });
  assert.equal(requests[0].query.get('size'), '1');
  const empty = await shop([]);
  assert.deepEqual(
    await run(
      empty.api,
      testLogin(empty.api, '{shop}', { operation: LIST, query: {}, noun: 'return', name: ['number'] }),
    ),
    { account: 'no return yet' },
  );
});

test('only the fields that identify an event are marked as primary', () => {
  const fields = [{ key: 'id' }, { key: 'status' }, { key: 'name' }];
  assert.deepEqual(
    identifiedBy(['id', 'status'], fields).map((field) => field.primary),
    [true, true, undefined],
  );
});
