/** Lists records for the dropdowns of the node, a page at a time as the user scrolls. */
import type { ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';

import { readPage } from './pages';
import type { Position } from './pages';
import { at } from './paths';
import { begin } from './run';
import type { Dropdown, Vendor } from './types';
import { word } from './words';

/** Consecutive pages that are read until one has a match with what the user typed. */
const MAX_PAGES = 5;

/** Lists the records of one page, and those of further pages while none matches what the user typed. */
export async function listChoices(
	this: ILoadOptionsFunctions,
	vendor: Vendor,
	dropdown: Dropdown,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const run = await begin(vendor, this, true);
	const { operation, query } = dropdown;
	let from = paginationToken === undefined ? undefined : (JSON.parse(paginationToken) as Position);
	let results: INodeListSearchItems[] = [];
	for (let read = 0; read < MAX_PAGES && results.length === 0; read += 1) {
		const page = await readPage(run, operation, { query, from });
		results = page.rows.flatMap((row) => itemOf(row, dropdown)).filter((item) => isWanted(item, filter));
		from = page.next;
		if (from === undefined) break;
	}
	return { results: unique(results), paginationToken: from === undefined ? undefined : JSON.stringify(from) };
}

export const itemOf = (
	row: unknown,
	{ value: valuePath, label }: Pick<Dropdown, 'value' | 'label'>,
): INodeListSearchItems[] => {
	const value = at(row, valuePath);
	if (!word(value)) return [];
	const parts = label.map((path) => at(row, path)).filter((part) => word(part) !== '');
	return [{ name: parts.join(' · ') || String(value), value: value as string }];
};

/** Keeps one item for each value: an order with two returns is listed once. */
export const unique = (items: INodeListSearchItems[]): INodeListSearchItems[] =>
	items.filter(({ value }, index) => items.findIndex((item) => item.value === value) === index);

export const isWanted = ({ name, value }: INodeListSearchItems, filter = ''): boolean =>
	`${name} ${value}`.toLowerCase().includes(filter.trim().toLowerCase());
