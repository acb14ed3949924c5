/**
 * How values are compared. A vendor spells its words in several ways, and what identifies a record is typed in
 * several ways: `#1001` and ` 1001`. What a search was asked for is compared again with the rows that came, since a
 * vendor may ignore a filter or match a part of a name, and answers with other people's records then.
 */
import { at, isObject } from './paths.js';

/** A text without the blanks around it, those included that JavaScript takes for none; in one pass each way. */
export const trimmed = (text) => {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text[start])) start += 1;
  while (end > start && BLANK.test(text[end - 1])) end -= 1;
  return text.slice(start, end);
};

const BLANK = /[\s\u200b\u2060\ufeff]/;

/** A vendor's word in the one form in which words are compared; empty for what is no word, so no state either. */
export const word = (value) =>
  isPlain(value) ? trimmed(String(value)).toLowerCase().replace(/[\s_\u2010-\u2015-]+/g, '') : '';

/** Text, or a whole number. */
const isPlain = (value) => typeof value === 'string' || Number.isInteger(value);

export const sameWord = (one, other) => word(one) !== '' && word(one) === word(other);

/** What identifies a record in the form in which it is compared; empty for what identifies nothing. */
export const identity = (kind, value) => {
  if (!isPlain(value)) return '';
  const text = trimmed(trimmed(String(value)).toLowerCase().replace(/^#/, ''));
  return kind === 'tracking' ? text.replace(/[\s\u2010-\u2015-]+/g, '') : text;
};

const sameIdentity = (kind, one, other) =>
  identity(kind, one) !== '' && identity(kind, one) === identity(kind, other);

/** Tells whether a row holds every value of a `match`, `[{path, value, compared, identifies}]`. */
export const fits = (match) => (row) => match.every((one) => holds(one, at(row, one.path)));

const holds = ({ value, compared, identifies }, found) => {
  if (compared === 'word') return sameWord(found, value);
  if (compared === 'identity') return sameIdentity(identifies, found, value);
  return plain(found) === plain(value);
};

const plain = (value) => trimmed(String(value ?? '')).toLowerCase();

/** The forms that an input asks for: one value, or several. */
export const forms = (kind, value, separator) =>
  [value]
    .flat()
    .flatMap((one) => (separator ? String(one).split(separator) : [one]))
    .map((one) => identity(kind, one))
    .filter(Boolean);

/**
 * Sorts rows by what was asked for, `[{key, label, kind, paths, wanted}]`: `fitting` are those to hand on, `ignored`
 * the filters that the vendor ignored. A row that does not tell a field fits it. Where rows came and none fits,
 * the vendor ignored a filter: whether a record exists that fits is not known then.
 */
export const compared = (asked, rows) => {
  const fitting = rows.filter((row) => asked.every((one) => tells(one, row)));
  if (fitting.length > 0 || rows.length === 0) return { fitting, ignored: [] };
  const strange = asked.map((one) => [one, rows.filter((row) => !tells(one, row)).length]);
  const alone = strange.filter(([, count]) => count === rows.length);
  const any = strange.filter(([, count]) => count > 0);
  return { fitting, ignored: (alone.length > 0 ? alone : any).map(([one]) => one) };
};

const tells = ({ kind, paths, wanted }, row) => {
  const held = paths.flatMap((path) => everything(row, path)).map((value) => identity(kind, value));
  const told = held.filter(Boolean);
  return told.length === 0 || wanted.length === 0 || told.some((form) => wanted.includes(form));
};

/** Every value at a path that may lead through lists. */
const everything = (value, path) => {
  if (Array.isArray(value)) return value.flatMap((one) => everything(one, path));
  if (path.length === 0) return [value];
  return isObject(value) ? everything(value[path[0]], path.slice(1)) : [];
};

/** The error for rows of which none is what was asked for: "nothing found" would not be true. */
export const ignoredFilters = (api, z, ignored, count) => {
  const filters = ignored.map(({ label, value }) => `${label} "${value}"`).join(' and ');
  const came = count === 1 ? 'one record with another value' : `${count} records, none of which has it`;
  return new z.errors.Error(
    `${api.name} ignored the filter ${filters}: it answered with ${came}. ` +
      'Whether such a record exists is not known, so nothing is handed on.',
    'FILTER_IGNORED',
  );
};
