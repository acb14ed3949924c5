/**
 * From what a Zap hands over to what a request carries.
 *
 * Only inputs named in `wire` are sent: Zapier repeats line items as flat texts at the top level, and a
 * body made of all inputs would send those too. Empty values are left out, and texts become the types
 * that the fields state, since most values reach a Zap as text.
 */
import { at, put } from './paths.js';

const TRUE = ['true', 'yes', 'y', 'on', '1'];
const FALSE = ['false', 'no', 'n', 'off', '0'];

/** Nothing a person would call a value: null, blanks, and lists or objects of such. */
export const isEmpty = (value) => {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (typeof value === 'object') return Object.values(value).every(isEmpty);
  return false;
};

/**
 * Sorts `inputs` into `{path, query, body, match}`.
 *
 * `fields` are Zapier's inputFields; `wire` maps a field's key to `{in, at, as, many, children, forms}`: where
 * the value goes, under which path, in which form (`as: 'date'`), and the name several values go by (`many`).
 * A line item with `forms`, `[{label, fields, required}]`, has exactly one of them. A list that is `orEmpty` is
 * sent even without a value, as an empty one.
 */
export const place = (z, inputs, fields, wire) => {
  refuseMissing(z, inputs, fields);
  const placed = { path: {}, query: {}, body: {}, match: [] };
  for (const field of fields) {
    const { in: location, at: path, many, orEmpty, ...form } = wire[field.key];
    if (isEmpty(inputs[field.key])) {
      if (orEmpty) put(placed.body, path, []);
      continue;
    }
    const value = cast(z, inputs[field.key], field, form);
    if (location === 'match') placed.match.push({ path, value });
    else if (location === 'body') put(placed.body, path, value);
    else placed[location][Array.isArray(value) && many ? many : path[0]] = value;
  }
  return placed;
};

/** Tells whether a row holds every value of a `match`, in any case and with any blanks around it. */
export const fits = (match) => (row) => match.every(({ path, value }) => plain(at(row, path)) === plain(value));

const plain = (value) =>
  String(value ?? '')
    .trim()
    .toLowerCase();

/** Fills `{name}` in a path, each value encoded as one segment; dots alone would lead to another path. */
export const fill = (z, path, values) =>
  path.replace(/\{([^}]+)\}/g, (_, key) => {
    const value = String(values[key]).trim();
    if (value === '.' || value === '..') throw invalid(z, `"${value}" is no ${key}.`);
    return encodeURIComponent(value);
  });

const refuseMissing = (z, inputs, fields) => {
  const missing = fields.filter((field) => field.required && isEmpty(inputs[field.key]));
  if (missing.length > 0) throw invalid(z, `Fill in ${missing.map(name).join(' and ')}: the value is empty.`);
};

const cast = (z, value, field, form) => {
  if (form.children) {
    return rows(value).map((row) => {
      checkForm(z, row, field, form.forms ?? []);
      return place(z, row, field.children, form.children).body;
    });
  }
  if (field.list) return rows(value).map((one) => cast(z, one, { ...field, list: false }, form));
  if (form.as === 'date') return date(z, value, field);
  if (field.type === 'integer' || field.type === 'number') return number(z, value, field);
  if (field.type === 'boolean') return boolean(z, value, field);
  return typeof value === 'object' ? value : String(value);
};

/** Refuses a line item that has none of the forms the vendor knows, or might be more than one. */
const checkForm = (z, row, { children }, forms) => {
  const labels = new Map(children.map((child) => [child.key, name(child)]));
  const given = [...labels.keys()].filter((key) => !isEmpty(row[key]));
  const lacks = (form) => form.required.filter((key) => !given.includes(key));
  const strays = (form) => given.filter((key) => !form.fields.includes(key));
  const fitting = forms.filter((form) => lacks(form).length === 0 && strays(form).length === 0);
  if (fitting.length === 1 || forms.length === 0) return;
  const words = (keys) => keys.map((key) => labels.get(key)).join(' and ');
  if (fitting.length > 1) {
    const could = fitting.map(({ label }) => label).join(' or ');
    throw invalid(z, `A line item with ${words(given)} could be ${could}: fill in what only one of them has.`);
  }
  const distance = (form) => strays(form).length * 100 + lacks(form).length;
  const [nearest] = [...forms].sort((one, other) => distance(one) - distance(other));
  const parts = [
    strays(nearest).length > 0 && `${words(strays(nearest))} does not belong to it`,
    lacks(nearest).length > 0 && `${words(lacks(nearest))} is missing`,
  ].filter(Boolean);
  throw invalid(z, `A line item is taken for ${nearest.label}: ${parts.join(', and ')}.`);
};

const rows = (value) => [value].flat().filter((one) => !isEmpty(one));

const number = (z, value, field) => {
  const parsed = typeof value === 'string' ? Number(value.trim()) : value;
  if (typeof parsed !== 'number' || !Number.isFinite(parsed)) {
    throw invalid(z, `${name(field)} must be a number, not "${value}".`);
  }
  if (field.type === 'integer' && !Number.isInteger(parsed)) {
    throw invalid(z, `${name(field)} must be a whole number, not "${value}".`);
  }
  return parsed;
};

const boolean = (z, value, field) => {
  const word = String(value).trim().toLowerCase();
  if (!TRUE.includes(word) && !FALSE.includes(word)) {
    throw invalid(z, `${name(field)} must be true or false, not "${value}".`);
  }
  return TRUE.includes(word);
};

const date = (z, value, field) => {
  const [day] = /^\d{4}-\d{2}-\d{2}/.exec(String(value).trim()) ?? [];
  if (!day) throw invalid(z, `${name(field)} must be a date like 2026-10-31, not "${value}".`);
  return day;
};

const name = (field) => field.label ?? field.key;

/** An input that the vendor would refuse anyway, said before anything is sent. */
export const invalid = (z, sentence) => new z.errors.Error(sentence, 'INVALID_INPUT', 400);
