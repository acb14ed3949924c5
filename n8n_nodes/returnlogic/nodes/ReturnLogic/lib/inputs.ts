/** Builds the path, query and body of a request from the inputs of a step. Empty values are left out. */
import type { IDataObject } from 'n8n-workflow';

import { wantedIds } from './compare';
import type { Match, Sent } from './compare';
import { isObject, put } from './paths';
import { invalid } from './run';
import type { Run } from './run';
import type { Input } from './types';
import { typed } from './values';
import { isEmpty, trimmed } from './words';

/** The parts of a request, and the values to compare with the rows of its answer. */
export interface Placed {
	path: IDataObject;
	query: IDataObject;
	body: IDataObject;
	match: Match[];
	sent: Sent[];
}

/** Converts, checks and places the values of a form, `given`, which are keyed by the names of the inputs. */
export const place = (run: Run, inputs: Input[], given: IDataObject): Placed => {
	refuseMissing(run, inputs, given);
	const placed: Placed = { path: {}, query: {}, body: {}, match: [], sent: [] };
	for (const input of inputs) {
		if (isEmpty(given[input.name])) {
			if (input.sendEmpty) put(placed.body, input.at, []);
			continue;
		}
		const value = converted(run, given[input.name], input);
		rememberIds(run, placed, input, value);
		const [name] = input.at;
		if (input.in === 'match') placed.match.push({ ...input, path: input.at, value });
		else if (input.in === 'body') put(placed.body, input.at, value);
		else placed[input.in][Array.isArray(value) ? (input.listName ?? name) : name] = value as IDataObject;
	}
	return placed;
};

/** Adds the IDs in a value to the filters that are compared with rows. A value without an ID is refused. */
const rememberIds = (run: Run, { sent }: Placed, input: Input, value: unknown): void => {
	const { identifies: kind, foundAt: paths, separator, label } = input;
	if (!kind) return;
	const wanted = wantedIds(kind, value, separator);
	if (wanted.length === 0) throw invalid(run, `${label} "${value}" is not a number or name to search by.`);
	if (paths) sent.push({ label, value, kind, paths, wanted });
};

/**
 * Replaces each `{name}` in a path by the value with that name, encoded as one segment. An empty value, `.` and `..` are
 * refused, because the request would be sent to a different path.
 */
export const fill = (run: Run, path: string, values: IDataObject): string =>
	path.replace(/\{([^}]+)\}/g, (_, name: string) => {
		const segment = segmentOf(values[name]);
		if (segment !== undefined) return segment;
		throw invalid(run, `${JSON.stringify(values[name]) ?? 'An empty value'} is not a valid ${name}.`);
	});

/** Returns a value as one segment of a path, or undefined if it cannot be one. */
export const segmentOf = (given: unknown): string | undefined => {
	const isId = typeof given === 'string' || Number.isInteger(given);
	const value = isId ? trimmed(String(given)) : '';
	return ['', '.', '..'].includes(value) ? undefined : encodeURIComponent(value);
};

const refuseMissing = (run: Run, inputs: Input[], given: IDataObject): void => {
	const missing = inputs.filter((input) => input.required && isEmpty(given[input.name]));
	if (missing.length > 0) {
		throw invalid(run, `Fill in ${missing.map(({ label }) => label).join(' and ')}. The value is empty.`);
	}
	for (const input of inputs) {
		const others = input.requiredWithout;
		if (others && [input.name, ...others].every((name) => isEmpty(given[name]))) {
			const able = inputs.filter(({ name }) => [input.name, ...others].includes(name));
			throw invalid(run, `Fill in ${able.map(({ label }) => label).join(' or ')}.`);
		}
		const filled = (input.requiredWith ?? []).filter((name) => !isEmpty(given[name]));
		if (filled.length > 0 && isEmpty(given[input.name])) {
			const other = inputs.find(({ name }) => name === filled[0]);
			throw invalid(run, `Fill in ${input.label}. It is required when ${other?.label} is filled in.`);
		}
	}
};

/** Returns the ID of a record that was chosen in a list, and any other value unchanged. */
export const idOf = (value: unknown): unknown => (isObject(value) && value.__rl ? value.value : value);

const converted = (run: Run, value: unknown, input: Input): unknown => {
	const { children, variants } = input;
	if (children) {
		return rowsOf(value).map((row) => {
			if (!isObject(row)) throw invalid(run, `${input.label} must be line items, not "${row}".`);
			const given = Object.fromEntries(Object.entries(row).map(([name, one]) => [name, idOf(one)])) as IDataObject;
			checkVariant(run, given, children, variants ?? []);
			return place(run, children, given).body;
		});
	}
	return input.list ? rowsOf(value).map((one) => typed(run, one, input)) : typed(run, value, input);
};

/**
 * Returns the rows of a list. n8n's form holds line items as `{row: [...]}`, and an expression may supply the list itself
 * or its JSON.
 */
const rowsOf = (value: unknown): unknown[] => {
	const list = isObject(value) && Array.isArray(value.row) ? value.row : value;
	return [list].flat().filter((one) => !isEmpty(one));
};

/** Throws an error if the columns of a line item do not match exactly one of the variants. */
const checkVariant = (run: Run, row: object, children: Input[], variants: NonNullable<Input['variants']>): void => {
	type Variant = (typeof variants)[number];
	const labels = new Map(children.map(({ name, label }) => [name, label]));
	const given = [...labels.keys()].filter((name) => !isEmpty((row as IDataObject)[name]));
	const missing = ({ required }: Variant) => required.filter((name) => !given.includes(name));
	const foreign = ({ fields }: Variant) => given.filter((name) => !fields.includes(name));
	const fitting = variants.filter((one) => missing(one).length === 0 && foreign(one).length === 0);
	if (fitting.length === 1 || variants.length === 0) return;
	const named = (names: string[]) => names.map((name) => labels.get(name)).join(' and ');
	if (fitting.length > 1) {
		const options = fitting.map(({ label }) => label).join(' or ');
		throw invalid(
			run,
			`A line item with ${named(given)} could be ${options}. Fill in a field that only one of them has.`,
		);
	}
	// The variant that was probably meant has the fewest foreign columns and, among equals, the fewest missing ones.
	const distance = (one: Variant) => foreign(one).length * 100 + missing(one).length;
	const [nearest] = [...variants].sort((one, other) => distance(one) - distance(other));
	const problems = [
		foreign(nearest).length > 0 && `${named(foreign(nearest))} does not belong to it`,
		missing(nearest).length > 0 && `${named(missing(nearest))} is missing`,
	].filter(Boolean);
	throw invalid(run, `A line item looks like ${nearest.label}, but ${problems.join(', and ')}.`);
};
