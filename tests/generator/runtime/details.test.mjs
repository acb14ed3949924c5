/** Rows without timestamps, filters in a vendor's format, and details that Zapier fetches when a row fires. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';

import { bind, KEY, lib, LIST, NOTHING, vendor } from './vendor.mjs';

const APP = new URL('../../../zapier_app/returnmate/', import.meta.url);
const core = createRequire(new URL('index.js', APP))('zapier-platform-core');
const { pollChanges } = await lib('triggers');
const { fetchDetails } = await lib('hydrators');
const { signRequest, explainFailure } = await lib('middleware');

const servers = [];
after(() => Promise.all(servers.map((server) => server.close())));

const ONE = { method: 'GET', path: '/returns/{id}', result: [] };

/** An app with one trigger and its hydrator, in Zapier's core. */
const app = async (answer) => {
  const server = await vendor(answer);
  servers.push(server);
  const api = await bind(server.url);
  const hydrate = fetchDetails(api, { operation: ONE, query: { media: true } });
  const source = {
    operation: LIST,
    query: { sort: '-created' },
    size: 3,
    pages: 2,
    since: 'created',
    sinceForm: 'gte_zoneless',
    lookBack: 86400,
    id: ['id'],
    windowTime: null,
    sortTime: null,
    eventTime: null,
    state: null,
    firingStates: null,
    initialStates: [],
    details: { hydrate, values: { id: ['id'], lang: ['about', 'lang'] }, key: 'details' },
  };
  const display = { label: 'Step', description: 'Triggers when a step is made.' };
  const definition = {
    version: '1.0.0',
    platformVersion: '19.1.0',
    beforeRequest: [signRequest(api)],
    afterResponse: [explainFailure(api)],
    hydrators: { fetchOne: hydrate },
    triggers: { step: { key: 'step', noun: 'Step', display, operation: { perform: pollChanges(api, source, NOTHING) } } },
  };
  const handler = core.createAppHandler(definition);
  const call = async (method, inputData = {}) =>
    (await handler({ command: 'execute', method, bundle: { inputData, authData: { api_key: KEY } } })).results;
  return { server, poll: () => call('triggers.step.operation.perform'), fetch: call };
};

const rows = (...ids) => ids.map((id) => ({ id, about: { lang: 'en' } }));

test("rows without timestamps keep the vendor's order, each with deferred details", async () => {
  const { server, poll } = await app(({ path }) =>
    path === '/v1/returns' ? { body: { data: rows('r3', 'r1', 'r2'), count: 3 } } : { status: 500 },
  );
  const found = await poll();
  assert.deepEqual(found.map(({ id }) => id), ['r3', 'r1', 'r2']);
  assert.ok(found.every(({ details }) => details.startsWith('hydrate|||')));
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/v1/returns'],
    'a poll asks for no details',
  );
  assert.equal(server.requests[0].query.get('created'), 'gte:2026-10-31T00:00:00');
  assert.equal(server.requests[0].query.get('sort'), '-created');
});

test('details are fetched by values of the row, in path and query', async () => {
  const { server, fetch } = await app(() => ({ body: { id: 'a b', items: [] } }));
  assert.deepEqual(await fetch('hydrators.fetchOne', { id: 'a b', lang: 'en' }), { id: 'a b', items: [] });
  const [{ path, query, headers }] = server.requests;
  assert.equal(path, '/v1/returns/a%20b');
  assert.deepEqual(Object.fromEntries(query), { media: 'true', lang: 'en' });
  assert.equal(headers['x-example-key'], `Key ${KEY}`);
});

test('a record deleted before its details are fetched stops no Zap, another failure does', async () => {
  const gone = await app(() => ({ status: 404, body: {} }));
  assert.deepEqual(await gone.fetch('hydrators.fetchOne', { id: 'a', lang: 'en' }), {});
  const down = await app(() => ({ status: 500, body: {} }));
  await assert.rejects(down.fetch('hydrators.fetchOne', { id: 'a', lang: 'en' }), /reported a problem on its side/);
});
