/** A fake vendor with answers from the test, and Zapier's real core running an app against it. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

process.env.NODE_ENV = 'test';
process.env.LOGGING_ENDPOINT = 'http://127.0.0.1:9'; // with a token, core would send its log to Zapier

const APP = new URL('../../../zapier_app/returnmate/', import.meta.url);

const core = createRequire(new URL('index.js', APP))('zapier-platform-core');

export const lib = (name) => import(new URL(`lib/${name}.js`, APP).href);

export const KEY = 'sandbox-demo-of-the-runtime-tests';

export const FACTS = {
  name: 'Example Returns',
  environments: {
    live: { label: 'Live', url: 'http://127.0.0.1:1' },
    trial: { label: 'Trial', url: 'http://127.0.0.1:2/' },
  },
  overrideVariable: 'EXAMPLE_BASE_URL',
  credential: { header: 'X-Example-Key', prefix: 'Key ', field: 'api_key' },
  secrets: ['api_key'],
  userAgent: 'example-zapier/1.2.3',
  timeout: 20_000, // generous for busy machines; tests of the timeout set a shorter one
  runTimeout: 25_000,
  maxBytes: 100_000,
  errors: {
    code: ['fault', 'code'],
    message: ['fault', 'text'],
    fields: ['fault', 'fields'],
    byStatus: { 400: 'validation', 401: 'authentication', 403: 'permission', 404: 'not_found' },
    byCode: { SLOW_DOWN: 'rate_limited' },
  },
  paging: {
    pages: {
      page: 'page',
      perPage: 'size',
      first: 1,
      size: 3,
      maxSize: 4,
      total: ['count'],
      sizeReported: ['size'],
    },
  },
};

export const LIST = {
  method: 'GET',
  path: '/returns',
  result: ['data'],
  permission: 'returns:read',
  paging: 'pages',
};

export const NOTHING = { fields: [], wire: {} };

/** Starts the vendor; `answer(request)` returns `{status, body, headers}`, and every request is recorded. */
export const vendor = async (answer) => {
  const requests = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url, 'http://vendor');
    const seen = {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
    };
    requests.push({ ...seen, body: text ? JSON.parse(text) : undefined });
    const { status = 200, body = {}, headers = {} } = (await answer(requests.at(-1), requests.length)) ?? {};
    response.sendDate = false; // tests use their own clock
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/v1`;
  return { url, requests, close: () => ended(server) };
};

/** Closes the server without waiting for connections that clients keep open. */
const ended = (server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

/** Binds the facts to a vendor at `url`, at a fixed time. */
export const bind = async (url, now = () => Date.parse('2026-11-01T00:00:00Z')) => {
  const { createApi } = await lib('api');
  return createApi(FACTS, { env: { EXAMPLE_BASE_URL: url }, now });
};

/** Runs `perform` in Zapier's core as a search, with the app's own middleware. */
export const run = async (
  api,
  perform,
  { inputs = {}, meta, auth = { api_key: KEY }, rpc, authentication, more, method = 'triggers.step.operation.perform' } = {},
) => {
  const { explainFailure, signRequest } = await lib('middleware');
  const step = { key: 'step', noun: 'Step', display: { label: 'Step', description: 'Runs a step.' } };
  const app = {
    version: '1.0.0',
    platformVersion: '19.1.0',
    ...(authentication && { authentication }),
    beforeRequest: [signRequest(api)],
    afterResponse: [explainFailure(api)],
    hydrators: { file: perform },
    triggers: { step: { ...step, operation: { perform } } },
  };
  const bundle = {
    inputData: inputs,
    authData: auth,
    meta,
    ...more,
    skipChecks: ['triggerIsArray', 'triggerIsObject', 'triggerHasId'],
  };
  const calling = rpc && { token: 'sandbox-of-the-runtime-tests', rpc_base: rpc };
  const event = { command: 'execute', method, bundle, ...calling };
  return (await core.createAppHandler(app)(event)).results;
};

/** Returns the error of `run` as `{name, message}`; core wraps some errors in JSON and adds a log to others. */
export const failing = async (...args) => {
  try {
    await run(...args);
  } catch (error) {
    const said = /^\{/.test(error.message)
      ? JSON.parse(error.message)
      : { message: error.message.split('\nWhat happened')[0] };
    return { name: error.name, ...said };
  }
  throw new Error('The step did not fail.');
};
