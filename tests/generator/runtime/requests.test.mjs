import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, FACTS, KEY, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { createApi, send } = await lib('api');
const { pollNewest } = await lib('triggers');
const { getRecord } = await lib('searches');
const { write } = await lib('creates');

const servers = [];
const start = async (answer) => {
  servers.push(await vendor(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

const CREATE = { method: 'POST', path: '/returns', result: ['data'], permission: 'returns:write' };
const poll = (api) => pollNewest(api, { operation: LIST, query: { order: 'desc' }, size: 100 }, NOTHING);

test('a request has credentials and a user agent', async () => {
  const server = await start(() => ({ body: { data: [] } }));
  await run(await bind(server.url), poll(await bind(server.url)));
  const [{ headers, path, query }] = server.requests;
  assert.equal(headers['x-example-key'], `Key ${KEY}`);
  assert.equal(headers['user-agent'], 'example-zapier/1.2.3');
  assert.equal(path, '/v1/returns');
  assert.deepEqual(
    [...query],
    [
      ['order', 'desc'],
      ['page', '1'],
      ['size', '4'],
    ],
  );
});

test('login values are sent where the operation has a parameter for them', async () => {
  const { send } = await lib('api');
  const server = await vendor(() => ({ body: { data: {} } }));
  const api = await bind(server.url);
  const auth = { api_key: KEY, shop: 'shop-7' };
  const read = { method: 'GET', path: '/returns', result: ['data'], login: { query: { shop_id: 'shop' } } };
  const write = { method: 'POST', path: '/returns', result: ['data'], login: { body: { store: 'shop' } } };
  const perform = async (z, bundle) => {
    await send(api, z, bundle, read, { query: { page: 1 } });
    await send(api, z, bundle, write, { body: { sku: 'A' } });
    return [];
  };
  await run(api, perform, { auth });
  await server.close();
  const [first, second] = server.requests;
  assert.deepEqual(Object.fromEntries(first.query), { shop_id: 'shop-7', page: '1' });
  assert.deepEqual([Object.fromEntries(second.query), second.body], [{}, { store: 'shop-7', sku: 'A' }]);
});

test('empty login values are not sent', async () => {
  const server = await start(() => ({ body: { data: {} } }));
  const api = await bind(server.url);
  const one = { method: 'POST', path: '/x', result: [], login: { query: { shop_id: 'shop' }, body: { store: 'store' } } };
  const perform = async (z, bundle) => [(await send(api, z, bundle, one, { body: { sku: 'A' } })).data];
  await run(api, perform, { auth: { api_key: KEY, store: ' ' } });
  assert.deepEqual([...server.requests[0].query], []);
  assert.deepEqual(server.requests[0].body, { sku: 'A' });
});

test('further login headers are sent with every request', async () => {
  const server = await start(() => ({ body: { data: [] } }));
  const bound = await bind(server.url);
  const api = { ...bound, credential: { ...FACTS.credential, headers: { 'x-shop': 'shop', 'x-none': 'none' } } };
  await run(api, poll(api), { auth: { api_key: KEY, shop: ' shop-7 ' } });
  const [{ headers }] = server.requests;
  assert.equal(headers['x-shop'], 'shop-7');
  assert.equal(headers['x-none'], undefined);
  assert.equal(headers['x-example-key'], `Key ${KEY}`);
});

test('whitespace around pasted credentials is not sent, and the credentials stay masked', async () => {
  const server = await start(({ headers }) => fault(400, 'INVALID', `The key ${headers['x-example-key']} is odd`));
  const api = await bind(server.url);
  const { message } = await failing(api, poll(api), { auth: { api_key: ` ${KEY}\n` } });
  assert.equal(server.requests[0].headers['x-example-key'], `Key ${KEY}`);
  assert.equal(message.includes(KEY), false);
});

test('no other host receives credentials', async () => {
  const server = await start(() => ({ body: {} }));
  const elsewhere = await bind('http://127.0.0.1:9/v1');
  const api = { ...elsewhere, credential: { ...FACTS.credential, headers: { 'x-shop': 'api_key' } } };
  await run(api, async (z) => (await z.request(`${server.url}/elsewhere`)).data);
  assert.equal(server.requests[0].headers['x-example-key'], undefined);
  assert.equal(JSON.stringify(server.requests[0].headers).includes(KEY), false);
});

test("the override variable takes precedence over the login's environment", async () => {
  const { baseUrl } = await lib('api');
  const chosen = (env, environment) =>
    baseUrl(createApi(FACTS, { env, now: Date.now }), { authData: { environment } });
  assert.equal(chosen({}, 'trial'), 'http://127.0.0.1:2');
  assert.equal(chosen({}, undefined), 'http://127.0.0.1:1');
  assert.equal(chosen({}, 'unheard of'), 'http://127.0.0.1:1');
  assert.equal(chosen({ EXAMPLE_BASE_URL: 'http://127.0.0.1:3/' }, 'trial'), 'http://127.0.0.1:3');
});

const fault = (status, code, text, fields) => ({ status, body: { fault: { code, text, fields } } });

for (const [what, answer, expected] of [
  [
    '400 with a list of fields',
    fault(400, 'INVALID', 'Bad input', [{ field: 'items[0].quantity', message: 'must be at least 1' }]),
    {
      name: 'AppError',
      status: 400,
      code: 'INVALID',
      message: 'Example Returns did not accept the input. Bad input. items[0].quantity: must be at least 1.',
    },
  ],
  [
    '400 with fields as an object',
    fault(400, 'INVALID', 'Bad input.', { email: ['is not an address', 'is too long'] }),
    {
      name: 'AppError',
      status: 400,
      message: 'Example Returns did not accept the input. Bad input. email: is not an address, is too long.',
    },
  ],
  [
    '400 whose message names the field already',
    fault(400, 'INVALID', 'email is too long', { email: 'is too long' }),
    {
      name: 'AppError',
      status: 400,
      message: 'Example Returns did not accept the input. email is too long.',
    },
  ],
  [
    '401',
    fault(401, 'WHO', `No such key ${KEY}`),
    {
      name: 'ExpiredAuthError',
      message:
        'Example Returns did not accept the key of this connection. Reconnect the account with a valid key.',
    },
  ],
  [
    '403',
    fault(403, 'NO', 'Not yours'),
    {
      name: 'AppError',
      status: 403,
      message:
        'The key of this connection lacks the permission returns:read. Reconnect with a key that has it.',
    },
  ],
  [
    '404',
    fault(404, 'NONE', 'No return has this id'),
    { name: 'AppError', status: 404, message: 'Example Returns has no such record. No return has this id.' },
  ],
  ['a code that means slow down', fault(403, 'SLOW_DOWN', 'Too fast'), { name: 'ThrottledError', delay: 60 }],
  ['429', { status: 429, headers: { 'retry-after': '7' } }, { name: 'ThrottledError', delay: 7 }],
  [
    '500 without a body that can be read',
    { status: 502, body: '<html>' },
    {
      name: 'AppError',
      status: 502,
      message:
        'Example Returns reported a problem on its side (status 502). Nothing was changed. Try again in a few minutes.',
    },
  ],
  [
    'a status without a description',
    fault(418, 'TEA', 'I am a teapot'),
    {
      name: 'AppError',
      status: 418,
      message: 'Example Returns refused the request (status 418). I am a teapot.',
    },
  ],
  [
    '200 in another form',
    { status: 200, body: { rows: [] } },
    {
      name: 'AppError',
      status: 200,
      message: 'Example Returns sent an unexpected answer: data is missing.',
    },
  ],
]) {
  test(`${what} is reported in one sentence`, async () => {
    const server = await start(() => answer);
    const error = await failing(await bind(server.url), poll(await bind(server.url)));
    for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value);
  });
}

test('a key repeated by the vendor is masked', async () => {
  const server = await start(() => fault(400, 'INVALID', `The key ${KEY} is odd`, { key: `is ${KEY}` }));
  const error = await failing(await bind(server.url), poll(await bind(server.url)));
  assert.equal(JSON.stringify(error).includes(KEY), false);
  assert.match(error.message, /\[hidden\]/);
});

test('a write with a server error reports that it may have been made', async () => {
  const server = await start(() => ({ status: 503 }));
  const api = await bind(server.url);
  const error = await failing(api, write(api, { operation: CREATE }, NOTHING));
  assert.match(error.message, /may or may not have been made\. Check before you try again/);
});

test('a timeout and a missing server are reported in one sentence', async () => {
  const slow = await start(() => new Promise((resolve) => setTimeout(resolve, 900, {})));
  const api = { ...(await bind(slow.url)), timeout: 100 };
  assert.match(
    (await failing(api, poll(api))).message,
    /^Example Returns did not answer in time\. Nothing was changed/,
  );
  const unreachable = await bind('http://127.0.0.1:9/v1');
  assert.match(
    (await failing(unreachable, write(unreachable, { operation: CREATE }, NOTHING))).message,
    /^Example Returns could not be reached\. The change may/,
  );
});

test("a create returns the vendor's object and fills path and body", async () => {
  const server = await start(({ body }) => ({ status: 201, body: { data: { id: 'n1', ...body } } }));
  const api = await bind(server.url);
  const form = {
    fields: [
      { key: 'return_id', type: 'string', required: true },
      { key: 'text', type: 'text' },
      { key: 'internal', type: 'boolean' },
    ],
    wire: {
      return_id: { in: 'path', at: ['id'] },
      text: { in: 'body', at: ['text'] },
      internal: { in: 'body', at: ['internal'] },
    },
  };
  const perform = write(api, { operation: { ...CREATE, path: '/returns/{id}/notes' } }, form);
  const made = await run(api, perform, {
    inputs: { return_id: 'r/1', text: 'Torn', internal: 'false', extra: 'x' },
  });
  assert.deepEqual(made, { id: 'n1', text: 'Torn', internal: false });
  assert.equal(server.requests[0].path, '/v1/returns/r%2F1/notes');
  assert.deepEqual(server.requests[0].body, { text: 'Torn', internal: false });
});

test('a search without a match is empty, other failures are reported', async () => {
  const server = await start((_, count) =>
    count === 1 ? fault(404, 'NONE', 'no') : fault(500, 'OOPS', 'no'),
  );
  const api = await bind(server.url);
  const perform = getRecord(api, { operation: { ...LIST, path: '/returns/x' }, query: {} }, NOTHING);
  assert.deepEqual(await run(api, perform), []);
  assert.match((await failing(api, perform)).message, /reported a problem on its side \(status 500\)/);
});

test("an operation's result is unchanged if the caller passes a path", async () => {
  const server = await start(() => ({ body: { data: 1 } }));
  const api = await bind(server.url);
  assert.equal(
    await run(api, async (z, bundle) => (await send(api, z, bundle, LIST, { path: '/other' })).data.data),
    1,
  );
  assert.equal(server.requests[0].path, '/v1/other');
});

for (const value of ['secret\nkey', 'secret\u2013key', 'secret\0key', 'sec\u200bret']) {
  test(`a key of ${JSON.stringify(value)} is refused before it is sent, and not shown`, async () => {
    const server = await start(() => ({ body: { data: [] } }));
    const api = await bind(server.url);
    const { message } = await failing(api, poll(api), { auth: { api_key: value } });
    assert.match(message, /^The API key of this connection contains a character that cannot be sent/);
    assert.equal(message.includes('sec'), false);
    assert.equal(server.requests.length, 0);
  });
}

test('invisible whitespace around a key is removed', async () => {
  const server = await start(() => ({ body: { data: [] } }));
  const api = await bind(server.url);
  await run(api, poll(api), { auth: { api_key: `\u200b${KEY}\u2060\n` } });
  assert.equal(server.requests[0].headers['x-example-key'], `Key ${KEY}`);
});

for (const code of ['constructor', 'toString', '__proto__', { a: 1 }, ['SLOW_DOWN'], null, 'y'.repeat(9000), `no ${KEY}`]) {
  test(`an error code of ${JSON.stringify(code).slice(0, 40)} is treated as an unknown one`, async () => {
    const server = await start(() => fault(418, code, 'I am a teapot'));
    const api = await bind(server.url);
    const { message, code: shown } = await failing(api, poll(api));
    assert.equal(message, 'Example Returns refused the request (status 418). I am a teapot.');
    assert.ok(shown.length <= 100 && !shown.includes(KEY), shown);
  });
}

for (const fields of ['bad', 7, ['bad'], [null], true]) {
  test(`fields of ${JSON.stringify(fields)} are ignored`, async () => {
    const server = await start(() => fault(400, 'X', 'No', fields));
    const api = await bind(server.url);
    const { message } = await failing(api, poll(api));
    assert.equal(message, 'Example Returns did not accept the input. No.');
  });
}

for (const [what, data, why] of [
  ['an empty object', {}, 'data.id is missing'],
  ['an error', { error: 'boom' }, 'data.id is missing'],
  ['a record without its id', { id: null, text: 'x' }, 'data.id is missing'],
  ['a record with an empty id', { id: '' }, 'data.id is not a value'],
]) {
  test(`${what} is not accepted as a record`, async () => {
    const server = await start(() => ({ body: { data } }));
    const api = await bind(server.url);
    const one = { method: 'GET', path: '/returns/7', result: ['data'], member: 'id' };
    const form = `Example Returns sent an unexpected answer: ${why}.`;
    assert.equal((await failing(api, getRecord(api, { operation: one, query: {} }, NOTHING))).message, form);
    const made = await failing(api, write(api, { operation: { ...CREATE, member: 'id' } }, NOTHING));
    assert.match(made.message, /id is (missing|not a value)\. The change may or may not have been made/);
  });
}
