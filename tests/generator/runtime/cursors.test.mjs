/** Lists with opaque cursors: read to their end, and paged in a dropdown. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';

import { bind, failing, FACTS, lib, LIST, run, vendor } from './vendor.mjs';

const { readPages } = await lib('pages');
const { listChoices } = await lib('dropdowns');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const CURSORS = { style: 'cursor', page: 'cursor', perPage: 'size', first: 0, size: 2, maxSize: 2, next: ['next'] };

/** A vendor with rows 1 to `most`, two per page; `last` is the cursor of its last page. */
const listing = async (most, last) => {
  const server = await vendor(({ query }) => {
    const start = Number((query.get('cursor') ?? 'row-1').slice(4));
    const data = [start, start + 1].filter((id) => id <= most).map((id) => ({ id }));
    return { body: { data, ...(start + 2 <= most ? { next: `row-${start + 2}` } : last) } };
  });
  servers.push(server);
  const api = { ...(await bind(server.url)), paging: { ...FACTS.paging, pages: CURSORS } };
  return { server, api };
};

const collect = (api, pages) => async (z, bundle) => {
  const found = [];
  for await (const rows of readPages(api, z, bundle, LIST, { query: {}, pages })) found.push(...rows);
  return found;
};

for (const last of [{}, { next: null }, { next: '' }]) {
  test(`a list ends where the reply names ${JSON.stringify(last)}`, async () => {
    const { server, api } = await listing(5, last);
    assert.deepEqual((await run(api, collect(api, 9))).map(({ id }) => id), [1, 2, 3, 4, 5]);
    assert.deepEqual(
      server.requests.map(({ query }) => query.get('cursor')),
      [null, 'row-3', 'row-5'],
    );
  });
}

/** A vendor with pages by cursor: `{cursor: [rows, next]}`, the first under "". */
const given = async (pages) => {
  const server = await vendor(({ query }) => {
    const [data, next] = pages[query.get('cursor') ?? ''] ?? [[], null];
    return { body: { data, next } };
  });
  servers.push(server);
  const api = { ...(await bind(server.url)), paging: { ...FACTS.paging, pages: CURSORS } };
  return { server, api, asked: () => server.requests.map(({ query }) => query.get('cursor')) };
};
const one = { id: 1 };
const two = { id: 2 };

test('empty pages with a cursor are skipped, up to three in a row', async () => {
  const few = await given({ '': [[one], 'a'], a: [[], 'b'], b: [[], 'c'], c: [[], 'd'], d: [[two], null] });
  assert.deepEqual(await run(few.api, collect(few.api, 2)), [one, two], 'empty pages do not count as read');
  assert.deepEqual(few.asked(), [null, 'a', 'b', 'c', 'd']);
  const many = await given({ '': [[], 'a'], a: [[], 'b'], b: [[], 'c'], c: [[], 'd'], d: [[two], null] });
  const { message } = await failing(many.api, collect(many.api, 9));
  assert.match(message, /a list that does not end: 4 pages in a row are empty/);
  assert.equal(many.server.requests.length, 4);
});

test('an empty page with its own cursor is the last', async () => {
  const { api, asked } = await given({ '': [[one], 'a'], a: [[], 'a'] });
  assert.deepEqual(await run(api, collect(api, 9)), [one]);
  assert.deepEqual(asked(), [null, 'a']);
});

for (const [what, pages, why] of [
  ['names itself', { '': [[one], 'a'], a: [[two], 'a'] }, /a page names itself as the next page/],
  ['leads back', { '': [[one], 'a'], a: [[two], 'b'], b: [[{ id: 3 }], 'a'] }, /its pages repeat in a circle/],
  ['names an object', { '': [[one], { at: 'a' }] }, /neither text nor a whole number/],
  ['names a fraction', { '': [[one], 1.5] }, /neither text nor a whole number/],
]) {
  test(`a page that ${what} is an error, with rows`, async () => {
    const { api, server } = await given(pages);
    assert.match((await failing(api, collect(api, 99))).message, why);
    assert.ok(server.requests.length <= 3);
  });
}

for (const last of [false, ' \n']) {
  test(`a list ends where the reply names ${JSON.stringify(last)}`, async () => {
    const { api } = await given({ '': [[one], 'a'], a: [[two], last] });
    assert.deepEqual(await run(api, collect(api, 9)), [one, two]);
  });
}

test('the page ceiling is obeyed', async () => {
  const { api } = await listing(5, {});
  assert.equal((await run(api, collect(api, 2))).length, 4);
});

/** Zapier's store for a dropdown's cursor between two calls. */
const keeper = async () => {
  const calls = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { id, method, params } = JSON.parse(text);
    calls.push([method, ...params]);
    const kept = calls.filter(([name]) => name === 'set_cursor').at(-1)?.[1] ?? null;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id, result: method === 'get_cursor' ? kept : null }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, calls, close: () => new Promise((resolve) => server.close(resolve)) };
};

test('a dropdown continues from the cursor that Zapier stored, and ends', async () => {
  const { api } = await listing(3, {});
  const kept = await keeper();
  servers.push(kept);
  const choose = listChoices(api, { operation: LIST, query: {}, value: ['id'], label: [['id']] });
  const page = async (number) =>
    (await run(api, choose, { meta: { page: number }, rpc: kept.url })).map(({ id }) => id);
  assert.deepEqual(await page(0), [1, 2]);
  assert.deepEqual(await page(1), [3]);
  assert.deepEqual(await page(2), []);
  assert.deepEqual(
    kept.calls.map(([method]) => method),
    ['set_cursor', 'get_cursor', 'set_cursor', 'get_cursor'],
  );
});
