/** A misbehaving vendor: redirects, and answers that never end, are too large, empty or malformed. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { bind, failing, FACTS, KEY, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollNewest, pollChanges } = await lib('triggers');
const { findRecords, getRecord } = await lib('searches');
const { write } = await lib('creates');
const { subscribe, unsubscribe } = await lib('hooks');
const { openSession } = await import('../../../zapier_app/exsited/lib/session.js');
const { fetchDetails } = await lib('hydrators');

const servers = [];
const start = async (answer) => {
  servers.push(await vendor(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

const CREATE = { method: 'POST', path: '/returns', result: ['data'] };
const ONE = { method: 'GET', path: '/returns/7', result: ['data'] };
const SESSION = { constants: {}, fills: {}, token: ['data', 'token'], storeAs: 'token' };
const MAY = /The change may or may not have been made\. Check before you try again\.$/;

/** Every function that sends a request, by kind. */
const performs = (api) => ({
  'a trigger': pollNewest(api, { operation: LIST, query: {}, size: 4 }, NOTHING),
  'a search': getRecord(api, { operation: ONE, query: {} }, NOTHING),
  'a create': write(api, { operation: CREATE }, NOTHING),
  'details asked for later': fetchDetails(api, { operation: ONE, query: {} }),
  'a subscription': subscribe(api, { subscribe: { operation: CREATE, url: ['url'], body: {}, id: ['id'] } }),
  'the end of a subscription': unsubscribe(api, {
    unsubscribe: { operation: { ...CREATE, method: 'DELETE', path: '/returns/{id}' }, parameter: 'id' },
  }),
  'a login': openSession(api, { ...SESSION, operation: CREATE }),
});
const KINDS = Object.keys(performs({}));
const more = { subscribeData: { id: '7' }, targetUrl: 'https://hooks.example.com/1' };

for (const kind of KINDS) {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`${kind} follows no redirect of status ${status}`, async () => {
      const other = await start(() => ({ body: { data: { id: 'other', token: 'other' } } }));
      const server = await start(() => ({ status, headers: { location: `${other.url}/elsewhere` } }));
      const api = await bind(server.url);
      const { message } = await failing(api, performs(api)[kind], { more });
      assert.match(message, new RegExp(`^Example Returns redirects ${server.url}/returns`));
      assert.match(message, new RegExp(`to another address \\(status ${status}\\)`));
      assert.doesNotMatch(message, /Use the address/);
      assert.equal(other.requests.length, 0);
      assert.equal(server.requests.length, 1);
    });
  }
}

test('a redirect on the same host names the new base URL, without its query', async () => {
  const server = await start(() => ({ status: 301, headers: { location: `/v2/returns?key=${KEY}` } }));
  const api = await bind(server.url);
  const { message } = await failing(api, performs(api)['a trigger']);
  assert.match(message, new RegExp(`Use the address ${server.url.replace('/v1', '/v2')}/returns instead\\.$`));
  assert.equal(message.includes(KEY), false);
});

for (const [what, from, to, offered] of [
  ['https for http', 'http://shop.example.com/v1', 'https://shop.example.com/v1', 'https://shop.example.com/v1'],
  ['another path', 'https://shop.example.com/v1', '/v2?a=b', 'https://shop.example.com/v2'],
  ['http for https', 'https://shop.example.com/v1', 'http://shop.example.com/v1', undefined],
  ['another host', 'https://shop.example.com/v1', 'https://evil.example.net/v1', undefined],
  ['another port', 'https://shop.example.com/v1', 'https://shop.example.com:8443/v1', undefined],
  ['a user name', 'https://shop.example.com/v1', 'https://me:pw@shop.example.com/v2', 'https://shop.example.com/v2'],
  ['no address', 'https://shop.example.com/v1', 'https://', undefined],
]) {
  test(`a redirect to ${what} ${offered ? 'names' : 'does not name'} the new base URL`, async () => {
    const { failure } = await lib('failures');
    class Said extends Error {}
    const response = { status: 308, data: undefined, request: { url: `${from}?key=1`, method: 'GET' } };
    const got = { ...response, getHeader: (name) => ({ location: to })[name] ?? null };
    const { message } = failure(FACTS, { errors: { Error: Said } }, {}, got);
    assert.match(message, /^Example Returns redirects https?:\/\/shop\.example\.com\/v1 to another address/);
    assert.equal(/Use the address (.*) instead\.$/.exec(message)?.[1], offered);
  });
}

test('304 is neither a redirect nor an answer', async () => {
  const server = await start(() => ({ status: 304, headers: { location: '/elsewhere' } }));
  const api = await bind(server.url);
  const { message } = await failing(api, performs(api)['a trigger']);
  assert.match(message, /sent no result \(status 304\)/);
});

// Time

