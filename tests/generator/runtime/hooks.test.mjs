/** Webhooks: subscribe, unsubscribe, and the events of a post. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, lib, NOTHING, run, vendor } from './vendor.mjs';

const { receive, subscribe, unsubscribe } = await lib('hooks');

const REGISTER = { method: 'POST', path: '/webhooks', result: ['data'] };
const REMOVE = { method: 'DELETE', path: '/webhooks/{hook}', result: [] };
const READ = { method: 'GET', path: '/returns/{id}', result: ['data'] };
const HOOK = {
  subscribe: { operation: REGISTER, url: ['target', 'url'], body: { event: 'MOVED', target: { kind: 'web' } }, id: ['id'] },
  unsubscribe: { operation: REMOVE, parameter: 'hook' },
  record: { operation: READ, values: { id: ['what', 'id'] }, row: ['summary'] },
};
const TARGET = 'https://hooks.zapier.example/1';
const POST = { what: { id: 'r/1' }, event: 'MOVED' };
const STATES = { state: ['status'], firingStates: ['done'], initialStates: [] };

const servers = [];
const start = async (answer) => {
  servers.push(await vendor(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

const post = async (server, source, form = NOTHING, options = {}) =>
  run(await bind(server.url), receive(await bind(server.url), HOOK, source, form), {
    more: { cleanedRequest: POST },
    ...options,
  });

const reading = (summary) => start(() => ({ body: { data: { summary, other: 1 } } }));

test('subscribing registers the URL for one event and stores the id', async () => {
  const server = await start(() => ({ status: 201, body: { data: { id: 7 } } }));
  const api = await bind(server.url);
  const kept = await run(api, subscribe(api, HOOK), { more: { targetUrl: TARGET } });
  assert.deepEqual(kept, { id: 7 });
  const [{ method, path, body }] = server.requests;
  assert.deepEqual([method, path], ['POST', '/v1/webhooks']);
  assert.deepEqual(body, { event: 'MOVED', target: { kind: 'web', url: TARGET } });
  await run(api, subscribe(api, HOOK), { more: { targetUrl: `${TARGET}2` } });
  assert.equal(server.requests[1].body.target.url, `${TARGET}2`);
  assert.equal(HOOK.subscribe.body.target.url, undefined);
});

test('a subscription without an id is refused, because it could not be deleted', async () => {
  const server = await start(() => ({ status: 201, body: { data: {} } }));
  const api = await bind(server.url);
  const { message } = await failing(api, subscribe(api, HOOK), { more: { targetUrl: TARGET } });
  assert.match(message, /unexpected answer: data\.id is missing/);
});

for (const status of [200, 204, 404]) {
  test(`unsubscribing deletes the subscription, answered by ${status}`, async () => {
    const server = await start(() => ({ status, body: status === 204 ? '' : {} }));
    const api = await bind(server.url);
    await run(api, unsubscribe(api, HOOK), { more: { subscribeData: { id: '7/8' } } });
    assert.deepEqual(
      server.requests.map(({ method, path }) => [method, path]),
      [['DELETE', '/v1/webhooks/7%2F8']],
    );
  });
}

test('unsubscribing fails if the vendor refuses', async () => {
  const server = await start(() => ({ status: 403, body: {} }));
  const api = await bind(server.url);
  const { message } = await failing(api, unsubscribe(api, HOOK), { more: { subscribeData: { id: 7 } } });
  assert.match(message, /is not allowed to do this/);
});

test('a post delivers the record, read from the API', async () => {
  const server = await reading({ id: 'r/1', status: 'done' });
  assert.deepEqual(await post(server, STATES), [{ id: 'r/1', status: 'done' }]);
  assert.equal(server.requests[0].path, '/v1/returns/r%2F1');
});

test('a post delivers nothing if the record is deleted or in another status', async () => {
  assert.deepEqual(await post(await start(() => ({ status: 404 })), STATES), []);
  assert.deepEqual(await post(await reading({ id: 'r/1', status: 'open' }), STATES), []);
  const all = { ...STATES, firingStates: null, initialStates: ['open'] };
  assert.deepEqual(await post(await reading({ id: 'r/1', status: 'open' }), all), []);
});

test("the status in the post counts, not the record's current one", async () => {
  const record = { ...HOOK.record, state: ['to'] };
  const fired = async (to, source) => {
    const server = await reading({ id: 'r/1', status: 'gone on' });
    const api = await bind(server.url);
    const more = { cleanedRequest: { ...POST, to } };
    return (await run(api, receive(api, { ...HOOK, record }, source, NOTHING), { more })).length;
  };
  assert.equal(await fired('done', STATES), 1);
  assert.equal(await fired('closed', { ...STATES, firingStates: ['done', 'closed'] }), 0, 'fired for the first state already');
  assert.equal(await fired('open', { ...STATES, firingStates: null, initialStates: ['open'] }), 0);
  assert.equal(await fired('done', { ...STATES, firingStates: null, initialStates: ['open'] }), 1);
});

test('statuses in posts are compared in any spelling, and malformed posts deliver nothing', async () => {
  const reached = async (status) => (await post(await reading({ id: 'r/1', status }), STATES)).length;
  for (const word of ['DONE', ' done ', 'Done']) assert.equal(await reached(word), 1, word);
  const all = { ...STATES, firingStates: null, initialStates: ['in_review'] };
  for (const word of ['', null, ' ', '-', 'In Review']) {
    assert.equal(await reached(word), 0);
    assert.deepEqual(await post(await reading({ id: 'r/1', status: word }), all), []);
  }
  const server = await start(() => ({ status: 500 }));
  const api = await bind(server.url);
  for (const what of [null, 'gone', [1]]) {
    const perform = receive(api, { ...HOOK, record: { row: ['what'] } }, { state: null }, NOTHING);
    assert.deepEqual(await run(api, perform, { more: { cleanedRequest: { what } } }), []);
  }
});

test('a post without the id of a record delivers nothing and reads nothing', async () => {
  const server = await start(() => ({ status: 500 }));
  const api = await bind(server.url);
  for (const cleanedRequest of [undefined, {}, { what: {} }, { what: { id: '' } }]) {
    assert.deepEqual(await run(api, receive(api, HOOK, STATES, NOTHING), { more: { cleanedRequest } }), []);
  }
  assert.equal(server.requests.length, 0);
});

test('filters apply to posts', async () => {
  const form = {
    fields: [{ key: 'shop', type: 'string' }],
    wire: { shop: { in: 'match', at: ['shop'] } },
  };
  const server = await reading({ id: 'r/1', status: 'done', shop: 'North' });
  assert.equal((await post(server, STATES, form, { inputs: { shop: 'north' } })).length, 1);
  assert.equal((await post(server, STATES, form, { inputs: { shop: 'south' } })).length, 0);
});

test('a filter by status compares the posted status, not the current one', async () => {
  const form = { fields: [{ key: 'status', type: 'string' }], wire: { status: { in: 'match', at: ['status'], compareAs: 'word' } } };
  const source = { ...STATES, firingStates: null, initialStates: ['open'] };
  const fired = async (status) => {
    const server = await reading({ id: 'r/1', status: 'gone on' });
    const api = await bind(server.url);
    const options = { more: { cleanedRequest: { ...POST, to: 'done' } }, inputs: { status } };
    return run(api, receive(api, { ...HOOK, record: { ...HOOK.record, state: ['to'] } }, source, form), options);
  };
  assert.deepEqual(await fired('Done'), [{ id: 'r/1', status: 'gone on' }]);
  assert.deepEqual(await fired('gone on'), []);
});

test('a complete record in a post is not read again', async () => {
  const server = await start(() => ({ status: 500 }));
  const api = await bind(server.url);
  const hook = { ...HOOK, record: { row: ['what'] } };
  const more = { cleanedRequest: { what: { id: '1', status: 'done' } } };
  assert.deepEqual(await run(api, receive(api, hook, STATES, NOTHING), { more }), [more.cleanedRequest.what]);
  assert.equal(server.requests.length, 0);
});
