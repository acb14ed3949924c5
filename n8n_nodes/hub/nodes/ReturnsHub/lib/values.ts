/** Checks the values of inputs and converts them, because expressions may supply any type. */
import { chosen } from './choices';
import { invalid } from './run';
import type { Run } from './run';
import { isZoned, moment, utcText, writtenDay, zonelessMoment } from './times';
import type { Input } from './types';
import { trimmed } from './words';

const TRUE = ['true', 'yes', 'y', 'on', '1'];
const FALSE = ['false', 'no', 'n', 'off', '0'];
const NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)$/;
/** Matches NUL and unpaired surrogates, which are allowed in JSON but refused by many databases. */
const UNSENDABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const SHOWN = 60;

/** Converts one value to the type of its input. Throws an error that names the input if that is not possible. */
export const typed = (run: Run, value: unknown, input: Input): string | number | boolean => {
	if (input.type === 'date') return day(run, value, input);
	if (input.type === 'integer' || input.type === 'number') {
		const parsed = number(run, value, input);
		return input.asText ? String(parsed) : parsed;
	}
	if (input.type === 'boolean') return boolean(run, value, input);
	if (input.type === 'datetime') return instant(run, value, input);
	const words = text(run, value, input);
	return input.choices ? choice(run, words, input) : words;
};

const refused = (run: Run, input: Input, must: string, value: unknown) =>
	invalid(run, `${input.label} must be ${must}, not ${String(JSON.stringify(value)).slice(0, SHOWN)}.`);

/** Converts a value to text. Single-line texts are trimmed; texts of several lines are not changed. */
const text = (run: Run, value: unknown, input: Input): string => {
	const words = typeof value === 'number' ? digits(run, value, input) : value;
	if (typeof words !== 'string') throw refused(run, input, 'a single text', value);
	if (UNSENDABLE.test(words)) {
		throw invalid(run, `${input.label} contains a character that cannot be sent. Remove it and try again.`);
	}
	return input.type === 'text' ? words : trimmed(words);
};

/** Formats a number for a text input without an exponent: 1e21 becomes 1000000000000000000000. */
const digits = (run: Run, value: number, input: Input): string => {
	if (!Number.isFinite(value)) throw refused(run, input, 'a text', value);
	if (Number.isInteger(value)) return BigInt(value).toString();
	const plain = String(value);
	return plain.includes('e') ? value.toFixed(20).replace(/0+$/, '') : plain;
};

const number = (run: Run, value: unknown, input: Input): number => {
	const words = typeof value === 'string' ? trimmed(value) : value;
	const parsed = typeof words === 'string' && NUMBER.test(words) ? Number(words) : words;
	if (typeof parsed !== 'number' || !Number.isFinite(parsed)) throw refused(run, input, 'a number', value);
	if (input.type === 'integer' && !Number.isInteger(parsed)) throw refused(run, input, 'a whole number', value);
	if (Math.abs(parsed) > Number.MAX_SAFE_INTEGER) {
		throw invalid(run, `${input.label} is too large to be sent exactly: ${JSON.stringify(value)}.`);
	}
	return parsed;
};

const boolean = (run: Run, value: unknown, input: Input): boolean => {
	const words = typeof value === 'object' ? '' : trimmed(String(value)).toLowerCase();
	if (!TRUE.includes(words) && !FALSE.includes(words)) throw refused(run, input, 'true or false', value);
	return TRUE.includes(words);
};

/** Converts a date or time to a date as it is written, because in another zone the date may differ. */
const day = (run: Run, value: unknown, input: Input): string => {
	const written = typeof value === 'string' ? writtenDay(trimmed(value)) : undefined;
	if (!written) throw refused(run, input, 'a date like 2026-10-31', value);
	return written;
};

/** Converts a time to UTC. A time without a zone is in the workflow's time zone, as n8n's date picker writes it. */
const instant = (run: Run, value: unknown, input: Input): string => {
	const words = text(run, value, input);
	const when = isZoned(words) ? moment(words) : zonelessMoment(words, run.context.getTimezone());
	if (Number.isNaN(when)) throw refused(run, input, 'a time like 2026-10-31T09:30:00Z', words);
	const utc = new Date(when).toISOString();
	return utc.startsWith('+') ? words : utcText(when);
};

const choice = (run: Run, words: string, input: Input): string => {
	const result = chosen(words, input.choices ?? [], input);
	if (result.typoOf) {
		const problem = `${input.label} is "${result.part}", which is not a known value.`;
		throw invalid(run, `${problem} Did you mean ${result.typoOf}?`);
	}
	if (result.unknown) throw refused(run, input, `one of ${result.unknown.join(', ')}`, words);
	return result.words ?? words;
};
