import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bind, failing, FACTS, run, vendor } from './vendor.mjs';

const { createApi, send } = await import('../../../connector/generator/zapier/static/lib/api.js');
const { openSession } = await import('../../../connector/generator/zapier/static/lib/session.js');

const SECRET = 'sandbox-secret-of-the-runtime-tests';
const TYPED = { client_id: 'acme', client_secret: ` ${SECRET} `, address: 'https://shop.example.com/' };
const TOKENS = { method: 'POST', path: '/token', result: [] };
const READ = { method: 'GET', path: '/returns', result: ['data'] };
const LOGIN = {
  operation: TOKENS,
  constants: { grant_type: 'client_credentials' },
  fills: { id: 'client_id', secret: 'client_secret' },
  token: ['given', 'token'],
  storeAs: 'access_token',
};
const SESSION = {
  credential: { header: 'Authorization', prefix: 'Bearer ', field: 'access_token' },
  secrets: ['client_secret', 'access_token'],
  session: true,
  host: 'address',
};

const servers = [];
const start = async (answer) => {
  servers.push(await vendor(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

const opening = (api) => async (z, bundle) => [await openSession(api, LOGIN)(z, bundle)];

test('a session is opened with the typed credentials, without the old token', async () => {
  const server = await start(() => ({ body: { given: { token: 'fresh' } } }));
  const api = { ...(await bind(server.url)), ...SESSION };
  const auth = { ...TYPED, access_token: 'stale' };
  assert.deepEqual(await run(api, opening(api), { auth }), [{ access_token: 'fresh' }]);
  const [{ body, headers, path }] = server.requests;
  assert.deepEqual(body, { grant_type: 'client_credentials', id: 'acme', secret: SECRET });
  assert.equal(headers.authorization, undefined);
  assert.equal(path, '/v1/token');
});

test("an expired token makes Zapier's core request another", async () => {
  const server = await start(() => ({ status: 401, body: { fault: { text: 'expired' } } }));
  const api = { ...(await bind(server.url)), ...SESSION };
  const read = async (z, bundle) => [(await send(api, z, bundle, READ)).data];
  const error = await failing(api, read, { auth: { ...TYPED, access_token: 'stale' } });
  assert.equal(error.name, 'RefreshAuthError');
  assert.equal(server.requests[0].headers.authorization, 'Bearer stale');
});

for (const status of [400, 401, 403, 404]) {
  test(`a login refused with ${status} is reported as refused, without its secret`, async () => {
    const server = await start(() => ({ status, body: { fault: { text: `${SECRET} is wrong` } } }));
    const api = { ...(await bind(server.url)), ...SESSION };
    const error = await failing(api, opening(api), { auth: { ...TYPED, client_secret: SECRET } });
    assert.match(error.message, /did not accept this login\..* \[hidden\] is wrong\./);
    assert.notEqual(error.name, 'RefreshAuthError');
  });
}

test('an answer without a token opens no session', async () => {
  const server = await start(() => ({ body: { given: {} } }));
  const api = { ...(await bind(server.url)), ...SESSION };
  assert.match((await failing(api, opening(api), { auth: TYPED })).message, /did not return a usable token/);
});

for (const token of ['', ' ', 7, null, 'a\nb', 'long\u2013dash']) {
  test(`the token ${JSON.stringify(token)} opens no session`, async () => {
    const server = await start(() => ({ body: { given: { token } } }));
    const api = { ...(await bind(server.url)), ...SESSION };
    const { message } = await failing(api, opening(api), { auth: TYPED });
    assert.match(message, /did not return a usable token/);
  });
}

test('requests are sent to the address typed at login', async () => {
  const api = { ...createApi(FACTS, { env: {}, now: Date.now }), ...SESSION };
  const sent = [];
  const z = { request: async ({ url }) => (sent.push(url), { data: { given: { token: 'fresh' } } }) };
  const authData = { ...TYPED, address: ' https://shop.example.com/v1/ ' };
  assert.deepEqual(await openSession(api, LOGIN)(z, { authData }), { access_token: 'fresh' });
  assert.deepEqual(sent, ['https://shop.example.com/v1/token']);
});

for (const address of ['http://shop.example.com', 'shop.example.com', '', 'ftp://127.0.0.1', 'http://127.0.0.1:4010']) {
  test(`the secret is not sent to "${address}"`, async () => {
    const api = { ...createApi(FACTS, { env: {}, now: Date.now }), ...SESSION };
    const error = await failing(api, opening(api), { auth: { ...TYPED, address } });
    assert.match(error.message, /is not a secure Example Returns address/);
  });
}

test('core treats a 401 as an expired session; at login it is reported as refused', async () => {
  const server = await start(() => ({ status: 401, body: { fault: { text: 'who?' } } }));
  const api = { ...(await bind(server.url)), ...SESSION };
  const ready = { type: 'session', fields: [], test: () => ({}), sessionConfig: { perform: () => ({}) } };
  const error = await failing(api, opening(api), { auth: TYPED, authentication: ready });
  assert.match(error.message, /did not accept this login\./);
  const read = async (z, bundle) => [(await send(api, z, bundle, READ)).data];
  const over = await failing(api, read, { auth: TYPED, authentication: ready });
  assert.equal(over.name, 'RefreshAuthError');
});
