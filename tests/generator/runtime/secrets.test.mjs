/** A vendor that repeats the login in every text of an answer: no error of the app shows it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { inspect } from 'node:util';

import { bind, KEY, lib, LIST, NOTHING, run, vendor } from './vendor.mjs';

const { pollNewest } = await lib('triggers');
const { getRecord } = await lib('searches');
const { write } = await lib('creates');
const { subscribe, unsubscribe } = await lib('hooks');
const { openSession } = await import('../../../zapier_app/exsited/lib/session.js');
const { fetchDetails } = await lib('hydrators');

const STATUSES = [200, 302, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503];
const CREATE = { method: 'POST', path: '/returns', result: ['data'] };
const ONE = { method: 'GET', path: '/returns/7', result: ['data'] };
const SESSION = { constants: {}, fills: {}, token: ['data', 'token'], storeAs: 'token' };
const TEXT = `The key ${KEY}\tis not valid: ${KEY}`;
const ERROR = {
  fault: { code: KEY, text: TEXT, fields: [{ field: `a.${KEY}`, message: TEXT }, { field: KEY }, KEY] },
  [KEY]: KEY,
};
const SHAPES = {
  JSON: JSON.stringify(ERROR),
  'a long text': JSON.stringify({ fault: { text: `${'x'.repeat(490)} ${KEY}` } }),
  'fields by name': JSON.stringify({ fault: { text: 'No', fields: { [KEY]: [TEXT] } } }),
  'a web page': `<title>${KEY}</title>`,
  'a text': JSON.stringify(KEY),
  'half a body': JSON.stringify(ERROR).slice(0, -3),
};
const HEADERS = { location: `/${KEY}?key=${KEY}`, 'retry-after': KEY, 'x-request-id': KEY };

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

let answer = {};
const server = await vendor(() => answer);
after(() => server.close());
const api = await bind(server.url);
const more = { subscribeData: { id: '7' }, targetUrl: 'https://hooks.example.com/1' };

/** Returns everything that Zapier could show of the error of a run; undefined if the run does not fail. */
const shown = async (kind) => {
  try {
    await run(api, performs(api)[kind], { more });
  } catch (error) {
    return inspect({ error, name: error.name, message: error.message, stack: error.stack, ...error }, { depth: 12 });
  }
};

for (const kind of Object.keys(performs({}))) {
  for (const [shape, body] of Object.entries(SHAPES)) {
    test(`${kind} does not show a secret in ${shape}`, async () => {
      let failed = 0;
      for (const status of STATUSES) {
        answer = { status, body, headers: HEADERS };
        const text = await shown(kind);
        failed += text === undefined ? 0 : 1;
        assert.equal(text?.includes(KEY) ?? false, false, `status ${status}:\n${text}`);
      }
      assert.ok(failed >= STATUSES.length - 2, `only ${failed} statuses failed`);
    });
  }
}
