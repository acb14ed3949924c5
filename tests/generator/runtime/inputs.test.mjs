import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lib } from './vendor.mjs';

const { fill, isEmpty, place } = await lib('inputs');

class Refused extends Error {}
const z = { errors: { Error: Refused } };

const field = (key, type, more = {}) => ({ key, label: `The ${key}`, type, ...more });
const body = (key, more = {}) => ({ [key]: { in: 'body', at: [key], ...more } });
const placed = (inputs, fields, wire) => place(z, inputs, fields, wire);

for (const value of [null, undefined, '', ' \n', [], {}, [''], [null, {}], { sku: '', notes: ' ' }]) {
  test(`${JSON.stringify(value)} is empty`, () => assert.equal(isEmpty(value), true));
}

for (const value of [0, false, '0', 'x', [0], { quantity: 0 }]) {
  test(`${JSON.stringify(value)} is a value`, () => assert.equal(isEmpty(value), false));
}

test('empty values are omitted, false and zero are sent', () => {
  const fields = [
    field('a', 'string'),
    field('b', 'text'),
    field('c', 'boolean'),
    field('d', 'integer'),
    field('e', 'string'),
  ];
  const wire = { ...body('a'), ...body('b'), ...body('c'), ...body('d'), ...body('e') };
  const sent = placed({ a: '', b: '   ', c: false, d: 0, e: null }, fields, wire).body;
  assert.deepEqual(sent, { c: false, d: 0 });
});

test('a required list is sent even if empty', () => {
  const fields = [field('tags', 'string', { list: true }), field('kinds', 'string', { list: true })];
  const wire = { ...body('tags', { sendEmpty: true }), ...body('kinds') };
  assert.deepEqual(placed({}, fields, wire).body, { tags: [] });
  assert.deepEqual(placed({ tags: ['a'], kinds: [] }, fields, wire).body, { tags: ['a'] });
});

test('inputs without a place in the request are not sent', () => {
  const inputs = { order: '#1', sku: 'A,B', quantity: '1,2', anything: 'else' };
  assert.deepEqual(placed(inputs, [field('order', 'string')], body('order')).body, { order: '#1' });
});

test('texts are converted to the types of their fields', () => {
  const fields = [
    field('whole', 'integer'),
    field('part', 'number'),
    field('yes', 'boolean'),
    field('no', 'boolean'),
    field('word', 'string'),
  ];
  const wire = Object.assign({}, ...fields.map(({ key }) => body(key)));
  const inputs = { whole: ' 3 ', part: '1.50', yes: 'Yes', no: 'FALSE', word: 1001 };
  assert.deepEqual(placed(inputs, fields, wire).body, {
    whole: 3,
    part: 1.5,
    yes: true,
    no: false,
    word: '1001',
  });
});

for (const [type, value, sentence] of [
  ['integer', '1.5', 'The x must be a whole number, not "1.5".'],
  ['integer', 'two', 'The x must be a number, not "two".'],
  ['number', 'Infinity', 'The x must be a number, not "Infinity".'],
  ['boolean', 'maybe', 'The x must be true or false, not "maybe".'],
  ['boolean', 'constructor', 'The x must be true or false, not "constructor".'],
]) {
  test(`${type} ${value} is refused by its label`, () => {
    assert.throws(() => placed({ x: value }, [field('x', type)], body('x')), { message: sentence });
  });
}

test('a datetime is cut to its date if the field is a date', () => {
  const wire = { day: { in: 'query', at: ['start'], as: 'date' } };
  assert.deepEqual(placed({ day: '2026-10-31T23:00:00+11:00' }, [field('day', 'datetime')], wire).query, {
    start: '2026-10-31',
  });
  assert.throws(() => placed({ day: 'soon' }, [field('day', 'datetime')], wire), {
    message: /a date like 2026-10-31, not "soon"/,
  });
});

