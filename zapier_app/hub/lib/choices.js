/** Matches user input with the choices for a field, by value or label, ignoring case. Detects spelling mistakes. */
import { trimmed, word } from './compare.js';

/** Words that are shorter than this number of characters are not checked for spelling mistakes. */
const SHORTEST = 4;
/** A misspelled word may differ by two edits from a value that has at least this length, otherwise by one edit. */
const LONG = 8;

/**
 * Replaces the labels or values in `text` by the values of the matching choices, and returns `{words}`. If `separator`
 * is given, the text may contain several choices.
 *
 * If a part looks like a misspelled value, returns `{typoOf, part}`: the value and the misspelled part. If a part is
 * not an allowed value, returns `{unknown}`, the list of allowed values. If `open` is true, other values are allowed
 * too. Misspelled values are detected only if `catchTypos` is true.
 */
export const chosen = (text, choices, { open, catchTypos, separator }) => {
  const listed = choices.map((one) => (typeof one === 'string' ? { value: one, label: one } : one));
  const words = [];
  for (const part of (separator ? text.split(separator) : [text]).map(trimmed).filter(Boolean)) {
    const value = named(part, listed, open);
    const typoOf = value === undefined && catchTypos && misspelled(part, listed);
    if (typoOf) return { typoOf, part };
    if (value === undefined && !open) return { unknown: listed.map((one) => one.value) };
    words.push(value ?? part);
  }
  return { words: words.join(separator) };
};

/**
 * Returns the value of the choice that a text names, or undefined. Exact matches are preferred to matches that ignore
 * case, and values are preferred to labels. In a closed set, spaces, underscores and hyphens are ignored too.
 */
const named = (text, listed, open) => {
  for (const form of [(one) => one, (one) => one.toLowerCase(), ...(open ? [] : [word])]) {
    for (const place of ['value', 'label']) {
      const matches = new Set(listed.filter((one) => form(one[place]) === form(text)).map(({ value }) => value));
      if (matches.size === 1) return [...matches][0];
    }
  }
  return undefined;
};

/** Returns the value that the user probably misspelled, or undefined if the text is not similar to a value. */
const misspelled = (text, listed) => {
  const wanted = word(text);
  const known = listed.map(({ value }) => ({ value, form: word(value) }));
  if (wanted.length < SHORTEST || known.some(({ form }) => form === wanted)) return undefined;
  const near = known.map((one) => ({ ...one, steps: distance(wanted, one.form) }));
  const [nearest] = near.sort((one, other) => one.steps - other.steps);
  const allowed = nearest.form.length >= LONG && nearest.form[0] === wanted[0] ? 2 : 1;
  const signs = (form) => form.replace(/\p{L}/gu, ''); // `received2` is another word, not a misspelled `received`
  return nearest.steps <= allowed && signs(wanted) === signs(nearest.form) ? nearest.value : undefined;
};

/**
 * Returns the Damerau-Levenshtein distance between two words: the number of characters to insert, delete or replace,
 * or of adjacent characters to swap.
 */
const distance = (one, other) => {
  const rows = [Array.from({ length: other.length + 1 }, (_, n) => n)];
  for (let at = 1; at <= one.length; at += 1) {
    rows.push([at]);
    for (let to = 1; to <= other.length; to += 1) {
      const same = one[at - 1] === other[to - 1];
      const swapped = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      const steps = [rows[at - 1][to] + 1, rows[at][to - 1] + 1, rows[at - 1][to - 1] + (same ? 0 : 1)];
      rows[at].push(Math.min(...steps, swapped ? rows[at - 2][to - 2] + 1 : Infinity));
    }
  }
  return rows.at(-1).at(-1);
};
