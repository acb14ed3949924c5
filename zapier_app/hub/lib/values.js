/**
 * Checks the values of input fields and converts each value to the type of its field, because Zapier passes most values
 * as strings. If a value cannot be converted, an error that names the field is thrown.
 */
import { chosen } from './choices.js';
import { trimmed } from './compare.js';
import { moment, writtenDay } from './times.js';

const TRUE = ['true', 'yes', 'y', 'on', '1'];
const FALSE = ['false', 'no', 'n', 'off', '0'];
const NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)$/;
const ZONED = /(Z|UTC|GMT|[+\u2212-]\d\d:?(\d\d)?)$/i;
const DAY_ONLY = /^\d{4}-\d\d-\d\d$/;
/** Matches NUL and unpaired surrogates, which are allowed in JSON but refused by many databases. */
const UNSENDABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Creates the error for an input that cannot be sent. `sentence` says which input it is and how to correct it. */
export const invalid = (z, sentence) => new z.errors.Error(sentence, 'INVALID_INPUT', 400);

export const nameOf = (field) => field.label ?? field.key;

/** Returns whether a value is missing, null, a blank string, or a list or object that contains only empty values. */
export const isEmpty = (value) => {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return trimmed(value) === '';
  if (typeof value === 'object') return Object.values(value).every(isEmpty);
  return false;
};

/** Converts a value to the type of `field`, or throws an error. `form` is the field's entry in `wire` (see `place`). */
export const typed = (z, value, field, form) => {
  if (form.as === 'date') return date(z, value, field);
  if (form.as === 'text') return String(number(z, value, field));
  if (field.type === 'integer' || field.type === 'number') return number(z, value, field);
  if (field.type === 'boolean') return boolean(z, value, field);
  const words = text(z, value, field);
  if (field.type === 'datetime') return instant(z, words, field);
  return field.choices ? choice(z, words, field, form) : words;
};

const refuse = (z, field, must, value) =>
  invalid(z, `${nameOf(field)} must be ${must}, not ${JSON.stringify(value)?.slice(0, 60)}.`);

/**
 * Converts a value to a string. Single-line strings are trimmed; multi-line strings (`type: 'text'`) are not changed.
 */
const text = (z, value, field) => {
  const kind = Array.isArray(value) ? 'a list' : typeof value;
  if (kind !== 'string' && kind !== 'number') throw refuse(z, field, 'a single text', value);
  const words = kind === 'number' ? digits(z, value, field) : value;
  if (UNSENDABLE.test(words)) {
    throw invalid(z, `${nameOf(field)} contains a character that cannot be sent. Remove it and try again.`);
  }
  return field.type === 'text' ? words : trimmed(words);
};

/** Formats a number for a string field without an exponent: 1e21 becomes 1000000000000000000000. */
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

/** Converts a date or time to a date like 2026-10-31. The zone is not changed, because in UTC the date may differ. */
const date = (z, value, field) => {
  const day = typeof value === 'string' ? writtenDay(trimmed(value)) : undefined;
  if (!day) throw refuse(z, field, 'a date like 2026-10-31', value);
  return day;
};

/** Converts a time to UTC. A time that is after the year 9999 in UTC is not changed. */
const instant = (z, words, field) => {
  const when = moment(words);
  if (Number.isNaN(when)) throw refuse(z, field, 'a time like 2026-10-31T09:30:00Z', words);
  if (!DAY_ONLY.test(words) && !ZONED.test(words)) {
    throw refuse(z, field, 'a time with its zone, like 2026-10-31T09:30:00Z', words);
  }
  const utc = new Date(when).toISOString();
  return utc.startsWith('+') ? words : utc.replace('.000Z', 'Z');
};

/**
 * Converts a value or label to the value of the matching choice. Throws an error if the value looks like a misspelled
 * choice, or if it is not an allowed value.
 */
const choice = (z, words, { choices, ...field }, form) => {
  const result = chosen(words, choices, form);
  if (result.typoOf) {
    const problem = `${nameOf(field)} is "${result.part}", which is not a known value.`;
    throw invalid(z, `${problem} Did you mean ${result.typoOf}?`);
  }
  if (result.unknown) throw refuse(z, field, `one of ${result.unknown.join(', ')}`, words);
  return result.words;
};
