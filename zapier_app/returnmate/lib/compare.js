/**
 * Compares values: states, order numbers, and the rows of a search with what the user asked for.
 *
 * The same value is written in several ways: `In Transit` and `in_transit`, `#1001` and ` 1001`. Searches compare
 * every row again, because a vendor may ignore a filter, or match a part of a name, and return other people's records.
 */
import { at, isObject } from './paths.js';

/** Trims a text, including zero-width characters. One pass from each end: a regular expression may backtrack. */
export const trimmed = (text) => {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text[start])) start += 1;
  while (end > start && BLANK.test(text[end - 1])) end -= 1;
  return text.slice(start, end);
};

const BLANK = /[\s\u200b\u2060\ufeff]/;

/** Normalizes a word, such as a state, for comparison. Empty if the value is neither a text nor a whole number. */
export const word = (value) =>
  isPlain(value) ? trimmed(String(value)).toLowerCase().replace(/[\s_\u2010-\u2015-]+/g, '') : '';

/** Whether a value is a text or a whole number. */
const isPlain = (value) => typeof value === 'string' || Number.isInteger(value);

export const sameWord = (one, other) => word(one) !== '' && word(one) === word(other);

/** Normalizes a record's number or id for comparison. Empty if the value identifies nothing. */
export const identity = (kind, value) => {
  if (!isPlain(value)) return '';
  const text = trimmed(trimmed(String(value)).toLowerCase().replace(/^#/, ''));
  return kind === 'tracking' ? text.replace(/[\s\u2010-\u2015-]+/g, '') : text;
};

const sameIdentity = (kind, one, other) =>
  identity(kind, one) !== '' && identity(kind, one) === identity(kind, other);

/** Returns a filter for rows that hold every value of `match`, `[{path, value, compareAs, identifies}]`. */
export const fits = (match) => (row) => match.every((one) => isSame(one, at(row, one.path)));

const isSame = ({ value, compareAs, identifies }, inRow) => {
  if (compareAs === 'word') return sameWord(inRow, value);
  if (compareAs === 'identity') return sameIdentity(identifies, inRow, value);
  return plain(inRow) === plain(value);
};

const plain = (value) => trimmed(String(value ?? '')).toLowerCase();

/** Returns the normalized ids that an input asks for: one, or several if it has a separator. */
export const wantedIds = (kind, value, separator) =>
  [value]
    .flat()
    .flatMap((one) => (separator ? String(one).split(separator) : [one]))
    .map((one) => identity(kind, one))
    .filter(Boolean);

/**
 * Compares rows with the filters that were sent, `[{key, label, kind, paths, wanted}]`.
 *
 * Returns `{fitting, ignored}`: the rows that match every filter, and the filters that the vendor ignored. A row
 * without the field matches. If there are rows and none matches, the vendor ignored a filter, and the record may
 * exist all the same. Blame the filters that no row matches; only if there are none, those that some rows miss.
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

/** Returns every value at a path that may lead through lists. */
const valuesAt = (value, path) => {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  if (path.length === 0) return [value];
  return isObject(value) ? valuesAt(value[path[0]], path.slice(1)) : [];
};

/** Creates the error for a search whose filter the vendor ignored: "nothing found" would be wrong. */
export const ignoredFilters = (api, z, ignored, count) => {
  const filters = ignored.map(({ label, value }) => `${label} "${value}"`).join(' and ');
  const rows = count === 1 ? 'one record with another value' : `${count} records without it`;
  return new z.errors.Error(
    `${api.name} ignored the filter ${filters} and returned ${rows}. ` +
      'The record may still exist, so this step stops here and returns nothing. Try another search field.',
    'FILTER_IGNORED',
  );
};
