/**
 * Values as a Zap hands them over, checked and typed: most reach a Zap as text, whatever the field states. What
 * cannot be understood is refused by the field's name; nothing is guessed.
 */
import { chosen } from './choices.js';
import { trimmed } from './compare.js';
import { moment, writtenDay } from './times.js';

const TRUE = ['true', 'yes', 'y', 'on', '1'];
const FALSE = ['false', 'no', 'n', 'off', '0'];
const NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)$/;
const ZONED = /(Z|UTC|GMT|[+\u2212-]\d\d:?(\d\d)?)$/i;
const DAY_ONLY = /^\d{4}-\d\d-\d\d$/;
/** NUL, and half of a pair: JSON may carry them, and many a vendor's database does not take them. */
const UNSENDABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** An input that the vendor would refuse anyway, said before anything is sent. */
export const invalid = (z, sentence) => new z.errors.Error(sentence, 'INVALID_INPUT', 400);

export const nameOf = (field) => field.label ?? field.key;

/** Nothing a person would call a value: null, blanks, and lists or objects of such. */
export const isEmpty = (value) => {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return trimmed(value) === '';
  if (typeof value === 'object') return Object.values(value).every(isEmpty);
  return false;
};

/** A value in the type that `field` states; `form` is its entry in `wire`. */
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

/** One line is trimmed; a text of several lines is the person's own. */
const text = (z, value, field) => {
  const kind = Array.isArray(value) ? 'a list' : typeof value;
  if (kind !== 'string' && kind !== 'number') throw refuse(z, field, 'one text', value);
  const words = kind === 'number' ? digits(z, value, field) : value;
  if (UNSENDABLE.test(words)) throw invalid(z, `${nameOf(field)} holds a character that cannot be sent.`);
  return field.type === 'text' ? words : trimmed(words);
};

/** A number in a text field, without an exponent. */
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
    throw invalid(z, `${nameOf(field)} is too large to be sent exactly: ${JSON.stringify(value)}.`);
  }
  return parsed;
};

const boolean = (z, value, field) => {
  const said = typeof value === 'object' ? '' : trimmed(String(value)).toLowerCase();
  if (!TRUE.includes(said) && !FALSE.includes(said)) throw refuse(z, field, 'true or false', value);
  return TRUE.includes(said);
};

/** A day as it was written: a moment of another zone may lie on another day in UTC. */
const date = (z, value, field) => {
  const day = typeof value === 'string' ? writtenDay(trimmed(value)) : undefined;
  if (!day) throw refuse(z, field, 'a date like 2026-10-31', value);
  return day;
};

/** A moment in UTC; beyond the year 9999 as it was written. */
const instant = (z, words, field) => {
  const when = moment(words);
  if (Number.isNaN(when)) throw refuse(z, field, 'a time like 2026-10-31T09:30:00Z', words);
  if (!DAY_ONLY.test(words) && !ZONED.test(words)) {
    throw refuse(z, field, 'a time with its zone, like 2026-10-31T09:30:00Z', words);
  }
  const utc = new Date(when).toISOString();
  return utc.startsWith('+') ? words : utc.replace('.000Z', 'Z');
};

/** The value of a choice; of an open set anything else may be typed, but for what is a slip of a known word. */
const choice = (z, words, { choices, ...field }, form) => {
  const found = chosen(words, choices, form);
  if (found.slip) {
    throw invalid(z, `${nameOf(field)} is "${found.part}", which is no known word: did you mean ${found.slip}?`);
  }
  if (found.unknown) throw refuse(z, field, `one of ${found.unknown.join(', ')}`, words);
  return found.words;
};
