/**
 * Turns the inputs of a step into the path, query and body of a request.
 *
 * Only inputs named in `wire` are sent: Zapier repeats line items as flat texts at the top level, and a body made of
 * all inputs would contain those too. Empty values are left out.
 */
import { trimmed, wantedIds } from './compare.js';
import { put } from './paths.js';
import { invalid, isEmpty, nameOf, typed } from './values.js';

export { invalid, isEmpty };

/**
 * Sorts `inputs` into `{path, query, body, match, sent}`: `match` is compared with the rows here, `sent` are the
 * filters that the vendor receives and that are compared with the rows again.
 *
 * `fields` are Zapier's inputFields. `wire` maps a field's key to where its value goes, and in which form:
 *
 * - `in`, `at`: `path`, `query`, `body`, or `match` (not sent), and the path there.
 * - `as: 'date'`: send a day without a time.
 * - `listName`: the query parameter for several values.
 * - `sendEmpty`: send an empty list if there is no value.
 * - `open`: values other than the choices are allowed; `catchTypos`: unless one looks like a misspelled choice.
 * - `compareAs`: how a `match` is compared: `word`, `identity` or plain text.
 * - `identifies`, `foundAt`, `separator`: the kind of id, the paths where a row holds it, and what separates several.
 * - `requiredWith`: the fields that make this one required.
 * - `children`, `variants`: the columns of line items, and the sets of columns, `[{label, fields, required}]`, of which
 *   each line item must have exactly one.
 */
export const place = (z, inputs, fields, wire) => {
  refuseMissing(z, inputs, fields, wire);
  const placed = { path: {}, query: {}, body: {}, match: [], sent: [] };
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

/** Adds an id to the filters that rows are compared with; refuses a value that identifies nothing, such as `#`. */
const rememberId = (z, { sent }, field, { identifies: kind, foundAt: paths, separator }, value) => {
  if (!kind) return;
  const wanted = wantedIds(kind, value, separator);
  if (wanted.length === 0) throw invalid(z, `${nameOf(field)} "${value}" is not a number or name to search by.`);
  if (paths) sent.push({ key: field.key, label: nameOf(field), value, kind, paths, wanted });
};

/** Fills `{name}` in a path, each value encoded as one segment. An empty value or dots would lead to another path. */
export const fill = (z, path, values) =>
  path.replace(/\{([^}]+)\}/g, (_, key) => {
    const value = isId(values[key]) ? trimmed(String(values[key])) : '';
    if (['', '.', '..'].includes(value)) {
      throw invalid(z, `${JSON.stringify(values[key]) ?? 'An empty value'} is not a valid ${key}.`);
    }
    return encodeURIComponent(value);
  });

/** Whether a value can be an id. Without this check, a record without an id would be read at `/undefined`. */
const isId = (value) => typeof value === 'string' || Number.isInteger(value);

const refuseMissing = (z, inputs, fields, wire) => {
  const missing = fields.filter((field) => field.required && isEmpty(inputs[field.key]));
  if (missing.length > 0) throw invalid(z, `Fill in ${missing.map(nameOf).join(' and ')}. The value is empty.`);
  for (const field of fields) {
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

/** Refuses a line item whose columns match none of the variants, or more than one. */
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
  // A foreign column says more than a missing one: blame the variant with the fewest foreign columns.
  const distance = (variant) => foreign(variant).length * 100 + missing(variant).length;
  const [nearest] = [...variants].sort((one, other) => distance(one) - distance(other));
  const problems = [
    foreign(nearest).length > 0 && `${named(foreign(nearest))} does not belong to it`,
    missing(nearest).length > 0 && `${named(missing(nearest))} is missing`,
  ].filter(Boolean);
  throw invalid(z, `A line item looks like ${nearest.label}, but ${problems.join(', and ')}.`);
};

const rows = (value) => [value].flat().filter((one) => !isEmpty(one));
