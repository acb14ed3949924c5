/** Every step of every generated app with a misbehaving vendor. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { answering, groupOf, NOW, rowOf, runStep, stepFails, stepsOf, VENDORS } from './apps.mjs';
import { vendor as serve } from './vendor.mjs';

const servers = [];
const start = async (answer) => {
  servers.push(await serve(answer));
  return servers.at(-1);
};
after(() => Promise.all(servers.map((server) => server.close())));

/** The vendors whose only action is left out, because its path is assumed. */
const WITHOUT_CREATES = ['returnlogic'];

test('every vendor has an app with triggers, creates and searches', async () => {
  assert.ok(VENDORS.length >= 5);
  for (const vendor of VENDORS) {
    const kinds = new Set((await stepsOf(vendor)).map(({ kind }) => kind));
    const expected = WITHOUT_CREATES.includes(vendor) ? ['searches', 'triggers'] : ['creates', 'searches', 'triggers'];
    assert.deepEqual([...kinds].sort(), expected, vendor);
  }
});

for (const vendor of VENDORS) {
  for (const step of await stepsOf(vendor)) {
    if (step.hook) continue; // a webhook trigger runs on posts; its list is read by performList

    test(`${vendor} ${step.method}: does not follow a redirect to another host`, async () => {
      const other = await start(() => ({ body: {} }));
      const server = await start(() => ({ status: 302, headers: { location: `${other.url}/elsewhere` } }));
      const { message } = await stepFails(vendor, server.url, step);
      assert.match(message, /redirects http:\/\/127\.0\.0\.1:\d+\/.* to another address \(status 302\)/);
      assert.equal(server.requests.length, 1);
      assert.equal(other.requests.length, 0);
      assert.equal(/sandbox-demo/.test(message), false, message);
    });

    test(`${vendor} ${step.method}: treats an answer without a body as an error`, async () => {
      const server = await start(() => ({ status: 200, body: '' }));
      const { message } = await stepFails(vendor, server.url, step);
      assert.match(message, /sent an empty answer \(status 200\)\./);
      assert.equal(/The change may or may not have been made/.test(message), step.kind === 'creates', message);
    });

    test(`${vendor} ${step.method}: says after a server error whether the change was made`, async () => {
      const server = await start(() => ({ status: 503, body: '<html>' }));
      const { message } = await stepFails(vendor, server.url, step);
      const sentence = step.kind === 'creates' ? /The change may or may not have been made/ : /Nothing was changed/;
      assert.match(message, sentence);
    });
  }
}

// Rows

const AGO = new Date(NOW - 60_000).toISOString();

/** Returns a sample with all its times a minute ago, within every window. */
const recent = (value) => {
  if (Array.isArray(value)) return value.map(recent);
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? AGO : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, recent(one)]));
};

/** The whole numbers of samples that the vendor writes as text. */
const WRITTEN_AS_TEXT = ['received_count'];
const asWritten = (record) => {
  const isText = (key, one) => WRITTEN_AS_TEXT.includes(key) && Number.isInteger(one);
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, isText(key, one) ? String(one) : one]));
};

/** Returns the same record with another identity. */
const another = (record, key) => ({
  ...record,
  [key]: typeof record[key] === 'number' ? record[key] + 1 : `${record[key]}-b`,
});

for (const vendor of VENDORS) {
  for (const step of (await stepsOf(vendor)).filter(({ kind }) => kind === 'triggers')) {
    if (step.hidden) continue;

    test(`${vendor} ${step.key}: skips unreadable rows`, async () => {
      const [identity] = step.identity;
      const first = recent(step.sample);
      const second = another(first, identity);
      const odd = [null, 'gone', ...[null, 12.5, true].map((id) => ({ ...first, [identity]: id }))];
      const written = [first, ...odd, second].map((one) => (typeof one === 'object' && one ? asWritten(one) : one));
      const server = await start(await answering(vendor, written));
      const rows = await runStep(vendor, server.url, { ...step, method: step.list });
      assert.deepEqual(rows.map((row) => row[identity]).sort(), [first[identity], second[identity]].sort());
    });
  }

  for (const step of (await stepsOf(vendor)).filter(({ kind }) => kind === 'searches')) {
    if (step.compared.length === 0) continue;

    test(`${vendor} ${step.key}: reports a filter that the vendor ignores`, async () => {
      const { sample } = step;
      for (const key of step.compared) {
        const server = await start(await answering(vendor, [sample, sample], sample));
        const { message } = await stepFails(vendor, server.url, { ...step, inputs: { ...step.inputs, [key]: '17' } });
        assert.match(message, /ignored the filter .* "17"/, key);
      }
    });
  }
}

