/** Lists that change or never end, and unreadable rows: the readable rows are returned. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, FACTS, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollChanges, pollNewest, pollSnapshot } = await lib('triggers');
const { findRecords, listRecords } = await lib('searches');
const { listChoices } = await lib('dropdowns');
const { testLogin } = await lib('login');

const servers = [];
const start = async (answer) => {
  servers.push(await vendor(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

const AT = '2026-10-31T12:00:00Z';
const good = (id, more = {}) => ({ id, version: 1, status: 'done', created: AT, moved: AT, closed: AT, ...more });
const ids = (rows) => rows.map(({ id }) => id);
const SCAN = {
  operation: LIST,
  query: {},
  size: 4,
  pages: 10,
  since: 'after',
  lookBack: 7 * 86400,
  id: ['id'],
  identity: [['id'], ['status']],
  windowTime: ['created'],
  sortTime: ['moved'],
  state: ['status'],
  firingStates: ['done'],
  initialStates: ['pending'],
};
const MARKED = { ...SCAN, identity: [['id'], ['closed']], eventTime: ['closed'], sortTime: ['closed'], state: null };
const WHOLE = { ...SCAN, identity: [['id'], ['version']] };

/** A vendor with one page of these rows; `logged` collects the app's log. */
const shop = async (rows) => {
  const server = await start(() => ({ body: { data: rows, count: rows.length } }));
  const api = await bind(server.url);
  const logged = [];
  const hearing = (perform) => (z, bundle) => {
    z.console.log = (sentence) => logged.push(sentence);
    return perform(z, bundle);
  };
  return { api, logged, hearing };
};

for (const [what, odd, why] of [
  ['a null row', null, /row 2: it is not an object\.$/],
  ['a row that is text', 'gone', /it is not an object/],
  ['a row that is a list', [1], /it is not an object/],
  ['an id of null', good(null), /id is null/],
  ['no id', { status: 'done', created: AT, moved: AT, closed: AT, version: 1 }, /id is missing/],
  ['an empty id', good(' '), /id is not text or a whole number: " "/],
  ['an id with a fraction', good(12.5), /id is not text or a whole number: 12\.5/],
  ['an id that is true', good(true), /id is not text or a whole number: true/],
  ['an id that is an object', good({ a: 1 }), /id is not text or a whole number/],
]) {
  test(`${what} does not stop a trigger`, async () => {
    const performs = { pollNewest, pollChanges, pollSnapshot };
    const sources = { pollNewest: { ...SCAN, identity: [['id']] }, pollChanges: SCAN, pollSnapshot: WHOLE };
    for (const [kind, perform] of Object.entries(performs)) {
      const { api, logged, hearing } = await shop([good('a'), odd, good('b')]);
      const poll = hearing(perform(api, sources[kind], NOTHING));
      assert.deepEqual(ids(await run(api, poll)), ['a', 'b'], kind);
      assert.equal(logged.length, 1, kind);
      assert.match(logged[0], /^Example Returns: skipped \/returns, page 1, row 2: /);
      assert.match(logged[0], why);
    }
  });
}

for (const [what, more] of [
  ['of null', { created: null }],
  ['missing', { created: undefined }],
  ['of another kind', { created: 1764000000 }],
  ['0000-00-00', { created: '0000-00-00 00:00:00' }],
  ['of a month 13', { created: '2026-13-45T00:00:00Z' }],
  ['of the year 1', { created: '0001-01-01T00:00:00+01:00' }],
  ['in words', { created: 'yesterday' }],
]) {
  test(`a creation time ${what} does not stop a trigger that sorts by it`, async () => {
    const { api, logged, hearing } = await shop([good('a'), good('odd', more), good('b')]);
    assert.deepEqual(ids(await run(api, hearing(pollChanges(api, SCAN, NOTHING)))), ['a', 'b']);
    assert.match(logged.join(), /row 2: created is (null|missing|not a time)/);
    const newestFirst = hearing(pollNewest(api, { ...SCAN, identity: [['id']] }, NOTHING));
    assert.deepEqual(ids(await run(api, newestFirst)), ['a', 'odd', 'b'], 'no time counts there');
  });
}