/** A server that sends its answer one byte at a time, without end. */
const dripping = async () => {
  const held = new Set();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 40);
    held.add(response);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const response of held) response.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  servers.push({ close });
  return `http://127.0.0.1:${server.address().port}/v1`;
};

test('an endless answer is abandoned at the timeout', async () => {
  const api = { ...(await bind(await dripping())), timeout: 200 };
  assert.match((await failing(api, performs(api)['a trigger'])).message, /did not answer in time\. Nothing/);
  assert.match((await failing(api, performs(api)['a create'])).message, MAY);
});

test('a search fails at the deadline of its run, and a poll returns the rows that it has read', async () => {
  let time = Date.parse('2026-11-01T00:00:00Z');
  const server = await start(({ query }) => {
    time += 10_000;
    const page = Number(query.get('page'));
    const row = { id: `r${page}`, created: '2026-10-31T00:00:00Z', status: 'done' };
    return { body: { data: [row], count: 99, size: 1 } };
  });
  const api = await bind(server.url, () => time);
  const form = { fields: [{ key: 'state', type: 'string' }], wire: { state: { in: 'match', at: ['status'] } } };
  const search = findRecords(api, { operation: LIST, query: {}, pages: 50, atLeastOne: [] }, form);
  const { message } = await failing(api, search, { inputs: { state: 'never' } });
  assert.match(message, /^Example Returns is answering too slowly: this step took more than 25 seconds, and Zapier allows 30\./);
  assert.match(message, /Nothing was changed/);
  assert.equal(server.requests.length, 3);
  const scan = { operation: LIST, query: {}, size: 1, pages: 50, since: 'after', lookBack: 2 * 86400 };
  const paths = { id: ['id'], windowTime: ['created'], sortTime: ['created'], state: ['status'] };
  const poll = pollChanges(api, { ...scan, ...paths, firingStates: ['done'] }, NOTHING);
  assert.deepEqual((await run(api, poll)).map(({ id }) => id), ['r1', 'r2'], 'each run has its own time');
  assert.equal(server.requests.length, 5);
});

test('the last request of a run gets only the remaining time', async () => {
  const { timeLeft, withDeadline } = await lib('deadline');
  const left = withDeadline({ ...FACTS, runTimeout: 1000, timeout: 400, now: () => 5 }, async (api) => [
    timeLeft({ ...api, now: () => 5 }),
    timeLeft({ ...api, now: () => 905 }),
    timeLeft({ ...api, now: () => 1005 }),
  ]);
  assert.deepEqual(await left({}, {}), [400, 100, 0]);
});

// Size and form

test('an answer above the size limit is refused, compressed or not', async () => {
  const row = { id: 'x'.repeat(FACTS.maxBytes) };
  const whole = await start(() => ({ body: { data: [row] } }));
  const packed = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(`{"data": [${' '.repeat(50 * FACTS.maxBytes)}]}`));
  });
  await new Promise((resolve) => packed.listen(0, '127.0.0.1', resolve));
  servers.push({ close: () => new Promise((resolve) => packed.close(resolve)) });
  for (const url of [whole.url, `http://127.0.0.1:${packed.address().port}/v1`]) {
    const api = await bind(url);
    const { message } = await failing(api, performs(api)['a trigger']);
    assert.match(message, /sent an answer that is too large for this app\. Nothing/);
  }
});

test('an answer with a wrong content encoding is unreadable, and not a network failure', async () => {
  const server = await start(() => ({ body: { data: [] }, headers: { 'content-encoding': 'gzip' } }));
  const api = await bind(server.url);
  const { message } = await failing(api, performs(api)['a trigger']);
  assert.match(message, /sent an answer that is incomplete or damaged/);
});

for (const [what, answer, sentence] of [
  ['204', { status: 204, body: '' }, /sent an empty answer \(status 204\)\. The change/],
  ['200 without a body', { body: '' }, /sent an empty answer \(status 200\)\. The change/],
  ['200 with HTML', { body: '<html>' }, /sent an answer that is not JSON\. The change/],
  ['200 with null', { body: 'null' }, /unexpected answer: data is missing\. The change/],
  ['200 with a list', { body: { data: [1] } }, /unexpected answer: data is not an object\. The change/],
  ['202 with a text', { status: 202, body: 'Accepted' }, /sent an answer that is not JSON\. The change/],
]) {
  test(`a write answered by ${what} reports that the change may have been made`, async () => {
    const server = await start(() => answer);
    const api = await bind(server.url);
    const { message } = await failing(api, performs(api)['a create']);
    assert.match(message, sentence);
    assert.match(message, MAY);
    const read = await failing(api, performs(api)['a search']);
    assert.doesNotMatch(read.message, /The change/);
  });
}

