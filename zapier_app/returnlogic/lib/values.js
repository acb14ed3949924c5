/**
 * Checks the values of a Zap's fields and converts them to the field's type: most values arrive as text. A value that
 * cannot be converted is an error that names the field; nothing is guessed.
 */
import { chosen } from './choices.js';
import { trimmed } from './compare.js';
import { moment, writtenDay } from './times.js';

const TRUE = ['true', 'yes', 'y', 'on', '1'];
const FALSE = ['false', 'no', 'n', 'off', '0'];
const NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)$/;
const ZONED = /(Z|UTC|GMT|[+\u2212-]\d\d:?(\d\d)?)$/i;
const DAY_ONLY = /^\d{4}-\d\d-\d\d$/;
/** NUL and unpaired surrogates: JSON can carry them, but many databases refuse them. */
const UNSENDABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Creates the error for an input that cannot be sent, before any request. */
export const invalid = (z, sentence) => new z.errors.Error(sentence, 'INVALID_INPUT', 400);

export const nameOf = (field) => field.label ?? field.key;

/** Whether a value is empty: null, blank text, or a list or object that holds only empty values. */
export const isEmpty = (value) => {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return trimmed(value) === '';
  if (typeof value === 'object') return Object.values(value).every(isEmpty);
  return false;
};

/** Converts a value to the type of `field`; `form` is the field's entry in `wire`. */
export const typed = (z, value, field, form) => {
  if (form.as === 'date') return date(z, value, field);
  if (field.type === 'integer' || field.type === 'number') return number(z, value, field);
  if (field.type === 'boolean') return boolean(z, value, field);
  const words = text(z, value, field);
  if (field.type === 'datetime') return instant(z, words, field);
  return field.choices ? choice(z, words, field, form) : words;
};

const refuse = (z, field, must, value) =>
  invalid(z, `${nameOf(field)} must be ${must}, not ${JSON.stringify(value)?.slice(0, 60)}.`);

/** Trims single-line text. Multi-line text (`type: 'text'`) stays as the user wrote it. */
const text = (z, value, field) => {
  const kind = Array.isArray(value) ? 'a list' : typeof value;
  if (kind !== 'string' && kind !== 'number') throw refuse(z, field, 'a single text', value);
  const words = kind === 'number' ? digits(z, value, field) : value;
  if (UNSENDABLE.test(words)) {
    throw invalid(z, `${nameOf(field)} contains a character that cannot be sent. Remove it and try again.`);
  }
  return field.type === 'text' ? words : trimmed(words);
};

/** Writes a number for a text field without an exponent: 1e21 becomes 1000000000000000000000. */
const digits = (z, value, field) => {
  if (!Number.isFinite(value)) throw refuse(z, field, 'a text', value);
  if (Number.isInteger(value)) return BigInt(value).toString();
  const plain = String(value);
  return plain.includes('e') ? value.toFixed(20).replace(/0+$/, '') : plain;
};

const number = (z, value, field) => {
  const words = typeof value === 'string' ? trimmed(value) : value;
  const parsed = typeof words === 'string' && NUMBER.test(words) ? Number(words) : words;
  if (typeof parsed !== 'number' || !Number.isFinite(parsed)) throw refuse(z, field, 'a number', value);
  if (field.type === 'integer' && !Number.isInteger(parsed)) throw refuse(z, field, 'a whole number', value);
  if (Math.abs(parsed) > Number.MAX_SAFE_INTEGER) {
    throw invalid(z, `${nameOf(field)} is too large a number to be sent exactly: ${JSON.stringify(value)}.`);
  }
  return parsed;
};

const boolean = (z, value, field) => {
  const text = typeof value === 'object' ? '' : trimmed(String(value)).toLowerCase();
  if (!TRUE.includes(text) && !FALSE.includes(text)) throw refuse(z, field, 'true or false', value);
  return TRUE.includes(text);
};

/** Returns the day in the zone in which it was written: in UTC it may be another day. */
const date = (z, value, field) => {
  const day = typeof value === 'string' ? writtenDay(trimmed(value)) : undefined;
  if (!day) throw refuse(z, field, 'a date like 2026-10-31', value);
  return day;
};

/** Converts a time to UTC. A time after the year 9999 stays as it was written. */
const instant = (z, words, field) => {
  const when = moment(words);
  if (Number.isNaN(when)) throw refuse(z, field, 'a time like 2026-10-31T09:30:00Z', words);
  if (!DAY_ONLY.test(words) && !ZONED.test(words)) {
    throw refuse(z, field, 'a time with its zone, like 2026-10-31T09:30:00Z', words);
  }
  const utc = new Date(when).toISOString();
  return utc.startsWith('+') ? words : utc.replace('.000Z', 'Z');
};

/** Returns the value of a choice. An open set allows other values, unless one looks like a misspelled choice. */
const choice = (z, words, { choices, ...field }, form) => {
  const result = chosen(words, choices, form);
  if (result.typoOf) {
    const problem = `${nameOf(field)} is "${result.part}", which is not a known value.`;
    throw invalid(z, `${problem} Did you mean ${result.typoOf}?`);
  }
  if (result.unknown) throw refuse(z, field, `one of ${result.unknown.join(', ')}`, words);
  return result.words;
};
