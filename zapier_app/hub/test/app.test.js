/** Tests, without a server, that the app's definition is valid and that its samples match its output fields. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import zapier from 'zapier-platform-core';

import app from '../index.js';

const steps = ['triggers', 'creates', 'searches'].flatMap((kind) =>
  Object.values(app[kind]).map((step) => ({ name: `${kind}.${step.key}`, ...step })),
);

/** Returns the keys of all values in a record, in the format of output fields: `customer__email`, `items[]sku`. */
const leaves = (value, key = '') => {
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null)) {
    return value.flatMap((one) => leaves(one, `${key}[]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [key];
  const joint = key === '' || key.endsWith('[]') ? '' : '__';
  return Object.entries(value).flatMap(([name, one]) => leaves(one, key + joint + name));
};

/**
 * Returns whether an output field describes the value with the key `leaf`. A field without a type also covers nested
 * values. An empty object or list in the sample is covered by the fields of its members.
 */
const covers = (field, leaf) =>
  field.key === leaf ||
  (!field.type && leaf.startsWith(`${field.key}__`)) ||
  field.key.startsWith(`${leaf}__`) ||
  field.key.startsWith(`${leaf}[]`);

/** Returns the value of a record at the key of an output field, such as `customer__email`. */
const at = (record, key) => key.split('__').reduce((value, name) => value?.[name], record);

test('the definition is valid', async () => {
  const { results } = await zapier.createAppHandler(app)({ command: 'validate' });
  assert.deepEqual(results, []);
});

for (const { name, display, operation } of steps.filter((step) => !step.display.hidden)) {
  test(`${name}: every value of the sample has an output field`, () => {
    const unknown = leaves(operation.sample).filter(
      (leaf) => !operation.outputFields.some((field) => covers(field, leaf)),
    );
    assert.deepEqual(unknown, [], display.label);
  });

  test(`${name}: the sample has the fields that identify it`, () => {
    const identity = operation.outputFields.filter((field) => field.primary).map((field) => field.key);
    assert.deepEqual(
      identity.filter((key) => at(operation.sample, key) === undefined),
      [],
    );
    assert.ok(!name.startsWith('triggers.') || identity.length > 0);
  });
}
