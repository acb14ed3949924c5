/** What every step of every generated app does when its vendor misbehaves. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { stepFails, stepsOf, VENDORS } from './apps.mjs';
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
