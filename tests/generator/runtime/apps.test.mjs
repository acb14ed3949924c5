/** What every step of every generated app does when its vendor misbehaves. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { answering, NOW, runStep, stepFails, stepsOf, VENDORS } from './apps.mjs';
import { vendor as serve } from './vendor.mjs';

const servers = [];
const start = async (answer) => {
  servers.push(await serve(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

test('every vendor has an app with triggers, creates and searches', async () => {
  assert.ok(VENDORS.length >= 5);
  for (const vendor of VENDORS) {
    const kinds = new Set((await stepsOf(vendor)).map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ['creates', 'searches', 'triggers'], vendor);
  }
});

for (const vendor of VENDORS) {
  for (const step of await stepsOf(vendor)) {
    if (step.hook) continue; // what a hook runs on is no request; its list is read by performList

    test(`${vendor} ${step.method}: a redirect is followed to no other host`, async () => {
      const other = await start(() => ({ body: {} }));
      const server = await start(() => ({ status: 302, headers: { location: `${other.url}/elsewhere` } }));
      const { message } = await stepFails(vendor, server.url, step);
      assert.match(message, /redirects http:\/\/127\.0\.0\.1:\d+\/.* to another address \(status 302\)/);
      assert.equal(server.requests.length, 1);
      assert.equal(other.requests.length, 0);
      assert.equal(/sandbox-demo/.test(message), false, message);
    });

    test(`${vendor} ${step.method}: an answer without a body is no success`, async () => {
      const server = await start(() => ({ status: 200, body: '' }));
      const { message } = await stepFails(vendor, server.url, step);
      assert.match(message, /answered nothing \(status 200\)\./);
      assert.equal(/The change may or may not have been made/.test(message), step.kind === 'creates', message);
    });

    test(`${vendor} ${step.method}: a vendor that is out of order says what became of it`, async () => {
      const server = await start(() => ({ status: 503, body: '<html>' }));
      const { message } = await stepFails(vendor, server.url, step);
      const sentence = step.kind === 'creates' ? /The change may or may not have been made/ : /Nothing was changed/;
      assert.match(message, sentence);
    });
  }
}

// Rows

const AGO = new Date(NOW - 60_000).toISOString();

/** A sample with every time in it a minute ago: within every window. */
const recent = (value) => {
  if (Array.isArray(value)) return value.map(recent);
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? AGO : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, recent(one)]));
};

/** The same record under another identity. */
const another = (record, key) => ({
  ...record,
  [key]: typeof record[key] === 'number' ? record[key] + 1 : `${record[key]}-b`,
});

for (const vendor of VENDORS) {
  for (const step of (await stepsOf(vendor)).filter(({ kind }) => kind === 'triggers')) {
    if (step.hidden) continue;

    test(`${vendor} ${step.key}: rows that cannot be read stop no others`, async () => {
      const [identity] = step.identity;
      const first = recent(step.sample);
      const second = another(first, identity);
      const odd = [null, 'gone', ...[null, 12.5, true].map((id) => ({ ...first, [identity]: id }))];
      const server = await start(await answering(vendor, [first, ...odd, second]));
      const rows = await runStep(vendor, server.url, { ...step, method: step.list });
      assert.deepEqual(rows.map((row) => row[identity]).sort(), [first[identity], second[identity]].sort());
    });
  }

  for (const step of (await stepsOf(vendor)).filter(({ kind }) => kind === 'searches')) {
    if (step.compared.length === 0) continue;

    test(`${vendor} ${step.key}: a filter that the vendor ignores is an error`, async () => {
      const { sample } = step;
      for (const key of step.compared) {
        const server = await start(await answering(vendor, [sample, sample], sample));
        const { message } = await stepFails(vendor, server.url, { ...step, inputs: { ...step.inputs, [key]: '17' } });
        assert.match(message, /ignored the filter .* "17"/, key);
      }
    });
  }
}