// Previews

for (const vendor of VENDORS) {
  for (const step of await stepsOf(vendor)) {
    if (step.hidden) continue;
    test(`${vendor} ${step.method}: says after a refusal whether it is a preview`, async () => {
      const expected = (status) => step.preview && status !== 403;
      const perform = step.hook ? 'performSubscribe' : 'perform';
      const method = step.method.replace(/perform$/, perform);
      const refusals = step.preview ? [400, 405, 422, ...(step.kind === 'creates' ? [404] : [])] : [400];
      const answer = { body: {} };
      const server = await start(() => answer);
      for (const status of [...refusals, 403]) {
        answer.status = status;
        const { message } = await stepFails(vendor, server.url, { ...step, method });
        assert.equal(message.includes(`run \`returns verify ${vendor}\``), expected(status), `${status}: ${message}`);
      }
    });
  }
}

test('some apps contain previews', async () => {
  const steps = (await Promise.all(VENDORS.map(stepsOf))).flat();
  assert.ok(new Set(steps.filter(({ preview }) => preview).map(({ kind }) => kind)).size === 3);
});

// Lists and inputs

/** Returns every single-line text of a form, including line item columns, as `[field, inputs(value)]`. */
const linesOf = ({ fields, inputs, variants }) =>
  fields.flatMap((field) => {
    const isLine = ({ type, choices, list }) => type === 'string' && !choices && !list;
    const columns = (field.children ?? []).filter(isLine);
    const rowWith = (key) => {
      const variant = variants.find((one) => one.fields.includes(key));
      return variant ? rowOf(field.children, variant) : rowOf(field.children);
    };
    return [
      ...(isLine(field) ? [[field, (value) => ({ ...inputs, ...groupOf(fields, field), [field.key]: value })]] : []),
      ...columns.map(({ key, label }) => [
        { key, label },
        (value) => ({ ...inputs, [field.key]: [{ ...rowWith(key), [key]: value }] }),
      ]),
    ];
  });

for (const vendor of VENDORS) {
  for (const step of await stepsOf(vendor)) {
    if (step.kind === 'triggers' && !step.hidden) {
      test(`${vendor} ${step.key}: gives up on a list that repeats one page`, async () => {
        const [key] = step.identity;
        const rows = Array.from({ length: 12 }, (_, n) => ({ ...recent(step.sample), [key]: `${n + 1}` }));
        const first = await answering(vendor, rows);
        const server = await start((request) => first(request, 1));
        const poll = runStep(vendor, server.url, { ...step, method: step.list });
        const found = await poll.catch((error) => error.message);
        assert.ok(found.length === 12 || /does not end/.test(found), found);
        assert.ok(server.requests.length <= 11, `${server.requests.length} requests`);
      });
      continue;
    }
    if (step.kind === 'triggers') continue;
    const lines = linesOf(step);
    if (lines.length === 0) continue;

    test(`${vendor} ${step.method}: refuses a list as text by name, and sends nothing`, async () => {
      const server = await start(() => ({ body: {} }));
      for (const [field, inputs] of lines) {
        const { message } = await stepFails(vendor, server.url, { ...step, inputs: inputs(['r1', 'r2']) });
        assert.ok(message.startsWith(`${field.label} must be a single text, not ["r1","r2"]`), message);
      }
      assert.equal(server.requests.length, 0);
    });

    test(`${vendor} ${step.method}: sends no whitespace around text`, async () => {
      let carried = 0;
      for (const [field, inputs] of lines) {
        const server = await start(() => ({ status: 500 }));
        await stepFails(vendor, server.url, { ...step, inputs: inputs(' \u00a017b\n') });
        const [{ path, query, body }] = server.requests;
        const sent = JSON.stringify([decodeURIComponent(path), [...query], body ?? null]);
        carried += sent.includes('17b') ? 1 : 0; // values compared by the app only are not sent
        assert.doesNotMatch(sent, /[\s\u00a0]17b|17b[\s]|17b\\n/, field.key);
      }
      assert.ok(carried > 0);
    });
  }
}
