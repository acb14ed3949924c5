/**
 * Checks that the rows of a search match what was searched for.
 *
 * A vendor may ignore a filter or match a part of a name, and so return the records of other people.
 */
import type { IDataObject } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { at, everyAt } from './paths';
import type { Run } from './run';
import type { Input, Path } from './types';
import { identity, trimmed, word } from './words';

/** A value that is compared with the rows instead of being sent. */
export interface Match {
	path: Path;
	value: unknown;
	compareAs?: Input['compareAs'];
	identifies?: string;
}

/** A filter that was sent, whose values are compared with the rows, too. */
export interface Sent {
	label: string;
	value: unknown;
	kind: string;
	paths: Path[];
	wanted: string[];
}

/** Returns whether a row has all values in `match`; in a list, one item with the value is enough. */
export const fits = (match: Match[], row: IDataObject): boolean =>
	match.every((one) => everyAt(row, one.path).some((value) => isSame(one, value)));

/** Returns whether a row has none of the values with which a record is no event. */
export const isEvent = (unless: { path: Path; values: string[] }[] = [], row: IDataObject): boolean =>
	!unless.some(({ path, values }) => values.some((value) => word(value) === word(at(row, path))));

const isSame = ({ value, compareAs, identifies }: Match, inRow: unknown): boolean => {
	if (compareAs === 'word') return word(value) !== '' && word(inRow) === word(value);
	if (compareAs === 'identity') {
		return identity(identifies, value) !== '' && identity(identifies, inRow) === identity(identifies, value);
	}
	return plain(inRow) === plain(value);
};

const plain = (value: unknown): string => trimmed(String(value ?? '')).toLowerCase();

/** Returns the normalized IDs in the value of an input; with a separator, one text may contain several. */
export const wantedIds = (kind: string, value: unknown, separator?: string): string[] =>
	[value]
		.flat()
		.flatMap((one) => (separator ? String(one).split(separator) : [one]))
		.map((one) => identity(kind, one))
		.filter(Boolean);

/**
 * Returns the rows that match all filters that were sent, and the filters that the vendor must have ignored.
 *
 * A row without a filter's field counts as a match. Filters were ignored if there are rows and none matches all.
 */
export const compareRows = (sent: Sent[], rows: IDataObject[]): { fitting: IDataObject[]; ignored: Sent[] } => {
	const fitting = rows.filter((row) => sent.every((filter) => mayMatch(filter, row)));
	if (fitting.length > 0 || rows.length === 0) return { fitting, ignored: [] };
	const misses = sent.map((filter) => ({ filter, count: rows.filter((row) => !mayMatch(filter, row)).length }));
	const byAll = misses.filter(({ count }) => count === rows.length);
	const byAny = misses.filter(({ count }) => count > 0);
	return { fitting, ignored: (byAll.length > 0 ? byAll : byAny).map(({ filter }) => filter) };
};

const mayMatch = ({ kind, paths, wanted }: Sent, row: IDataObject): boolean => {
	const ids = paths
		.flatMap((path) => everyAt(row, path))
		.map((value) => identity(kind, value))
		.filter(Boolean);
	return ids.length === 0 || wanted.length === 0 || ids.some((id) => wanted.includes(id));
};

/** Creates the error for a search whose filters the vendor ignored: an empty result would be wrong. */
export const ignoredFilters = (run: Run, ignored: Sent[], count: number): NodeOperationError => {
	const filters = ignored.map(({ label, value }) => `${label} "${value}"`).join(' and ');
	const rows = count === 1 ? 'one record with another value' : `${count} records without it`;
	return new NodeOperationError(
		run.context.getNode(),
		`${run.vendor.name} ignored the filter ${filters} and returned ${rows}. ` +
			'The record may still exist, so this step stops here and returns nothing. Try another search field.',
		{ itemIndex: run.itemIndex },
	);
};
