import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollSnapshot } = await lib('triggers');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

/** A vendor whose list has no filter; `between(rows, request)` runs before each answer. */
const shelf = async (rows, between = () => {}) => {
  const server = await vendor(({ query }, count) => {
    between(rows, count);
    const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
    return { body: { data: rows.slice((page - 1) * size, page * size), count: rows.length, size } };
  });
  servers.push(server);
  return { ...server, api: await bind(server.url) };
};

const row = (id, version, updated = '', status = 'PENDING') => ({
  id,
  version,
  status,
  made: `2026-10-0${id}T00:00:00Z`,
  updated,
});

const SOURCE = {
  operation: LIST,
  query: { order: 'desc' },
  size: 2,
  pages: 3,
  id: ['id'],
  createdTime: ['made'],
  sortTime: ['updated'],
  state: null,
  firingStates: null,
  initialStates: [],
};
const ids = (rows) => rows.map(({ id, version }) => `${id}:${version}`);

test('a complete list is read page by page without a filter, sorted by last change', async () => {
  const { api, requests } = await shelf([row('5', '0'), row('4', '0'), row('3', '2', '2026-10-09T00:00:00Z')]);
  assert.deepEqual(ids(await run(api, pollSnapshot(api, SOURCE, NOTHING))), ['3:2', '5:0', '4:0']);
  assert.deepEqual(
    requests.map(({ query }) => [...query].sort().join()),
    ['order,desc,page,1,size,2', 'order,desc,page,2,size,2'],
  );
});

test('reading stops at the page ceiling, and a moved row is returned once', async () => {
  const rows = ['7', '6', '5', '4', '3', '2', '1'].map((id) => row(id, '0'));
  const { api, requests } = await shelf(rows, (list, count) => {
    if (count === 2) list.unshift(row('8', '0'));
  });
  assert.deepEqual(ids(await run(api, pollSnapshot(api, SOURCE, NOTHING))), ['7:0', '6:0', '5:0', '4:0', '3:0']);
  assert.equal(requests.length, 3);
});

test('rows are selected by reached state, or any state but the initial one, up to the limit', async () => {
  const { api } = await shelf([
    row('3', '1', '2026-10-04T00:00:00Z', 'CLOSED'),
    row('2', '0'),
    row('1', '4', '2026-10-05T00:00:00Z', 'HELD'),
  ]);
  const closed = { ...SOURCE, state: ['status'], firingStates: ['CLOSED'] };
  assert.deepEqual(ids(await run(api, pollSnapshot(api, closed, NOTHING))), ['3:1']);
  const moved = { ...SOURCE, state: ['status'], initialStates: ['PENDING'] };
  assert.deepEqual(ids(await run(api, pollSnapshot(api, moved, NOTHING))), ['1:4', '3:1']);
  assert.deepEqual(ids(await run(api, pollSnapshot(api, moved, NOTHING), { meta: { limit: 1 } })), ['1:4']);
});
