/** Searches compare their filters with the received rows again. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, FACTS, lib, LIST, run, vendor } from './vendor.mjs';

const { fits, identity, isNotAmong, sameWord, word } = await lib('compare');
const { receive } = await lib('hooks');
const { pollChanges, pollNewest, pollSnapshot } = await lib('triggers');
const { findRecords, listRecords, getRecord } = await lib('searches');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const FORM = {
  fields: [
    { key: 'order', label: 'Order Number', type: 'string' },
    { key: 'email', label: 'Email', type: 'string' },
    { key: 'parcel', label: 'Tracking Number', type: 'string' },
    { key: 'number', label: 'RMA Number', type: 'string' },
  ],
  wire: {
    order: { in: 'query', at: ['order'], identifies: 'order', separator: ',', foundAt: [['order'], ['name']] },
    email: { in: 'query', at: ['email'], identifies: 'email', foundAt: [['customer', 'email']] },
    parcel: { in: 'query', at: ['parcel'], identifies: 'tracking', foundAt: [['parcels', 'number']] },
    number: { in: 'match', at: ['number'], identifies: 'rma', compareAs: 'identity' },
  },
};
const FIND = { operation: LIST, query: {}, pages: 2, atLeastOne: [] };
const row = (id, more = {}) => ({ id, order: '#1001', customer: { email: 'ada@example.com' }, ...more });
const ids = (rows) => rows.map(({ id }) => id);

/** A vendor that answers every request with the same rows, in `pages`. */
const shop = async (...pages) => {
  const server = await vendor(({ query }) => {
    const number = Number(query.get('page') ?? 1);
    return { body: { data: pages[number - 1] ?? [], count: pages.flat().length, size: pages[0].length } };
  });
  servers.push(server);
  const paging = { pages: { ...FACTS.paging.pages, size: 50, maxSize: 50 } };
  return { server, api: { ...(await bind(server.url)), paging } };
};
const looking = (api, inputs) => run(api, findRecords(api, FIND, FORM), { inputs });
const misled = async (api, inputs) => failing(api, findRecords(api, FIND, FORM), { inputs });

for (const [what, inputs] of [
  ['as it is', { order: '#1001' }],
  ['without its sign', { order: '1001' }],
  ['with blanks', { order: ' # 1001\u00a0' }],
  ['among several', { order: '#7, 1001' }],
  ['in other letters', { email: ' ADA@Example.com\n' }],
]) {
  test(`a row that matches the filter ${what} is kept`, async () => {
    const { api } = await shop([row(1)]);
    assert.deepEqual(ids(await looking(api, inputs)), [1]);
  });
}

test('rows that do not match are dropped if one matches', async () => {
  const { api } = await shop([row(1, { order: '#10017' }), row(2), row(3, { order: '#1001-A' })]);
  assert.deepEqual(ids(await looking(api, { order: '#1001' })), [2]);
});

test('a row without the filtered field is kept', async () => {
  const { api } = await shop([row(1, { order: null }), { id: 2 }, row(3, { order: '' }), row(4, { order: '#9' })]);
  assert.deepEqual(ids(await looking(api, { order: '#1001' })), [1, 2, 3]);
});

test('each value of a list can match', async () => {
  const parcels = [{ number: '1Z 999-AA1' }, { number: null }, { number: '77' }];
  const { api } = await shop([row(1, { parcels }), row(2, { parcels: [{ number: '8' }] })]);
  assert.deepEqual(ids(await looking(api, { parcel: '1z999aa1' })), [1]);
});

test('a filter ignored by the vendor is an error that names it, and not an empty result', async () => {
  const { api } = await shop([row(1, { order: '#10017' }), row(2, { order: '#1001-A' })]);
  const error = await misled(api, { order: '#1001', email: 'ada@example.com' });
  assert.equal(error.name, 'AppError');
  assert.match(error.message, /^Example Returns ignored the filter Order Number "#1001" and returned 2 records/);
  assert.match(error.message, /records without it\. The record may still exist/);
});

test('filters that exclude every row only in combination are named together', async () => {
  const { api } = await shop([row(1, { order: '#9' }), row(2, { customer: { email: 'bob@example.com' } })]);
  const { message } = await misled(api, { order: '#1001', email: 'ada@example.com' });
  assert.match(message, /ignored the filter Order Number "#1001" and Email "ada@example\.com"/);
});

test('a matching record after partial matches is found', async () => {
  const { api, server } = await shop([row(1, { order: '#10017' })], [row(2, { order: '#10018' })], [row(3)]);
  assert.deepEqual(ids(await looking(api, { order: '#1001' })), [3]);
  assert.equal(server.requests.length, 3);
});

test('a vendor that keeps returning other records is asked for ten pages', async () => {
  const pages = Array.from({ length: 40 }, (_, n) => [row(n, { order: `#9${n}` })]);
  const { api, server } = await shop(...pages);
  assert.match((await misled(api, { order: '#1001' })).message, /and returned 10 records/);
  assert.equal(server.requests.length, 10);
});

