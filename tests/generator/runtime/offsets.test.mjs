import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollChanges } = await lib('triggers');
const { listChoices } = await lib('dropdowns');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const ROWS = Array.from({ length: 7 }, (_, n) => ({ id: `r${n}`, created: '2026-10-31T00:00:00Z' }));

/** A vendor that skips `skip` rows and returns at most `cap`; `tells` adds members to its answer. */
const shop = async ({ tells = () => ({}), cap = 100, facts = {} } = {}) => {
  const server = await vendor(({ query }) => {
    const [skip, limit] = [Number(query.get('skip')), Math.min(Number(query.get('limit')), cap)];
    return { body: { data: ROWS.slice(skip, skip + limit), ...tells(limit) } };
  });
  servers.push(server);
  const api = await bind(server.url);
  const pages = { style: 'offset', page: 'skip', perPage: 'limit', first: 0, size: 3, maxSize: 4, ...facts };
  return { ...server, api: { ...api, paging: { pages } } };
};

const SCAN = {
  operation: LIST,
  query: {},
  size: 4,
  pages: 10,
  since: 'after',
  lookBack: 31 * 86400,
  id: ['id'],
  windowTime: ['created'],
  sortTime: ['created'],
};
const skips = (requests) => requests.map(({ query }) => query.get('skip'));
const everything = ROWS.map(({ id }) => id).sort();
const scan = async (api) => (await run(api, pollChanges(api, SCAN, NOTHING))).map(({ id }) => id).sort();

test('without a total, offsets continue to the first empty page', async () => {
  const { api, requests } = await shop();
  assert.deepEqual(await scan(api), everything);
  assert.deepEqual(skips(requests), ['0', '4', '7']);
});

test('with a total, offsets advance by the rows received', async () => {
  const facts = { total: ['count'] };
  const { api, requests } = await shop({ tells: () => ({ count: ROWS.length }), cap: 3, facts });
  assert.deepEqual(await scan(api), everything);
  assert.deepEqual(skips(requests), ['0', '3', '6']);
});

test('a vendor with smaller pages than requested is read to the end', async () => {
  const facts = { sizeReported: ['limit'] };
  const { api, requests } = await shop({ tells: (limit) => ({ limit }), cap: 2, facts });
  assert.deepEqual(await scan(api), everything);
  assert.deepEqual(skips(requests), ['0', '2', '4', '6', '7']);
});

test("a dropdown's page number becomes an offset in rows", async () => {
  const { api, requests } = await shop();
  const perform = listChoices(api, { operation: LIST, query: {}, value: ['id'], label: [['id']] });
  const page = async (number) => (await run(api, perform, { meta: { page: number } })).map(({ id }) => id);
  assert.deepEqual(await page(0), ['r0', 'r1', 'r2']);
  assert.deepEqual(await page(2), ['r6']);
  assert.deepEqual(skips(requests), ['0', '6']);
});
