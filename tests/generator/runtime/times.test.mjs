/** Every time format is parsed to the same moment in any time zone of the machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lib } from './vendor.mjs';

const { httpDate, moment } = await lib('times');
const iso = (text) => new Date(moment(text)).toISOString();
const NOON = '2026-10-31T12:00:00.000Z';

for (const text of [
  '2026-10-31T12:00:00Z',
  '2026-10-31t12:00:00z',
  '2026-10-31 12:00:00Z',
  '2026-10-31T12:00:00',
  '2026-10-31 12:00:00',
  '2026-10-31T12:00',
  '2026-10-31T12:00Z',
  '2026-10-31T12:00:00.0000000Z',
  '2026-10-31T12:00:00,0Z',
  '2026-10-31T14:00:00+02:00',
  '2026-10-31T14:00:00+0200',
  '2026-10-31T14:00:00+02',
  '2026-10-31 14:00:00 +0200',
  '2026-10-31T06:30:00-05:30',
  '2026-10-31T06:30:00\u221205:30',
  '2026-10-31 12:00:00 UTC',
  ' 2026-10-31T12:00:00Z\n',
  '20261031T120000Z',
  '2026-10-31T11:59:60Z',
  'Sat, 31 Oct 2026 12:00:00 GMT',
  'Sat, 31 Oct 2026 14:00:00 +0200',
  '31 Oct 2026 12:00:00 UT',
  'Sat, 31 Oct 2026 08:00:00 EDT',
]) {
  test(`${JSON.stringify(text)} is noon`, () => assert.equal(iso(text), NOON));
}

for (const [text, expected] of [
  ['2026-10-31', '2026-10-31T00:00:00.000Z'],
  ['2026-10-31T24:00:00Z', '2026-11-01T00:00:00.000Z'],
  ['2026-06-30T23:59:60Z', '2026-07-01T00:00:00.000Z'],
  ['2026-10-31T12:00:00.1234567Z', '2026-10-31T12:00:00.123Z'],
  ['9999-12-31T23:59:59-05:00', '+010000-01-01T04:59:59.000Z'],
  ['0002-01-01T00:00:00+01:00', '0001-12-31T23:00:00.000Z'],
]) {
  test(`${text} is ${expected}`, () => assert.equal(iso(text), expected));
}

for (const value of [
  null,
  undefined,
  '',
  ' ',
  1764000000,
  '1764000000',
  '0000-00-00 00:00:00',
  '2026-13-45',
  '2026-02-30',
  '2026-10-31T25:00:00Z',
  '2026-10-31T24:00:01Z',
  '2026-10-31T12:60:00Z',
  '2026-10-31T12:00:61Z',
  '2026-10-31T12:00:00+24:00',
  '2026-10-31T12:00:00+02:60',
  '0001-01-01T00:00:00+01:00',
  '10/31/2026',
  'yesterday',
  'Sat, 31 Foo 2026 12:00:00 GMT',
  'Sat, 31 Oct 2026 12:00:00 XYZ',
  `2026-10-31T12:00:00.${'0'.repeat(200)}Z`,
  {},
]) {
  test(`${JSON.stringify(value)?.slice(0, 40)} is not a time`, () => assert.ok(Number.isNaN(moment(value))));
}

for (const text of [
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
]) {
  test(`${text} is an HTTP date`, () => assert.equal(httpDate(text), Date.UTC(1994, 10, 6, 8, 49, 37)));
}
