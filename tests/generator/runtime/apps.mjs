/** Every generated app and every step of it, with inputs its form accepts, for tests that apply to all apps. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import './vendor.mjs';

/** The time at which the apps run; they are loaded unchanged, with their own clock. */
export const NOW = Date.parse('2026-11-01T00:00:00Z');
Date.now = () => NOW;

const FOLDER = new URL('../../../zapier_app/', import.meta.url);
const core = createRequire(new URL('returnmate/index.js', FOLDER))('zapier-platform-core');
const TEXTS = [
  [/email/, 'ada@example.com'],
  [/currency/, 'EUR'],
  [/url/, 'https://shop.example.com/1'],
  [/date|_at$/, '2026-10-31T09:30:00Z'],
];

/** The vendors with an app. */
export const VENDORS = readdirSync(FOLDER).sort();

const loaded = async (vendor) => (await import(new URL(`${vendor}/index.js`, FOLDER).href)).default;

/** Returns the vendor's record in a sample: a search for several records has one in its line items. */
const vendorRecord = (sample) =>
  sample && 'searched_for' in sample ? Object.values(sample).find(Array.isArray)[0] : sample;

/** Returns a value that a field accepts; line items become one row, of the first variant if they have variants. */
const valueOf = ({ key, type, choices, children, list }, [variant] = []) => {
  if (children) return [rowOf(children, variant)];
  const one = choices?.[0]?.value ?? { integer: 1, number: 1, boolean: true, datetime: '2026-10-31T09:30:00Z' }[type];
  const value = one ?? TEXTS.find(([pattern]) => pattern.test(key))?.[1] ?? '17';
  return list ? [value] : value;
};

/** Returns the inputs of the group that a field belongs to, such as an address: some require others of the group. */
export const groupOf = (fields, { group }) => (group ? inputsOf(fields.filter((one) => one.group === group)) : {});

/** Returns a row of line items with the columns that are required, in the variant if there is one. */
export const rowOf = (children, variant) =>
  inputsOf(children.filter(({ key, required }) => required || variant?.required.includes(key)));

const inputsOf = (fields, variants) => Object.fromEntries(fields.map((field) => [field.key, valueOf(field, variants)]));

/**
 * Returns a step's required inputs, or the first input of a search without required ones. `others` are the keys of
 * inputs that are required without other inputs.
 */
const asked = (fields, others) => {
  const required = fields.filter((field) => field.required || others.includes(field.key));
  return required.length > 0 ? required : fields.slice(0, 1);
};

/** Returns every step of a vendor's app that sends a request, as `{kind, key, method, inputs}`. */
export const stepsOf = async (vendor) => {
  const app = await loaded(vendor);
  return ['triggers', 'creates', 'searches'].flatMap((kind) =>
    Object.values(app[kind]).map(({ key, display, operation }) => ({
      kind,
      key,
      method: `${kind}.${key}.operation.perform`,
      inputs: kind === 'triggers' ? neededBy(vendor, key) : inputsOf(askedOf(vendor, kind, key, operation), variantsOf(vendor, kind, key)),
      variants: variantsOf(vendor, kind, key),
      hook: operation.type === 'hook',
      hidden: Boolean(display.hidden),
      preview: display.description.includes('Preview: '),
      fields: kind === 'triggers' ? operation.inputFields ?? [] : fieldsOf(vendor, kind, key, operation),
      list: `${kind}.${key}.operation.perform${operation.type === 'hook' ? 'List' : ''}`,
      sample: vendorRecord(operation.sample),
      identity: operation.outputFields?.filter((field) => field.primary).map((field) => field.key),
      compared: kind === 'searches' ? comparedOf(vendor, key) : [],
    })),
  );
};

