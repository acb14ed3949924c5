/**
 * From what a Zap hands over to what a request carries.
 *
 * Only inputs named in `wire` are sent: Zapier repeats line items as flat texts at the top level, and a body made
 * of all inputs would send those too. Empty values are left out.
 */
import { forms as formsOf, trimmed } from './compare.js';
import { put } from './paths.js';
import { invalid, isEmpty, nameOf, typed } from './values.js';

export { invalid, isEmpty };

/**
 * Sorts `inputs` into `{path, query, body, match, asked}`.
 *
 * `fields` are Zapier's inputFields; `wire` maps a field's key to where its value goes: `in` and `at`; its form
 * (`as: 'date'`, `open` for choices that leave others open); `many`, the name several values go by; `children` and
 * `forms` of line items. A line item with `forms`, `[{label, fields, required}]`, has exactly one of them. A list
 * that is `orEmpty` is sent even without a value, as an empty one. `requiredWith` are the fields that make this
 * one required. `identifies`, `foundAt` and `separator` say how rows are compared again with what was asked for:
 * `match` is compared here alone, `asked` was sent and is compared too.
 */
export const place = (z, inputs, fields, wire) => {
  refuseMissing(z, inputs, fields, wire);
  const placed = { path: {}, query: {}, body: {}, match: [], asked: [] };
  for (const field of fields) {
    const { in: location, at: path, many, orEmpty, ...form } = wire[field.key];
    if (isEmpty(inputs[field.key])) {
      if (orEmpty) put(placed.body, path, []);
      continue;
    }
    const value = cast(z, inputs[field.key], field, form);
    identify(z, placed, field, form, value);
    if (location === 'match') placed.match.push({ path, value, ...form });
    else if (location === 'body') put(placed.body, path, value);
    else placed[location][Array.isArray(value) && many ? many : path[0]] = value;
  }
  return placed;
};

/** Remembers what a search was asked for; refuses what identifies nothing, such as `#`. */
const identify = (z, { asked }, field, { identifies: kind, foundAt: paths, separator }, value) => {
  if (!kind) return;
  const wanted = formsOf(kind, value, separator);
  if (wanted.length === 0) throw invalid(z, `${nameOf(field)} "${value}" identifies nothing.`);
  if (paths) asked.push({ key: field.key, label: nameOf(field), value, kind, paths, wanted });
};

/** Fills `{name}` in a path, each value encoded as one segment; dots alone, or nothing, would lead to another path. */
export const fill = (z, path, values) =>
  path.replace(/\{([^}]+)\}/g, (_, key) => {
    const value = isName(values[key]) ? trimmed(String(values[key])) : '';
    if (['', '.', '..'].includes(value)) throw invalid(z, `${JSON.stringify(values[key]) ?? 'Nothing'} is no ${key}.`);
    return encodeURIComponent(value);
  });

/** What an id may be. A record without one must not make an address out of the word `undefined`. */
const isName = (value) => typeof value === 'string' || Number.isInteger(value);

const refuseMissing = (z, inputs, fields, wire) => {
  const missing = fields.filter((field) => field.required && isEmpty(inputs[field.key]));
  if (missing.length > 0) throw invalid(z, `Fill in ${missing.map(nameOf).join(' and ')}: the value is empty.`);
  for (const field of fields) {
    const given = (wire[field.key].requiredWith ?? []).filter((key) => !isEmpty(inputs[key]));
    if (given.length > 0 && isEmpty(inputs[field.key])) {
      const other = fields.find(({ key }) => key === given[0]);
      throw invalid(z, `Fill in ${nameOf(field)}: it is required when ${nameOf(other)} is given.`);
    }
  }
};

const cast = (z, value, field, form) => {
  if (form.children) {
    return rows(value).map((row) => {
      if (typeof row !== 'object') throw invalid(z, `${nameOf(field)} must be line items, not "${row}".`);
      checkForm(z, row, field, form.forms ?? []);
      return place(z, row, field.children, form.children).body;
    });
  }
  if (field.list) return rows(value).map((one) => typed(z, one, { ...field, list: false }, form));
  return typed(z, value, field, form);
};

/** Refuses a line item that has none of the forms the vendor knows, or might be more than one. */
const checkForm = (z, row, { children }, forms) => {
  const labels = new Map(children.map((child) => [child.key, nameOf(child)]));
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