test('line items are read row by row, without blank rows and cells', () => {
  const fields = [
    field('items', undefined, {
      children: [
        field('sku', 'string', { required: true }),
        field('items_note', 'text'),
        field('quantity', 'integer'),
      ],
    }),
  ];
  const wire = {
    items: {
      in: 'body',
      at: ['lines'],
      children: { ...body('sku'), ...body('quantity'), items_note: { in: 'body', at: ['meta', 'note'] } },
    },
  };
  const rows = [
    { sku: 'A', quantity: '2', items_note: '', secret: 'no' },
    { sku: '', quantity: '' },
    { sku: 'B', items_note: 'torn' },
  ];
  assert.deepEqual(placed({ items: rows }, fields, wire).body, {
    lines: [
      { sku: 'A', quantity: 2 },
      { sku: 'B', meta: { note: 'torn' } },
    ],
  });
  assert.throws(() => placed({ items: [{ quantity: '1' }] }, fields, wire), {
    message: 'Fill in The sku. The value is empty.',
  });
});

test("several values use the vendor's repeated parameter", () => {
  const fields = [field('status', 'string', { list: true }), field('order', 'string')];
  const wire = {
    status: { in: 'query', at: ['status'], listName: 'status[]' },
    order: { in: 'query', at: ['order'], listName: 'order[]' },
  };
  const sent = placed({ status: ['a', '', 'b'], order: '#1' }, fields, wire).query;
  assert.deepEqual(sent, { 'status[]': ['a', 'b'], order: '#1' });
});

test('an empty required input is named before anything is sent', () => {
  const fields = [field('id', 'string', { required: true }), field('note', 'text', { required: true })];
  assert.throws(() => placed({ id: ' ', note: '' }, fields, { ...body('id'), ...body('note') }), {
    message: 'Fill in The id and The note. The value is empty.',
  });
});

test('a value is encoded as one segment of the path', () => {
  assert.equal(
    fill(z, '/customers/{email}/x', { email: ' a/b+c@example.com?#' }),
    '/customers/a%2Fb%2Bc%40example.com%3F%23/x',
  );
  assert.throws(() => fill(z, '/customers/{email}/returns', { email: '..' }), {
    message: '".." is not a valid email.',
  });
});

for (const [value, shown] of [
  [undefined, 'An empty value'],
  [null, 'null'],
  [' ', '" "'],
  [1.5, '1.5'],
  [true, 'true'],
  [{ a: 1 }, '{"a":1}'],
]) {
  test(`${shown} is refused in a path`, () => {
    assert.throws(() => fill(z, '/returns/{id}', { id: value }), { message: `${shown} is not a valid id.` });
  });
}

const FORMS = [
  { label: 'Product', fields: ['quantity', 'product'], required: ['quantity', 'product'] },
  { label: 'Custom Item', fields: ['quantity', 'name', 'price'], required: ['quantity', 'name'] },
];
const LINES = {
  fields: [
    {
      key: 'lines',
      label: 'Lines',
      children: [
        field('quantity', 'integer'),
        field('product', 'string'),
        field('name', 'string'),
        field('price', 'number'),
      ],
    },
  ],
  wire: {
    lines: {
      in: 'body',
      at: ['lines'],
      children: { ...body('quantity'), ...body('product'), ...body('name'), ...body('price') },
      variants: FORMS,
    },
  },
};
const lines = (...rows) => placed({ lines: rows }, LINES.fields, LINES.wire).body;

test('a line item that matches one form is sent without its empty columns', () => {
  assert.deepEqual(
    lines({ quantity: '1', product: 'p', name: '', price: null }, { quantity: 2, name: 'Wrap', price: '0' }),
    { lines: [{ quantity: 1, product: 'p' }, { quantity: 2, name: 'Wrap', price: 0 }] },
  );
});

for (const [row, sentence] of [
  [{ quantity: 1 }, /looks like Product, but The product is missing/],
  [{ quantity: 1, price: 2 }, /looks like Custom Item, but The name is missing/],
  [{ quantity: 1, product: 'p', price: 2 }, /The price does not belong to it/],
]) {
  test(`a line item ${JSON.stringify(row)} matches no form`, () => {
    assert.throws(() => lines({ quantity: 1, product: 'p' }, row), sentence);
  });
}

test('a line item that matches two forms is refused', () => {
  const loose = FORMS.map((form) => ({ ...form, fields: ['quantity', 'product', 'name'], required: ['quantity'] }));
  const wire = { lines: { ...LINES.wire.lines, variants: loose } };
  assert.throws(
    () => placed({ lines: [{ quantity: 1 }] }, LINES.fields, wire),
    /The quantity could be Product or Custom Item/,
  );
});
