/** A search for several records returns one record with the records as line items. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, FACTS, lib, LIST, run, vendor } from './vendor.mjs';

const { listRecords } = await lib('searches');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const FORM = {
  fields: [
    { key: 'email', label: 'Email', type: 'string', required: true },
    { key: 'since', label: 'Since', type: 'datetime', required: true },
    { key: 'status', label: 'Status', type: 'string' },
  ],
  wire: {
    email: { in: 'path', at: ['address'], identifies: 'email', foundAt: [['email']] },
    since: { in: 'query', at: ['from'] },
    status: { in: 'match', at: ['status'], compareAs: 'word' },
  },
};
const OPERATION = { ...LIST, path: '/customers/{address}/returns' };
const INPUTS = { email: ' ada@example.com', since: '2026-10-01T10:00:00+10:00' };
const SIZE = 100;

/** A vendor with `rows`; `total(page)` is the total that it reports with a page. */
const shop = async (rows, { total = () => rows.length, more = {} } = {}) => {
  const server = await vendor(({ query }) => {
    const page = Number(query.get('page'));
    return { body: { data: rows.slice((page - 1) * SIZE, page * SIZE), count: total(page), size: SIZE } };
  });
  servers.push(server);
  const paging = { pages: { ...FACTS.paging.pages, size: SIZE, maxSize: SIZE } };
  const api = { ...(await bind(server.url)), paging, ...more };
  const search = listRecords(api, { operation: OPERATION, query: { order: 'desc' }, list: 'returns' }, FORM);
  const found = (inputs = {}) => run(api, search, { inputs: { ...INPUTS, ...inputs } });
  const refused = (inputs = {}) => failing(api, search, { inputs: { ...INPUTS, ...inputs } });
  return { server, found, refused };
};

const rows = (count, of = () => ({})) =>
  Array.from({ length: count }, (_, n) => ({ id: n + 1, email: 'ada@example.com', status: 'open', ...of(n) }));

test('all records of all pages are line items of one record', async () => {
  const { server, found } = await shop(rows(230));
  const [only, ...others] = await found();
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(only), ['searched_for', 'found', 'count', 'complete', 'returns']);
  assert.deepEqual(
    only.returns.map(({ id }) => id),
    rows(230).map(({ id }) => id),
  );
  assert.deepEqual([only.found, only.count, only.complete], [true, 230, true]);
  assert.equal(server.requests.length, 3);
  assert.deepEqual(
    server.requests.map(({ query }) => query.get('order')),
    ['desc', 'desc', 'desc'],
  );
});

test('the record contains the required inputs as they were sent', async () => {
  const { found } = await shop(rows(1));
  const [{ searched_for: text }] = await found({ status: 'open' });
  assert.equal(text, 'ada@example.com, 2026-10-01T00:00:00Z');
});

test('without a match, the record has no line items', async () => {
  const { found } = await shop([]);
  const nothing = { found: false, count: 0, complete: true, returns: [] };
  assert.deepEqual(await found(), [{ searched_for: 'ada@example.com, 2026-10-01T00:00:00Z', ...nothing }]);
  const closed = await shop(rows(3));
  const [{ found: any, count }] = await closed.found({ status: 'closed' });
  assert.deepEqual([any, count], [false, 0]);
});

test('a parent record that does not exist has no records', async () => {
  const server = await vendor(() => ({ status: 404 }));
  servers.push(server);
  const api = await bind(server.url);
  const search = listRecords(api, { operation: OPERATION, query: {}, list: 'returns' }, FORM);
  const [{ found, returns }] = await run(api, search, { inputs: INPUTS });
  assert.deepEqual([found, returns], [false, []]);
});

test('a list of more than 500 records is cut and marked as not complete', async () => {
  const { server, found } = await shop(rows(730));
  const [{ count, complete, returns }] = await found();
  assert.deepEqual([count, complete, returns.length], [500, false, 500]);
  assert.equal(server.requests.length, 5);
});

test('a list that ends at 500 records is complete', async () => {
  const { found } = await shop(rows(500));
  const [{ count, complete }] = await found();
  assert.deepEqual([count, complete], [500, true]);
});

test('a list that becomes shorter while it is read is not complete', async () => {
  const { found } = await shop(rows(150), { total: (page) => (page === 1 ? 151 : 150) });
  const [{ count, complete }] = await found();
  assert.deepEqual([count, complete], [150, false]);
});

test('records of others are left out, and a list of others only is an error', async () => {
  const others = (n) => (n % 2 ? { email: 'bob@example.com' } : {});
  const { found } = await shop(rows(4, others));
  const [{ count }] = await found();
  assert.equal(count, 2);
  const { refused } = await shop(rows(4, () => ({ email: 'bob@example.com' })));
  const { message } = await refused();
  assert.match(message, /ignored the filter Email "ada@example\.com" and returned 4 records without it/);
});
