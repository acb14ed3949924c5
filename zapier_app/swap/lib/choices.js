/** Choices as people write them: by value or by label, in any case; and words that are slips of known ones. */
import { trimmed, word } from './compare.js';

const SHORTEST = 4;
const LONG = 8;

/** What a text names among `choices`, `{words}`; or why it cannot be taken: `{slip}` or `{unknown}`, the values. */
export const chosen = (text, choices, { open, slips, separator }) => {
  const listed = choices.map((one) => (typeof one === 'string' ? { value: one, label: one } : one));
  const words = [];
  for (const part of (separator ? text.split(separator) : [text]).map(trimmed).filter(Boolean)) {
    const value = named(part, listed, open);
    const meant = value === undefined && slips && slipOf(part, listed);
    if (meant) return { slip: meant, part };
    if (value === undefined && !open) return { unknown: listed.map((one) => one.value) };
    words.push(value ?? part);
  }
  return { words: words.join(separator) };
};

/** A value goes before a label, and the exact spelling before another. Of an open set only the case may differ. */
const named = (text, listed, open) => {
  for (const form of [(one) => one, (one) => one.toLowerCase(), ...(open ? [] : [word])]) {
    for (const place of ['value', 'label']) {
      const found = new Set(listed.filter((one) => form(one[place]) === form(text)).map(({ value }) => value));
      if (found.size === 1) return [...found][0];
    }
  }
  return undefined;
};

/** The known word that a text is probably a slip of; nothing for quite another word. */
const slipOf = (text, listed) => {
  const wanted = word(text);
  const known = listed.map(({ value }) => ({ value, form: word(value) }));
  if (wanted.length < SHORTEST || known.some(({ form }) => form === wanted)) return undefined;
  const near = known.map((one) => ({ ...one, steps: distance(wanted, one.form) }));
  const [nearest] = near.sort((one, other) => one.steps - other.steps);
  const allowed = nearest.form.length >= LONG && nearest.form[0] === wanted[0] ? 2 : 1;
  const signs = (form) => form.replace(/\p{L}/gu, ''); // `received2` is a word of its own
  return nearest.steps <= allowed && signs(wanted) === signs(nearest.form) ? nearest.value : undefined;
};

/** Letters to insert, drop, change, or swap with their neighbour (Damerau and Levenshtein). */
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