test('a time in the far future is returned', async () => {
  const ahead = good('ahead', { created: '9999-12-31T23:59:59-05:00', moved: '9999-12-31T23:59:59-05:00' });
  const { api, logged, hearing } = await shop([good('a'), ahead]);
  assert.deepEqual(ids(await run(api, hearing(pollChanges(api, SCAN, NOTHING)))), ['ahead', 'a']);
  assert.deepEqual(logged, []);
});

test('an empty timestamp is no event, and an unreadable one is skipped', async () => {
  const rows = [good('a'), good('open', { closed: null }), good('none', { closed: '' }), good('odd', { closed: 7 })];
  const { api, logged, hearing } = await shop(rows);
  assert.deepEqual(ids(await run(api, hearing(pollChanges(api, MARKED, NOTHING)))), ['a']);
  assert.equal(logged.length, 1);
  assert.match(logged[0], /row 4: closed is not a time: 7/);
});

for (const status of [3, true, ['done'], { a: 1 }]) {
  test(`a status of ${JSON.stringify(status)} does not stop a trigger`, async () => {
    for (const perform of [pollChanges, pollSnapshot]) {
      const { api, logged, hearing } = await shop([good('a'), good('odd', { status }), good('b')]);
      const any = { ...SCAN, firingStates: null };
      assert.deepEqual(ids(await run(api, hearing(perform(api, any, NOTHING)))), ['a', 'b']);
      assert.match(logged.join(), /row 2: status is not text/);
    }
  });
}

for (const status of [null, undefined, '', ' ', '-']) {
  test(`a status of ${JSON.stringify(status)} is no state, and causes neither an event nor a log line`, async () => {
    const { api, logged, hearing } = await shop([good('a'), good('none', { status })]);
    assert.deepEqual(ids(await run(api, hearing(pollChanges(api, { ...SCAN, firingStates: null }, NOTHING)))), ['a']);
    assert.deepEqual(logged, []);
  });
}

for (const status of ['IN_TRANSIT', 'in transit', 'In-Transit', ' inTransit ', 'in_transit']) {
  test(`the state "${status}" is recognized in this spelling`, async () => {
    const { api } = await shop([good('a', { status })]);
    const wanted = (source) => run(api, pollChanges(api, { ...SCAN, ...source }, NOTHING));
    assert.equal((await wanted({ firingStates: ['In Transit'] })).length, 1);
    assert.equal((await wanted({ firingStates: null, initialStates: ['in-transit'] })).length, 0);
    assert.equal((await wanted({ firingStates: ['In Transit 2'] })).length, 0);
  });
}

// Lists

/** A vendor that returns `pages` one after the other for any request, and then repeats the last. */
const sequence = async (pages, facts = {}) => {
  const server = await start((_, number) => ({ body: pages[Math.min(number, pages.length) - 1] }));
  const api = await bind(server.url);
  const paging = { pages: { ...FACTS.paging.pages, size: 20, maxSize: 20, ...facts } };
  return { server, api: { ...api, paging } };
};
const many = (from, count) => Array.from({ length: count }, (_, n) => good(`r${from + n}`));

test('a list with many pages without new rows is an error', async () => {
  const { server, api } = await sequence([{ data: many(0, 3) }]);
  const { message } = await failing(api, pollChanges(api, SCAN, NOTHING));
  assert.match(message, /a list that does not end: page after page repeats the same rows/);
  assert.equal(server.requests.length, 6);
});

test('with few pages to read, one repeated page is an error', async () => {
  const { server, api } = await sequence([{ data: many(0, 20) }]);
  assert.match((await failing(api, pollChanges(api, { ...SCAN, pages: 3 }, NOTHING))).message, /repeats the same rows/);
  assert.equal(server.requests.length, 2);
});

test('rows inserted during a read are no error', async () => {
  const pages = [{ data: many(10, 20) }, { data: many(10, 20) }, { data: many(30, 5) }, { data: [] }];
  const { api } = await sequence(pages);
  assert.equal((await run(api, pollChanges(api, SCAN, NOTHING))).length, 25);
});

test('an endless list stops at the page ceiling', async () => {
  const server = await start((_, number) => ({ body: { data: many(number * 10, 3) } }));
  const api = await bind(server.url);
  assert.equal((await run(api, pollChanges(api, { ...SCAN, pages: 4 }, NOTHING))).length, 12);
  assert.equal(server.requests.length, 4);
});

