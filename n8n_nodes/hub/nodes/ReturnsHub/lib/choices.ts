/** Matches what a person or an expression enters with the choices of a field, by value or label. */
import type { Choice } from './types';
import { trimmed, word } from './words';

/** Shorter words are not checked for spelling mistakes. */
const SHORTEST = 4;
/** A misspelled word may differ by two edits from a value of at least this length, otherwise by one. */
const LONG = 8;

export interface Chosen {
	words?: string;
	/** The value that was probably meant, and the part that is misspelled. */
	typoOf?: string;
	part?: string;
	/** The allowed values, if the text is none of them. */
	unknown?: string[];
}

interface Options {
	open?: boolean;
	catchTypos?: boolean;
	separator?: string;
}

/** Replaces labels and values in a text by the values of the matching choices. */
export const chosen = (text: string, choices: Choice[], { open, catchTypos, separator }: Options): Chosen => {
	const words: string[] = [];
	for (const part of (separator ? text.split(separator) : [text]).map(trimmed).filter(Boolean)) {
		const value = named(part, choices, open ?? false);
		const typoOf = value === undefined && catchTypos ? misspelled(part, choices) : undefined;
		if (typoOf) return { typoOf, part };
		if (value === undefined && !open) return { unknown: choices.map((one) => one.value) };
		words.push(value ?? part);
	}
	return { words: words.join(separator) };
};

/** Returns the value of the choice that a text names. Exact matches come first, then values, then labels. */
const named = (text: string, choices: Choice[], open: boolean): string | undefined => {
	const forms = [(one: string) => one, (one: string) => one.toLowerCase(), ...(open ? [] : [word])];
	for (const form of forms) {
		for (const place of ['value', 'label'] as const) {
			const matches = choices.filter((one) => form(one[place]) === form(text)).map(({ value }) => value);
			if (new Set(matches).size === 1) return matches[0];
		}
	}
	return undefined;
};

const misspelled = (text: string, choices: Choice[]): string | undefined => {
	const wanted = word(text);
	const known = choices.map(({ value }) => ({ value, form: word(value) }));
	if (wanted.length < SHORTEST || known.some(({ form }) => form === wanted)) return undefined;
	const near = known.map((one) => ({ ...one, steps: distance(wanted, one.form) }));
	const [nearest] = near.sort((one, other) => one.steps - other.steps);
	const allowed = nearest.form.length >= LONG && nearest.form[0] === wanted[0] ? 2 : 1;
	const signs = (form: string) => form.replace(/\p{L}/gu, ''); // `received2` is another word
	return nearest.steps <= allowed && signs(wanted) === signs(nearest.form) ? nearest.value : undefined;
};

/** Returns how many characters to insert, delete, replace or swap turn one word into the other. */
const distance = (one: string, other: string): number => {
	const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, n) => n)];
	for (let row = 1; row <= one.length; row += 1) {
		rows.push([row]);
		for (let to = 1; to <= other.length; to += 1) {
			const same = one[row - 1] === other[to - 1];
			const swapped =
				row > 1 && to > 1 && one[row - 1] === other[to - 2] && one[row - 2] === other[to - 1];
			const steps = [rows[row - 1][to] + 1, rows[row][to - 1] + 1, rows[row - 1][to - 1] + (same ? 0 : 1)];
			rows[row].push(Math.min(...steps, swapped ? rows[row - 2][to - 2] + 1 : Infinity));
		}
	}
	return rows[one.length][other.length];
};