test('a vendor that ignores both filter and page is reported by the filter', async () => {
  const server = await vendor(() => ({ body: { data: [row(1, { order: '#9' })] } }));
  servers.push(server);
  const { message } = await misled(await bind(server.url), { order: '#1001' });
  assert.match(message, /ignored the filter Order Number "#1001" and returned one record/);
  let asked = 0;
  const empty = await vendor(() => ({ body: { data: [], after: `p${(asked += 1)}` } }));
  servers.push(empty);
  const cursors = { pages: { style: 'cursor', page: 'after', perPage: 'size', size: 3, maxSize: 3, next: ['after'] } };
  const api = { ...(await bind(empty.url)), paging: cursors };
  assert.doesNotMatch((await misled(api, { order: '#1001' })).message, /ignored the filter/);
});

test('no rows give an empty result', async () => {
  const { api } = await shop([]);
  assert.deepEqual(await looking(api, { order: '#1001' }), []);
});

test('a value compared by the app only that matches no row gives an empty result', async () => {
  const { api } = await shop([row(1, { number: 'R-9' }), row(2)]);
  assert.deepEqual(await looking(api, { number: 'R-1' }), []);
  assert.deepEqual(ids(await looking(api, { number: ' #r-9 ' })), [1]);
});

test('an ignored filter is reported even if no row matches the search', async () => {
  const { api } = await shop([row(1, { order: '#9', number: 'R-1' })]);
  assert.match((await misled(api, { order: '#1001', number: 'R-1' })).message, /ignored the filter Order Number/);
});

for (const value of ['#', ' # ', ',']) {
  test(`"${value}" identifies nothing and is not sent`, async () => {
    const { api, server } = await shop([row(1)]);
    assert.match((await misled(api, { order: value })).message, /Order Number ".*" is not a number or name to search by/);
    assert.equal(server.requests.length, 0);
  });
}

test('a nested list and a single record are compared, too', async () => {
  const form = {
    fields: [FORM.fields[1]],
    wire: { email: { ...FORM.wire.email, in: 'path', at: ['email'] } },
  };
  const operation = { ...LIST, path: '/customers/{email}/returns' };
  const { api } = await shop([row(1), row(2, { customer: { email: 'bob@example.com' } })]);
  const asked = { inputs: { email: 'ada@example.com' } };
  const [{ returns }] = await run(api, listRecords(api, { operation, query: {}, list: 'returns' }, form), asked);
  assert.deepEqual(ids(returns), [1]);
  const single = await vendor(() => ({ body: { data: row(1, { customer: { email: 'bob@example.com' } }) } }));
  servers.push(single);
  const other = await bind(single.url);
  const { message } = await failing(other, getRecord(other, { operation, query: {} }, form), asked);
  assert.match(message, /ignored the filter Email "ada@example\.com" and returned one record/);
});

test('a filter through a list fits if one item has the value', () => {
  const match = [{ path: ['items', 'reason'], value: 'Wrong size', compareAs: 'word' }];
  const of = (...reasons) => ({ items: reasons.map((reason) => ({ reason })) });
  assert.ok(fits(match)(of('defective', 'wrong_size')));
  for (const row of [of('defective'), of(), of(null), {}, { items: null }]) assert.equal(fits(match)(row), false);
  assert.ok(fits([{ path: ['type'], value: 'refund' }])({ type: ['exchange', 'Refund'] }));
});

test('rows with excluded values do not fire, and rows without the value do', () => {
  const fires = isNotAmong([[['return_type'], ['exchange']]]);
  assert.deepEqual(['exchange', ' Ex-change', 'refund', '', null, undefined].map((return_type) => fires({ return_type })), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
  assert.ok(isNotAmong(undefined)({}));
});

test('a record that a trigger excludes fires in no kind of trigger', async () => {
  const rows = [row(1, { type: 'Exchange' }), row(2, { type: 'refund' }), row(3, { type: ' EX-change ' }), row(4)];
  const { server, api } = await shop(rows);
  const source = { operation: LIST, query: {}, size: 50, pages: 1, id: ['id'], identity: [['id']], initialStates: [] };
  const form = { fields: [], wire: {} };
  const excluding = { ...source, unless: [[['type'], ['exchange', 'gift']]] };
  for (const poll of [pollNewest, pollChanges, pollSnapshot]) {
    assert.deepEqual(ids(await run(api, poll(api, source, form))), [1, 2, 3, 4], poll.name);
    assert.deepEqual(ids(await run(api, poll(api, excluding, form))), [2, 4], poll.name);
  }
  const posted = (record) => ({ more: { cleanedRequest: { record } } });
  const hook = receive(api, { record: { row: ['record'] } }, excluding, form);
  assert.deepEqual(await run(api, hook, posted(rows[0])), []);
  assert.deepEqual(ids(await run(api, hook, posted(rows[1]))), [2]);
  assert.ok(server.requests.length > 0);
});

test('words and identities are normalized', () => {
  assert.ok(sameWord('In_Transit', ' in-transit '));
  assert.ok(sameWord('in\u2013transit', 'INTRANSIT'));
  for (const nothing of [null, undefined, '', ' ', '-', '_', true, {}, [], 1.5]) {
    assert.equal(word(nothing), '');
    assert.equal(sameWord(nothing, nothing), false);
  }
  assert.equal(word(3), '3');
  assert.equal(identity('order', 1001), '1001');
  assert.equal(identity('order', ' #A-1 '), 'a-1');
  assert.equal(identity('tracking', '1Z 999\u2011AA'), '1z999aa');
  for (const nothing of [null, true, {}, [], '#', 1.5]) assert.equal(identity('id', nothing), '');
});