/** Returns values for the inputs that a dropdown depends on, such as the invoice whose lines it lists. */
const neededBy = (vendor, key) => {
  const file = new URL(`${vendor}/dropdowns/${key}.js`, FOLDER);
  if (!existsSync(file)) return {};
  const [, inputs = ''] = /^ {2}inputs: \{(.*)\},$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return Object.fromEntries([...inputs.matchAll(/(\w+): '/g)].map(([, name]) => [name, 'A-17']));
};

const askedOf = (vendor, kind, key, operation) => {
  const text = readFileSync(new URL(`${vendor}/${kind}/${key}.js`, FOLDER), 'utf8');
  const others = [...text.matchAll(/^ {4}(\w+): \{.*requiredWithout/gm)].map(([, name]) => name);
  return asked(fieldsOf(vendor, kind, key, operation), others);
};

/** Returns a step's inputs, in which columns of line items that are required without other columns are required. */
const fieldsOf = (vendor, kind, key, { inputFields = [] }) => {
  const text = readFileSync(new URL(`${vendor}/${kind}/${key}.js`, FOLDER), 'utf8');
  const columns = [...text.matchAll(/^ {8}(\w+): \{.*requiredWithout/gm)].map(([, name]) => name);
  const needed = (one) => ({ ...one, required: one.required || columns.includes(one.key) });
  return inputFields.map((field) => (field.children ? { ...field, children: field.children.map(needed) } : field));
};

/** Returns the variants of a create's line items, `{fields, required}`. */
const variantsOf = (vendor, kind, key) => {
  if (kind !== 'creates') return [];
  const text = readFileSync(new URL(`${vendor}/creates/${key}.js`, FOLDER), 'utf8');
  const keys = (list) => [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  return [...text.matchAll(/fields: \[([^\]]*)\],\s+required: \[([^\]]*)\]/g)].map(([, fields, required]) => ({
    fields: keys(fields),
    required: keys(required),
  }));
};

/** Returns the inputs of a search that are compared with the rows. */
const comparedOf = (vendor, key) => {
  const text = readFileSync(new URL(`${vendor}/searches/${key}.js`, FOLDER), 'utf8');
  return [...text.matchAll(/(\w+): \{[^{}]*foundAt/g)].map(([, name]) => name);
};

/** A vendor that answers lists with these rows on the first page only, and reads of a record with `record`. */
export const answering = async (vendor, rows, record) => {
  const operations = (await import(new URL(`${vendor}/operations.js`, FOLDER).href)).default;
  const known = Object.entries(operations).filter(([, { method }]) => method === 'GET');
  return ({ path }, number) => {
    const asked = ([, operation]) => new RegExp(`^/v1${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    const [name, { result }] = known.find(asked);
    return { body: wrapped(result, /^(list|find)_/.test(name) ? rows.slice(number > 1 ? rows.length : 0) : record) };
  };
};

const wrapped = (path, value) => path.reduceRight((held, name) => ({ [name]: held }), value);

/** Returns the credentials to connect with: a distinct value for each field. */
export const loginOf = async (vendor, url) => {
  const { fields } = (await loaded(vendor)).authentication;
  const typed = fields.map(({ key, default: first }) => [key, first ?? `sandbox-demo-${key}`]);
  return { ...Object.fromEntries(typed), access_token: 'sandbox-demo-token', base_url: url };
};

/** Runs one method of an app against a vendor at `url`, as Zapier does. */
export const runStep = async (vendor, url, { method, inputs = {}, more = {} }) => {
  process.env[`${vendor.toUpperCase()}_BASE_URL`] = url;
  const bundle = { inputData: inputs, authData: await loginOf(vendor, url), ...more };
  const event = { command: 'execute', method, bundle };
  return (await core.createAppHandler(await loaded(vendor))(event)).results;
};

/** Returns the error of `runStep`, as `{name, message}`. */
export const stepFails = async (...args) => {
  try {
    await runStep(...args);
  } catch (error) {
    const [said] = error.message.split('\nWhat happened');
    return { name: error.name, ...(said.startsWith('{') ? JSON.parse(said) : { message: said }) };
  }
  throw new Error('The step did not fail.');
};
