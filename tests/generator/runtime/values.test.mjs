/** Values that inputs accept, the same as in Python and on the command line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lib } from './vendor.mjs';

const { fill, place } = await lib('inputs');

class Refused extends Error {}
const z = { errors: { Error: Refused } };
const CHOICES = [
  { value: 'australia_post', label: 'Australia Post' },
  { value: 'dhl', label: 'DHL' },
];

const SLIPS = { choices: ['approved', 'received'], wire: { open: true, catchTypos: true, separator: ',' } };

/** Returns what is sent for `value` in a field of this type. */
const sent = (type, value, { wire = {}, ...more } = {}) => {
  const field = { key: 'x', label: 'The X', type, ...more };
  return place(z, { x: value }, [field], { x: { in: 'body', at: ['x'], ...wire } }).body.x;
};

for (const [type, value, expected, more] of [
  ['string', ' r1 \n', 'r1'],
  ['string', '\u00a0\u200br1\u2060\ufeff', 'r1'],
  ['text', ' two\nlines ', ' two\nlines '],
  ['string', 0, '0'],
  ['string', 1e21, '1000000000000000000000'],
  ['string', 0.0000001, '0.0000001'],
  ['string', 123456789012, '123456789012'],
  ['integer', '5', 5],
  ['integer', ' +5 ', 5],
  ['integer', '007', 7],
  ['integer', '2.0', 2],
  ['integer', 2, 2],
  ['integer', '-1', -1],
  ['number', '12.50', 12.5],
  ['number', '.5', 0.5],
  ['number', '-3', -3],
  ['boolean', ' YES\n', true],
  ['boolean', 'off', false],
  ['boolean', 0, false],
  ['datetime', '2026-10-31', '2026-10-31', { wire: { as: 'date' } }],
  ['datetime', '2026-10-31T23:30:00-05:00', '2026-10-31', { wire: { as: 'date' } }],
  ['datetime', '2026-10-31', '2026-10-31T00:00:00Z'],
  ['datetime', '2026-10-31T23:30:00-05:00', '2026-11-01T04:30:00Z'],
  ['datetime', '2026-10-31 23:30 +02', '2026-10-31T21:30:00Z'],
  ['datetime', '2026-06-30T23:59:60Z', '2026-07-01T00:00:00Z'],
  ['datetime', '9999-12-31T23:59:59-05:00', '9999-12-31T23:59:59-05:00'],
  ['string', 'Australia Post', 'australia_post', { choices: CHOICES }],
  ['string', ' AUSTRALIA-post ', 'australia_post', { choices: CHOICES }],
  ['string', 'dhl', 'dhl', { choices: CHOICES }],
  ['string', 'dhl', 'dhl', { choices: ['dhl', 'ups'] }],
  ['string', 'Dhl', 'dhl', { choices: CHOICES, wire: { open: true } }],
  ['string', 'Another One', 'Another One', { choices: CHOICES, wire: { open: true } }],
  ['string', 'approve', 'approve', { choices: ['approved'], wire: { open: true } }],
  ['string', 'quarantined', 'quarantined', { choices: ['approved'], wire: { open: true, catchTypos: true } }],
  ['string', 'received2', 'received2', { choices: ['received'], wire: { open: true, catchTypos: true } }],
  ['string', 'APPROVED, other ', 'approved,other', SLIPS],
  ['string', ['a ', ' b'], ['a', 'b'], { list: true }],
]) {
  test(`${type} ${JSON.stringify(value)} is sent as ${JSON.stringify(expected)}`, () =>
    assert.deepEqual(sent(type, value, more), expected));
}

