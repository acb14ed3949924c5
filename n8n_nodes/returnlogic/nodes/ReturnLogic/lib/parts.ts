/** Lists the parts of a record for a dropdown, such as the lines of the invoice that the user chose above it. */
import type { IDataObject, ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { isWanted, itemOf, unique } from './dropdowns';
import { fill, idOf } from './inputs';
import { readPage } from './pages';
import type { Page, Position } from './pages';
import { at, isObject } from './paths';
import { record, send } from './requests';
import { begin, invalid } from './run';
import type { Run } from './run';
import type { DependentDropdown, Vendor } from './types';
import { isEmpty, trimmed } from './words';

/** Lists the options of one page of records. A parameter that they depend on must have a value. */
export async function listParts(
	this: ILoadOptionsFunctions,
	vendor: Vendor,
	dropdown: DependentDropdown,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const run = await begin(vendor, this, true);
	const given = chosenValues(run, this, dropdown);
	const values = (names: Record<string, string>): IDataObject =>
		Object.fromEntries(Object.entries(names).map(([name, place]) => [name, given[place]]));
	const { operation, isList } = dropdown;
	const path = fill(run, operation.path, values(dropdown.pathValues));
	const query = values(dropdown.query);
	const from = paginationToken === undefined ? undefined : (JSON.parse(paginationToken) as Position);
	const page = await (isList ? readPage(run, operation, { path, query, from }) : onlyPage(run, dropdown, path, query));
	const parts = page.rows.flatMap((row) => at(row, dropdown.items) ?? []).filter(isObject);
	const results = parts.flatMap((row) => itemOf(row, dropdown)).filter((item) => isWanted(item, filter));
	return {
		results: unique(results),
		paginationToken: page.next === undefined ? undefined : JSON.stringify(page.next),
	};
}

/** Returns the parameters that the options depend on, keyed by their paths. An expression has no value yet. */
const chosenValues = (
	run: Run,
	context: ILoadOptionsFunctions,
	{ inputs }: DependentDropdown,
): Record<string, string> => {
	const given: Record<string, string> = {};
	for (const [place, label] of Object.entries(inputs)) {
		const value = idOf(context.getCurrentNodeParameter(place));
		const text = isEmpty(value) ? '' : trimmed(String(value));
		if (text === '' || text.startsWith('=')) {
			throw invalid(run, `Fill in ${label} first. It decides what is listed here.`);
		}
		given[place] = text;
	}
	return given;
};

/** Reads the one record that has the options; a record that does not exist has none. */
const onlyPage = async (
	run: Run,
	{ operation }: DependentDropdown,
	path: string,
	query: IDataObject,
): Promise<Page> => {
	const answer = await send(run, operation, { path, query, missing: true });
	return { rows: answer.status === 404 ? [] : [record(run, operation, answer)] };
};