for (const total of ['3', -1, 2.5, null, true]) {
  test(`a total of ${JSON.stringify(total)} is ignored`, async () => {
    const pages = [many(0, 3), many(3, 1), []].map((data) => ({ data, count: total }));
    const { api } = await sequence(pages);
    assert.equal((await run(api, pollChanges(api, SCAN, NOTHING))).length, 4);
  });
}

const LOOK = {
  fields: [{ key: 'number', label: 'Number', type: 'string' }],
  wire: { number: { in: 'match', at: ['number'], compareAs: 'text' } },
};
const FIND = { operation: LIST, query: {}, pages: 5, atLeastOne: [] };

test('a search in a list that changes during the read is repeated, and then fails with an explanation', async () => {
  const row = (n) => ({ id: n, number: `N-${n}` });
  const fell = [
    { data: [row(1), row(2)], count: 4, size: 2 },
    { data: [row(4)], count: 3, size: 2 },
    { data: [row(1), row(2)], count: 3, size: 2 },
    { data: [row(3)], count: 3, size: 2 },
  ];
  const { server, api } = await sequence(fell);
  assert.deepEqual(ids(await run(api, findRecords(api, FIND, LOOK), { inputs: { number: 'N-3' } })), [3]);
  assert.equal(server.requests.length, 4);
  const always = await start((_, number) => ({
    body: number % 2 ? { data: [row(1), row(2)], count: 4, size: 2 } : { data: [row(4)], count: 3, size: 2 },
  }));
  const other = await bind(always.url);
  const { message } = await failing(other, findRecords(other, FIND, LOOK), { inputs: { number: 'N-3' } });
  assert.match(message, /changed every time it was read, so the search could not finish\. The record may still exist/);
  assert.equal(always.requests.length, 6);
});

test('a decreased total makes an empty result doubtful', async () => {
  const row = (n) => ({ id: n, number: `N-${n}` });
  const pages = { 1: [row(1), row(2)], 2: [row(3)] };
  const server = await start(({ query }) => {
    const page = query.get('page');
    return { body: { data: pages[page] ?? [], count: page === '1' ? 3 : 2, size: 2 } };
  });
  const api = await bind(server.url);
  const { message } = await failing(api, findRecords(api, FIND, LOOK), { inputs: { number: 'N-9' } });
  assert.match(message, /The record may still exist/);
});

test('rows that are no records stop no search, dropdown or login', async () => {
  const { api } = await shop([null, { id: null, number: null }, { id: 7, number: 'N-7' }]);
  const [{ count }] = await run(api, listRecords(api, { operation: LIST, query: {}, list: 'returns' }, NOTHING));
  assert.equal(count, 2);
  const choose = listChoices(api, { operation: LIST, query: {}, value: ['id'], label: [['number']] });
  assert.deepEqual(await run(api, choose), [{ id: 7, label: 'N-7' }]);
  const login = testLogin(api, '{shop}', { operation: LIST, query: {}, noun: 'return', name: ['number'] });
  assert.deepEqual(await run(api, login), { account: 'no return yet' });
});

for (const [what, date, sentence] of [
  ['a day ahead', 'Mon, 02 Nov 2026 00:00:00 GMT', 'The clock of Example Returns is 86400 seconds ahead.'],
  ['an hour behind', 'Sat, 31 Oct 2026 23:00:00 GMT', 'The clock of Example Returns is 3600 seconds behind.'],
  ['four minutes ahead', 'Sun, 01 Nov 2026 00:04:00 GMT', undefined],
  ['missing', undefined, undefined],
  ['unreadable', 'yesterday', undefined],
]) {
  test(`a clock ${what} does not change a trigger's result, and is logged if relevant`, async () => {
    const ahead = good('ahead', { created: '2026-11-02T00:00:00Z' });
    const body = { data: [ahead, good('a'), good('old', { created: '2026-10-01T00:00:00Z' })], count: 3 };
    const server = await start(() => ({ body, headers: date ? { date } : {} }));
    const api = await bind(server.url);
    const logged = [];
    const hearing = (z, bundle) => {
      z.console.log = (line) => logged.push(line);
      return pollChanges(api, SCAN, NOTHING)(z, bundle);
    };
    assert.deepEqual(ids(await run(api, hearing)).sort(), ['a', 'ahead']);
    assert.equal(server.requests[0].query.get('after'), '2026-10-25T00:00:00Z');
    assert.deepEqual(logged, sentence ? [sentence] : []);
  });
}
