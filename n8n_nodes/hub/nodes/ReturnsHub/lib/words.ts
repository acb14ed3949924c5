/** Compares words and record numbers, which vendors and people write in several ways: `In Transit`, `in_transit`. */

const BLANK = /[\s\u200b\u2060\ufeff]/;

/** Removes whitespace and zero-width characters from both ends of a text, in linear time. */
export const trimmed = (text: string): string => {
	let [start, end] = [0, text.length];
	while (start < end && BLANK.test(text[start])) start += 1;
	while (end > start && BLANK.test(text[end - 1])) end -= 1;
	return text.slice(start, end);
};

const isPlain = (value: unknown): value is string | number =>
	typeof value === 'string' || Number.isInteger(value);

/** Normalizes a word, such as a state: in lower case, without spaces, underscores and hyphens. */
export const word = (value: unknown): string =>
	isPlain(value)
		? trimmed(String(value))
				.toLowerCase()
				.replace(/[\s_\u2010-\u2015-]+/g, '')
		: '';

/**
 * Normalizes a record's number or ID: in lower case, without a leading `#` and, for tracking numbers, without spaces
 * and hyphens. Returns an empty text if the value does not identify a record.
 */
export const identity = (kind: string | undefined, value: unknown): string => {
	if (!isPlain(value)) return '';
	const text = trimmed(trimmed(String(value)).toLowerCase().replace(/^#/, ''));
	return kind === 'tracking' ? text.replace(/[\s\u2010-\u2015-]+/g, '') : text;
};

/** Returns whether a value is missing, null, a blank text, or a list or object that has only empty values. */
export const isEmpty = (value: unknown): boolean => {
	if (value === null || value === undefined) return true;
	if (typeof value === 'string') return trimmed(value) === '';
	if (typeof value === 'object') return Object.values(value).every(isEmpty);
	return false;
};