for (const [type, value, must, more] of [
  ['string', ['r1', 'r2'], /The X must be a single text, not \["r1","r2"\]/],
  ['string', ['r1'], /must be a single text/],
  ['text', { a: 1 }, /must be a single text/],
  ['string', true, /must be a single text/],
  ['string', [['a']], /must be a single text/, { list: true }],
  ['string', Number.NaN, /The X must be/],
  ['string', 'a\0b', /contains a character that cannot be sent/],
  ['text', 'a\ud83d b', /contains a character that cannot be sent/],
  ...['1_0', '0x10', '1e3', '1,000', '1,5', '1.5', '\uff15', 'NaN', 'Infinity', 'true', 'two', true, [1]]
    .map((value) => ['integer', value, /The X must be a (whole )?number, not /]),
  ['integer', 2.5, /must be a whole number/],
  ['integer', '9007199254740992', /too large a number to be sent exactly/],
  ...['1,5', '1.299,00', '5.', '1e3', '0x10', 'NaN', '\u20ac5', '5 \u20ac', true, [5]].map((value) => [
    'number',
    value,
    /The X must be a number, not /,
  ]),
  ...['0.0', '2', 'maybe', [true]].map((value) => ['boolean', value, /must be true or false/]),
  ...['2026-13-45', '2026-02-30', '20261031', '10/31/2026', '1793880000', 20261031, ['2026-10-31']].map((value) => [
    'datetime',
    value,
    /must be a date like 2026-10-31/,
    { wire: { as: 'date' } },
  ]),
  ['datetime', '2026-10-31T09:30:00', /must be a time with its zone/],
  ['datetime', '2026-13-45T00:00:00Z', /must be a time like/],
  ['datetime', '2026-10-31T25:00:00Z', /must be a time like/],
  ['string', 'fedex', /must be one of australia_post, dhl, not "fedex"/, { choices: CHOICES }],
  ['string', 'aproved', /The X is "aproved", which is not a known value\. Did you mean approved/, SLIPS],
  ['string', 'recieved', /Did you mean received/, SLIPS],
  ['string', 'approved, recieved', /is "recieved", .*Did you mean received/, SLIPS],
  ['string', '#', /The X "#" is not a number or name to search by/, { wire: { identifies: 'order' } }],
  ['string', ' - ', /is not a number or name to search by/, { wire: { identifies: 'tracking' } }],
]) {
  test(`${type} ${JSON.stringify(value)} is refused by name`, () =>
    assert.throws(() => sent(type, value, more), { name: 'Error', message: must }));
}

for (const value of [null, undefined, '', ' \u200b\n', [], [' '], {}]) {
  test(`${JSON.stringify(value)} is not given`, () => {
    assert.equal(sent('string', value), undefined);
    assert.throws(() => sent('string', value, { required: true }), /Fill in The X. The value is empty/);
  });
}

test('a field required by another one is required only together with it', () => {
  const fields = ['name', 'city'].map((key) => ({ key, label: key.toUpperCase(), type: 'string' }));
  const wire = {
    name: { in: 'body', at: ['to', 'name'] },
    city: { in: 'body', at: ['to', 'city'], requiredWith: ['name'] },
  };
  assert.deepEqual(place(z, { city: 'Bern' }, fields, wire).body, { to: { city: 'Bern' } });
  assert.deepEqual(place(z, {}, fields, wire).body, {});
  assert.throws(() => place(z, { name: 'Ada' }, fields, wire), /Fill in CITY. It is required when NAME is filled in/);
});

test('one of several fields is required if the API needs one of them', () => {
  const fields = ['sku', 'line', 'note'].map((key) => ({ key, label: key.toUpperCase(), type: 'string' }));
  const wire = {
    sku: { in: 'body', at: ['sku'], requiredWithout: ['line'] },
    line: { in: 'body', at: ['line'] },
    note: { in: 'body', at: ['note'] },
  };
  assert.deepEqual(place(z, { line: '1' }, fields, wire).body, { line: '1' });
  assert.deepEqual(place(z, { sku: 'A', line: '' }, fields, wire).body, { sku: 'A' });
  for (const empty of [{ note: 'x' }, { sku: '', line: null }]) {
    assert.throws(() => place(z, empty, fields, wire), /Fill in SKU or LINE\./);
  }
});

test('a long text of whitespace is read quickly', () => {
  assert.equal(sent('string', `a${' '.repeat(200_000)}b`).length, 200_002);
});

test('line items given as text are refused by name', () => {
  const field = { key: 'items', label: 'Items', children: [{ key: 'sku', label: 'SKU', type: 'string' }] };
  const wire = { items: { in: 'body', at: ['items'], children: { sku: { in: 'body', at: ['sku'] } } } };
  assert.throws(() => place(z, { items: '[{"sku": "A"}]' }, [field], wire), /Items must be line items/);
  const { body } = place(z, { items: [{ sku: ' A ' }, null, { sku: '' }] }, [field], wire);
  assert.deepEqual(body, { items: [{ sku: 'A' }] });
});

test('a path value is one segment, without surrounding whitespace', () => {
  assert.equal(fill(z, '/returns/{id}', { id: ' r/1 ' }), '/returns/r%2F1');
  assert.throws(() => fill(z, '/returns/{id}', { id: ' .. ' }), /is not a valid id/);
});
