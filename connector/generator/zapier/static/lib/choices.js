/** Matches what a user typed with the choices of a field: by value or label, in any case. Detects typing mistakes. */
import { trimmed, word } from './compare.js';

/** Words with fewer letters than this are not checked for typing mistakes. */
const SHORTEST = 4;
/** Words with at least this many letters may differ in two letters, shorter ones in one. */
const LONG = 8;

/**
 * Returns `{words}`, the values of `choices` that a text names; `{typoOf, part}` if a part looks like a misspelled
 * value; or `{unknown}`, the allowed values, if a part is none of them.
 *
 * With `open` other values are allowed too. With `catchTypos` a misspelled value is reported.
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

/** Prefers the exact spelling to others, and a value to a label. In an open set only the case of letters may differ. */
const named = (text, listed, open) => {
  for (const form of [(one) => one, (one) => one.toLowerCase(), ...(open ? [] : [word])]) {
    for (const place of ['value', 'label']) {
      const matches = new Set(listed.filter((one) => form(one[place]) === form(text)).map(({ value }) => value));
      if (matches.size === 1) return [...matches][0];
    }
  }
  return undefined;
};

/** Returns the value that a text is probably a misspelling of, or undefined. */
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

/** Counts the edits between two words: insert, delete, replace, or swap adjacent letters (Damerau-Levenshtein). */
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
