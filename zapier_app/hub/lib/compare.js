/**
 * Compares states and record numbers, and checks that the rows of a search match the search criteria.
 *
 * The same value may be written in different ways: `In Transit` and `in_transit`, `#1001` and ` 1001`. Every row that a
 * search returns is compared here, because a vendor may ignore a filter or match part of a name, and so return the
 * records of other people.
 */
import { at, isObject } from './paths.js';

/**
 * Removes whitespace and zero-width characters from both ends of a string. It does not use a regular expression, which
 * could take very long on strings with much whitespace.
 */
export const trimmed = (text) => {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text[start])) start += 1;
  while (end > start && BLANK.test(text[end - 1])) end -= 1;
  return text.slice(start, end);
};

const BLANK = /[\s\u200b\u2060\ufeff]/;

/**
 * Normalizes a word, such as a state, for comparison: in lower case, without spaces, underscores and hyphens. Returns
 * an empty string if the value is neither a string nor a whole number.
 */
export const word = (value) =>
  isPlain(value) ? trimmed(String(value)).toLowerCase().replace(/[\s_\u2010-\u2015-]+/g, '') : '';

/** Returns whether a value is a string or a whole number. */
const isPlain = (value) => typeof value === 'string' || Number.isInteger(value);

export const sameWord = (one, other) => word(one) !== '' && word(one) === word(other);

/**
 * Normalizes a record's number or ID for comparison: in lower case, without a leading `#` and, if `kind` is `tracking`,
 * without spaces and hyphens. Returns an empty string if the value does not identify a record.
 */
export const identity = (kind, value) => {
  if (!isPlain(value)) return '';
  const text = trimmed(trimmed(String(value)).toLowerCase().replace(/^#/, ''));
  return kind === 'tracking' ? text.replace(/[\s\u2010-\u2015-]+/g, '') : text;
};

const sameIdentity = (kind, one, other) =>
  identity(kind, one) !== '' && identity(kind, one) === identity(kind, other);

/**
 * Returns a function that checks whether a row has all values in `match`, `[{path, value, compareAs, identifies}]`.
 * `compareAs` and `identifies` define the comparison, as in `place`. If a path leads through a list, one item with the
 * value is enough.
 */
export const fits = (match) => (row) =>
  match.every((one) => valuesAt(row, one.path).some((value) => isSame(one, value)));

/** Returns a function that checks that a row has none of the values in `unless`, `[[path, values]]`. */
export const isNotAmong =
  (unless = []) =>
  (row) =>
    !unless.some(([path, values]) => values.some((value) => sameWord(at(row, path), value)));

const isSame = ({ value, compareAs, identifies }, inRow) => {
  if (compareAs === 'word') return sameWord(inRow, value);
  if (compareAs === 'identity') return sameIdentity(identifies, inRow, value);
  return plain(inRow) === plain(value);
};

const plain = (value) => trimmed(String(value ?? '')).toLowerCase();

/** Returns the normalized IDs in the value of an input. If `separator` is given, a string may contain several IDs. */
export const wantedIds = (kind, value, separator) =>
  [value]
    .flat()
    .flatMap((one) => (separator ? String(one).split(separator) : [one]))
    .map((one) => identity(kind, one))
    .filter(Boolean);

/**
 * Compares rows with the filters that were sent to the vendor, `[{key, label, kind, paths, wanted}]`.
 *
 * Returns `{fitting, ignored}`: the rows that match all filters, and the filters that the vendor ignored. A row that
 * does not have a filter's field counts as a match. If no row matches all filters, the vendor must have ignored at
 * least one filter, and the record may still exist. In this case `ignored` lists the filters that no row matches or, if
 * there is no such filter, the filters that at least one row does not match.
 */
export const compareRows = (filters, rows) => {
  const fitting = rows.filter((row) => filters.every((filter) => mayMatch(filter, row)));
  if (fitting.length > 0 || rows.length === 0) return { fitting, ignored: [] };
  const misses = filters.map((filter) => [filter, rows.filter((row) => !mayMatch(filter, row)).length]);
  const missedByAll = misses.filter(([, count]) => count === rows.length);
  const missedByAny = misses.filter(([, count]) => count > 0);
  return { fitting, ignored: (missedByAll.length > 0 ? missedByAll : missedByAny).map(([filter]) => filter) };
};

const mayMatch = ({ kind, paths, wanted }, row) => {
  const ids = paths
    .flatMap((path) => valuesAt(row, path))
    .map((value) => identity(kind, value))
    .filter(Boolean);
  return ids.length === 0 || wanted.length === 0 || ids.some((id) => wanted.includes(id));
};

/** Returns all values at a path. If the path leads through a list, the values of all its items are returned. */
const valuesAt = (value, path) => {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  if (path.length === 0) return [value];
  return isObject(value) ? valuesAt(value[path[0]], path.slice(1)) : [];
};

/** Creates the error for a search whose filters the vendor ignored. An empty result would be misleading. */
export const ignoredFilters = (api, z, ignored, count) => {
  const filters = ignored.map(({ label, value }) => `${label} "${value}"`).join(' and ');
  const rows = count === 1 ? 'one record with another value' : `${count} records without it`;
  return new z.errors.Error(
    `${api.name} ignored the filter ${filters} and returned ${rows}. ` +
      'The record may still exist, so this step stops here and returns nothing. Try another search field.',
    'FILTER_IGNORED',
  );
};
