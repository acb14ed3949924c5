/** The file at an address in a record is offered as a file, and fetched only when a step uses it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';

import { failing, FACTS, lib, run } from './vendor.mjs';

const { fetchFile, withFile } = await lib('files');
const { shaped } = await lib('shape');
const { createApi } = await lib('api');

const PDF = Buffer.from('%PDF-1.4 \u00e9\u20ac', 'latin1');
const servers = [];
after(() => servers.forEach((server) => server.close()));

/** Starts a server that answers with `respond(request, response)`, and returns its address. */
const started = async (respond) => {
  const server = createServer(respond);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
};

/** Stands for Zapier's store of files: `uploads` are the bodies that were posted to it. */
const store = async () => {
  const uploads = [];
  const url = await started(async (request, response) => {
    const parts = [];
    for await (const chunk of request) parts.push(chunk);
    const body = Buffer.concat(parts);
    if (request.url === '/store') {
      uploads.push(body);
      response.writeHead(204).end();
      return;
    }
    const { id } = JSON.parse(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id, result: { url: `${url}/store`, fields: { key: 'kept' } } }));
  });
  return { url, uploads };
};

/** Fetches the file at `url` in Zapier's core, as Zapier does for a placeholder. */
const fetching = async (url, options = {}) => {
  const api = createApi({ ...FACTS, runTimeout: 5_000 }, { env: { EXAMPLE_BASE_URL: 'http://127.0.0.1:1' }, now: Date.now });
  const { url: rpc, uploads } = await store();
  const call = options.fails ? failing : run;
  const found = await call(api, fetchFile(api), { inputs: { url }, rpc, method: 'hydrators.file', ...options });
  return { found, uploads };
};

test('a file is stored with its name, type and exact bytes', async () => {
  const seen = [];
  const url = await started((request, response) => {
    seen.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/pdf' }).end(PDF);
  });
  const { found, uploads } = await fetching(`${url}/labels/shp%201.pdf?key=1`);
  assert.match(found, /\/kept$/);
  assert.ok(uploads[0].includes(PDF));
  assert.match(uploads[0].toString('latin1'), /filename="shp201\.pdf"\r\nContent-Type: application\/pdf/);
  assert.equal(seen[0]['x-example-key'], undefined, 'the login is not sent to another host');
});

test('a file without a name is called a label', async () => {
  const url = await started((request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(PDF));
  const { uploads } = await fetching(`${url}/`);
  assert.match(uploads[0].toString('latin1'), /filename="label\.pdf"/);
});

for (const [what, status, type] of [
  ['a missing file', 404, 'application/pdf'],
  ['a redirect', 302, 'application/pdf'],
  ['a page', 200, 'text/html; charset=utf-8'],
  ['an error as JSON', 200, 'application/json'],
]) {
  test(`${what} is not stored as a file`, async () => {
    const url = await started((request, response) =>
      response.writeHead(status, { 'content-type': type, location: 'https://shop.example' }).end('x'),
    );
    const { found, uploads } = await fetching(url, { fails: true });
    assert.match(found.message, new RegExp(`is not available \\(status ${status}\\)`));
    assert.equal(uploads.length, 0);
  });
}

for (const url of ['http://labels.example.com/1.pdf', 'file:///etc/passwd', 'label', undefined, 7]) {
  test(`the address ${url} is refused`, async () => {
    const { found } = await fetching(url, { fails: true });
    assert.match(found.message, /is not at a secure address/);
  });
}

test('records get a placeholder beside each address, at any depth', () => {
  const z = { dehydrateFile: (hydrate, inputs) => `${hydrate}:${inputs.url}` };
  const shape = { files: { hydrate: 'fetch', at: [['label'], ['parcels', 'label']] } };
  const record = { label: null, parcels: [{ label: 'https://a' }, { other: 1 }, 'odd'] };
  assert.deepEqual(shaped(shape, {}, z)(record), {
    label: null,
    label_file: null,
    parcels: [{ label: 'https://a', label_file: 'fetch:https://a' }, { other: 1 }, 'odd'],
  });
  assert.deepEqual(shaped(shape)(record), record, 'no placeholder without z');
  assert.deepEqual(withFile(z, 'fetch')({ label: '' }, 'label'), { label: '', label_file: null });
});
