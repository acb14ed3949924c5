/**
 * Builds the path, query and body of a request from the inputs of a step.
 *
 * Only inputs that `wire` lists are sent, because the input data also contains the columns of line items, which Zapier
 * repeats as strings at the top level. Empty values are left out.
 */
import { trimmed, wantedIds } from './compare.js';
import { put } from './paths.js';
import { invalid, isEmpty, nameOf, typed } from './values.js';

export { invalid, isEmpty };

/**
 * Converts and checks `inputs`, and returns `{path, query, body, app, match, sent}`. `path`, `query` and `body` are the
 * parts of the request, and `app` contains values that the app itself uses. `match` lists values that are not sent but compared with the rows in the response. `sent` lists
 * the IDs that are sent as filters and compared with the rows, too.
 *
 * `fields` are Zapier's inputFields. `wire` maps the key of each field to an object with these properties:
 *
 * - `in`: the part of the result that receives the value: `path`, `query`, `body`, `app` or `match`.
 * - `at`: the path of the value in that part; for `match`, the path of the value in a row.
 * - `as`: `date` sends a date without a time, and `text` sends a whole number as text.
 * - `listName`: the query parameter to use if the value is a list.
 * - `sendEmpty`: an empty list is sent if there is no value.
 * - `open`: values other than the field's choices are allowed.
 * - `catchTypos`: a value that looks like a misspelled choice is refused, even if `open` is true.
 * - `compareAs`: the comparison for `match`: `word`, `identity`, or by default a comparison that ignores case.
 * - `identifies`: the kind of ID or number that the value is.
 * - `foundAt`: the paths at which a row contains this ID.
 * - `separator`: the separator between several IDs in one value.
 * - `requiredWith`: the keys of fields; if any of them has a value, this field is required.
 * - `requiredWithout`: the keys of fields; if none of them has a value, this field is required.
 * - `children`: the `wire` of the columns of line items.
 * - `variants`: the allowed sets of columns, `[{label, fields, required}]`. Each line item must match exactly one.
 */
export const place = (z, inputs, fields, wire) => {
  refuseMissing(z, inputs, fields, wire);
  const placed = { path: {}, query: {}, body: {}, app: {}, match: [], sent: [] };
  for (const field of fields) {
    const { in: location, at: path, listName, sendEmpty, ...form } = wire[field.key];
    if (isEmpty(inputs[field.key])) {
      if (sendEmpty) put(placed.body, path, []);
      continue;
    }
    const value = cast(z, inputs[field.key], field, form);
    rememberId(z, placed, field, form, value);
    if (location === 'match') placed.match.push({ path, value, ...form });
    else if (location === 'body') put(placed.body, path, value);
    else placed[location][Array.isArray(value) && listName ? listName : path[0]] = value;
  }
  return placed;
};

/**
 * Adds the IDs in a value to the filters that are compared with rows. Throws an error if the value contains no ID, for
 * example if it is only `#`.
 */
const rememberId = (z, { sent }, field, { identifies: kind, foundAt: paths, separator }, value) => {
  if (!kind) return;
  const wanted = wantedIds(kind, value, separator);
  if (wanted.length === 0) throw invalid(z, `${nameOf(field)} "${value}" is not a number or name to search by.`);
  if (paths) sent.push({ key: field.key, label: nameOf(field), value, kind, paths, wanted });
};

/**
 * Replaces each `{name}` in a path by the value with that name, encoded as one segment. Throws an error if a value is
 * empty, `.` or `..`, because the request would be sent to a different path.
 */
export const fill = (z, path, values) =>
  path.replace(/\{([^}]+)\}/g, (_, key) => {
    const value = isId(values[key]) ? trimmed(String(values[key])) : '';
    if (['', '.', '..'].includes(value)) {
      throw invalid(z, `${JSON.stringify(values[key]) ?? 'An empty value'} is not a valid ${key}.`);
    }
    return encodeURIComponent(value);
  });

/** Returns whether a value can be an ID. Otherwise, a missing ID would be sent as `/undefined`. */
const isId = (value) => typeof value === 'string' || Number.isInteger(value);

const refuseMissing = (z, inputs, fields, wire) => {
  const missing = fields.filter((field) => field.required && isEmpty(inputs[field.key]));
  if (missing.length > 0) throw invalid(z, `Fill in ${missing.map(nameOf).join(' and ')}. The value is empty.`);
  for (const field of fields) {
    const others = wire[field.key].requiredWithout;
    if (others && [field.key, ...others].every((key) => isEmpty(inputs[key]))) {
      const names = fields.filter(({ key }) => [field.key, ...others].includes(key)).map(nameOf);
      throw invalid(z, `Fill in ${names.join(' or ')}.`);
    }
    const given = (wire[field.key].requiredWith ?? []).filter((key) => !isEmpty(inputs[key]));
    if (given.length > 0 && isEmpty(inputs[field.key])) {
      const other = fields.find(({ key }) => key === given[0]);
      throw invalid(z, `Fill in ${nameOf(field)}. It is required when ${nameOf(other)} is filled in.`);
    }
  }
};

const cast = (z, value, field, form) => {
  if (form.children) {
    return rows(value).map((row) => {
      if (typeof row !== 'object') throw invalid(z, `${nameOf(field)} must be line items, not "${row}".`);
      checkVariant(z, row, field, form.variants ?? []);
      return place(z, row, field.children, form.children).body;
    });
  }
  if (field.list) return rows(value).map((one) => typed(z, one, { ...field, list: false }, form));
  return typed(z, value, field, form);
};

/** Throws an error if the columns of a line item do not match exactly one of the variants. */
const checkVariant = (z, row, { children }, variants) => {
  const labels = new Map(children.map((child) => [child.key, nameOf(child)]));
  const given = [...labels.keys()].filter((key) => !isEmpty(row[key]));
  const missing = (variant) => variant.required.filter((key) => !given.includes(key));
  const foreign = (variant) => given.filter((key) => !variant.fields.includes(key));
  const fitting = variants.filter((variant) => missing(variant).length === 0 && foreign(variant).length === 0);
  if (fitting.length === 1 || variants.length === 0) return;
  const named = (keys) => keys.map((key) => labels.get(key)).join(' and ');
  if (fitting.length > 1) {
    const options = fitting.map(({ label }) => label).join(' or ');
    throw invalid(z, `A line item with ${named(given)} could be ${options}. Fill in a field that only one of them has.`);
  }
  // The message names the variant that the user probably meant: the variant with the fewest columns that do not belong
  // to it and, among equals, the fewest missing columns.
  const distance = (variant) => foreign(variant).length * 100 + missing(variant).length;
  const [nearest] = [...variants].sort((one, other) => distance(one) - distance(other));
  const problems = [
    foreign(nearest).length > 0 && `${named(foreign(nearest))} does not belong to it`,
    missing(nearest).length > 0 && `${named(missing(nearest))} is missing`,
  ].filter(Boolean);
  throw invalid(z, `A line item looks like ${nearest.label}, but ${problems.join(', and ')}.`);
};

const rows = (value) => [value].flat().filter((one) => !isEmpty(one));