test('a list that is an object, and a record that is a list, are reported in one sentence', async () => {
  const server = await start(() => ({ body: { data: { rows: [] } } }));
  const api = await bind(server.url);
  assert.match((await failing(api, performs(api)['a trigger'])).message, /unexpected answer: data is not a list/);
  const lists = await start(() => ({ body: { data: [] } }));
  const other = await bind(lists.url);
  assert.match((await failing(other, performs(other)['a search'])).message, /unexpected answer: data is not an object/);
});

test("a vendor's message is shown on one line, without secrets, and up to 500 characters", async () => {
  const long = `${'x'.repeat(480)} ${KEY} ${'y '.repeat(9000)}`;
  const wrong = `is wrong\n${'z'.repeat(50)}`;
  const fields = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`field_${n}`, wrong]));
  const server = await start(() => ({ status: 400, body: { fault: { code: 'NO', text: long, fields } } }));
  const api = await bind(server.url);
  const { message } = await failing(api, performs(api)['a create']);
  assert.ok(message.length < 1100, `${message.length}`);
  assert.equal(message.includes('\n'), false);
  assert.equal(message.includes(KEY.slice(0, 8)), false);
  assert.match(message, /x{480} \[hidden\]/);
});

// How long to wait

for (const [retryAfter, date, delay] of [
  ['7', undefined, 7],
  [' 7 ', undefined, 7],
  ['2.0', undefined, 2],
  ['2.5', undefined, 3],
  ['0', undefined, 1],
  ['-3', undefined, 60],
  ['soon', undefined, 60],
  [undefined, undefined, 60],
  ['9'.repeat(400), undefined, 3600],
  ['1793880000000', undefined, 3600],
  ['Sun, 01 Nov 2026 12:00:20 GMT', 'Sun, 01 Nov 2026 12:00:00 GMT', 20],
  ['Sunday, 01-Nov-26 12:00:20 GMT', 'Sun, 01 Nov 2026 12:00:00 GMT', 20],
  ['Sun Nov  1 12:00:20 2026', 'Sun, 01 Nov 2026 12:00:00 GMT', 20],
  ['Sun, 01 Nov 2026 11:59:00 GMT', 'Sun, 01 Nov 2026 12:00:00 GMT', 1],
  ['Sun, 01 Nov 2026 00:00:20 GMT', 'odd', 20],
]) {
  test(`Retry-After: ${String(retryAfter).slice(0, 40)} means ${delay} seconds`, async () => {
    const headers = { ...(retryAfter && { 'retry-after': retryAfter }), ...(date && { date }) };
    const limited = await start(() => ({ status: 429, headers }));
    const api = await bind(limited.url);
    const error = await failing(api, performs(api)['a create']);
    assert.deepEqual([error.name, error.delay], ['ThrottledError', delay]);
  });
}

test('an unavailable vendor with Retry-After is retried by Zapier, except for writes', async () => {
  const server = await start(() => ({ status: 503, headers: { 'retry-after': '7' } }));
  const api = await bind(server.url);
  const reading = await failing(api, performs(api)['a trigger']);
  assert.deepEqual([reading.name, reading.delay], ['ThrottledError', 7]);
  const writing = await failing(api, performs(api)['a create']);
  assert.equal(writing.name, 'AppError');
  assert.match(writing.message, /It asks to wait 7 seconds\. The change may or may not have been made/);
});

// Addresses that may receive credentials

/** By address: whether credentials are sent there if typed by the user, and if set by the override variable. */
for (const [address, asTyped, asSet] of [
  ['https://shop.example.com', true, true],
  ['http://127.0.0.1:4010', false, true],
  ['http://localhost:4010/', false, true],
  ['http://[::1]:4010', false, true],
  ['http://shop.example.com', false, false],
  ['http://127.0.0.1.example.com', false, false],
  ['https://shop.example.com/?a=b', false, false],
  ['shop.example.com', false, false],
  ['', false, false],
]) {
  test(`credentials ${asTyped || asSet ? 'are' : 'are not'} sent to ${address || 'an empty address'}`, async () => {
    const { createApi, send } = await lib('api');
    const sent = [];
    class Said extends Error {}
    const z = { request: async (request) => sent.push(request.url), errors: { Error: Said } };
    const bundle = { authData: { shop: address } };
    const owned = createApi({ ...FACTS, host: 'shop' }, { env: {}, now: () => 0 });
    const set = createApi(FACTS, { env: { EXAMPLE_BASE_URL: address || 'http://' }, now: () => 0 });
    for (const [api, allowed] of [
      [owned, asTyped],
      [set, asSet],
    ]) {
      sent.length = 0;
      const going = send(api, z, bundle, ONE);
      if (allowed) await going;
      else await assert.rejects(going, /is not a secure Example Returns address/);
      assert.equal(sent.length, allowed ? 1 : 0);
    }
  });
}
