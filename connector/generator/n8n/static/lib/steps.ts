/** Runs the operations of the node: the requests for each input item, or the pages of a list. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData, JsonObject } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { compareRows, fits, ignoredFilters } from './compare';
import { DOWNLOAD, filesOf } from './files';
import { ENDLESS, readPages } from './pages';
import type { Lap } from './pages';
import { fill, idOf, place } from './inputs';
import type { Placed } from './inputs';
import { sendLines } from './lines';
import { record, send } from './requests';
import { begin, invalid } from './run';
import { shaped } from './shape';
import type { Run } from './run';
import type { Input, Step, Vendor } from './types';
import { isEmpty } from './words';

/** How many times a list is read if it changes meanwhile, in which case a record may be missed. */
const LAPS = 3;
/** The pages that are read if they contain records that do not match the filters that were sent. */
const PAGES_WITH_OTHERS = 10;
/** The pages that are read for all results. */
const ALL_PAGES = 1000;

/** Runs the chosen operation for each input item. */
export async function runSteps(
	this: IExecuteFunctions,
	vendor: Vendor,
	steps: Record<string, Record<string, Step>>,
): Promise<INodeExecutionData[][]> {
	const started = await begin(vendor, this, true);
	const results: INodeExecutionData[] = [];
	for (let item = 0; item < this.getInputData().length; item += 1) {
		try {
			const resource = this.getNodeParameter('resource', item) as string;
			const operation = this.getNodeParameter('operation', item) as string;
			const step = steps[resource][operation];
			const found = await runStep({ ...started, itemIndex: item }, step);
			const asked = step.files !== undefined && this.getNodeParameter(DOWNLOAD, item, false) === true;
			for (const row of found) {
				const binary = asked ? await filesOf({ ...started, itemIndex: item }, step.files ?? [], row) : {};
				const files = Object.keys(binary).length > 0 ? { binary } : {};
				results.push({ json: shaped(step.shape, row), ...files, pairedItem: { item } });
			}
		} catch (error) {
			if (this.continueOnFail()) {
				results.push({ json: { error: (error as Error).message }, pairedItem: { item } });
				continue;
			}
			if (error instanceof NodeApiError) throw new NodeApiError(this.getNode(), error as unknown as JsonObject);
			throw new NodeOperationError(this.getNode(), error as Error, { itemIndex: item });
		}
	}
	return [results];
}

const runStep = async (run: Run, step: Step): Promise<IDataObject[]> => {
	const placed = place(run, step.inputs, givenTo(run, step));
	if (step.kind === 'write') return [await write(run, step, placed)];
	if (step.kind === 'get' || step.kind === 'report') return await readOne(run, step, placed);
	return await readMany(run, step, placed);
};

/** Reads the parameters of a step, keyed by name. A record that was chosen in a list becomes its ID. */
const givenTo = (run: Run, { inputs }: Step): IDataObject => {
	const { getNodeParameter } = run.context as IExecuteFunctions;
	const read = (name: string) => getNodeParameter.call(run.context, name, run.itemIndex ?? 0, undefined);
	const groups = [...new Set(inputs.map(({ group }) => group))].filter((name) => name !== undefined);
	const collections = Object.fromEntries(groups.map((name) => [name, read(name)]));
	const valueOf = ({ name, group }: Input) =>
		group === undefined ? read(name) : (collections[group] as IDataObject | undefined)?.[name];
	return Object.fromEntries(inputs.map((input) => [input.name, idOf(valueOf(input))])) as IDataObject;
};

const write = async (run: Run, { operation, query, constants, each }: Step, placed: Placed): Promise<IDataObject> => {
	const sendOne = async (body: IDataObject): Promise<IDataObject> => {
		const answer = await send(run, operation, {
			path: fill(run, operation.path, placed.path),
			query: { ...placed.query, ...query },
			...(operation.method === 'DELETE' && isEmpty(body) ? {} : { body: { ...constants, ...body } }),
		});
		return record(run, operation, answer);
	};
	return each ? await sendLines(run, operation, each, placed.body, sendOne) : await sendOne(placed.body);
};

/** Reads the record, or the report, that the path and query name; nothing if it does not exist. */
const readOne = async (run: Run, { operation, query }: Step, placed: Placed): Promise<IDataObject[]> => {
	const answer = await send(run, operation, {
		path: fill(run, operation.path, placed.path),
		query: { ...placed.query, ...query },
		missing: true,
	});
	if (answer.status === 404) return [];
	const { fitting, ignored } = compareRows(placed.sent, [record(run, operation, answer)]);
	if (ignored.length > 0) throw ignoredFilters(run, ignored, 1);
	return fitting;
};

/** Reads the records of a list that match all inputs, up to the limit that was chosen. */
const readMany = async (run: Run, step: Step, placed: Placed): Promise<IDataObject[]> => {
	refuseNoFilter(run, step);
	for (let lap = 1; lap <= LAPS; lap += 1) {
		const { found, mayMiss } = await search(run, step, placed);
		if (found.length > 0 || !mayMiss) return found;
	}
	throw invalid(
		run,
		`The list in ${run.vendor.name} changed every time it was read, so the search could not finish. ` +
			'The record may still exist. Try again in a few minutes.',
	);
};

const refuseNoFilter = (run: Run, step: Step): void => {
	const needed = step.atLeastOne ?? [];
	const given = givenTo(run, step);
	if (needed.length === 0 || needed.some((name) => !isEmpty(given[name]))) return;
	const labels = step.inputs.filter(({ name }) => needed.includes(name)).map(({ label }) => label);
	throw invalid(run, `Fill in at least one of these fields to search by: ${labels.join(', ')}.`);
};

const search = async (run: Run, step: Step, placed: Placed): Promise<{ found: IDataObject[]; mayMiss: boolean }> => {
	const { operation } = step;
	const { sent, match } = placed;
	const limit = limitOf(run);
	const lap: Lap = {};
	const ignored = new Set<(typeof sent)[number]>();
	const found: IDataObject[] = [];
	let [rowCount, fittingCount] = [0, 0];
	// A return number, for example, names one record, so the first page that has it ends the search.
	const namesOne = match.some(({ identifies }) => identifies !== undefined && identifies !== 'email');
	const reading = {
		path: fill(run, operation.path, placed.path),
		query: { ...placed.query, ...step.query },
		pages: pagesOf(step, placed, limit),
		missing: true,
		lap,
	};
	try {
		for await (const rows of readPages(run, operation, reading)) {
			const compared = compareRows(sent, rows);
			rowCount += rows.length;
			fittingCount += compared.fitting.length;
			compared.ignored.forEach((filter) => ignored.add(filter));
			found.push(...compared.fitting.filter((row) => fits(match, row)));
			if (found.length >= limit || (namesOne && found.length > 0)) break;
		}
	} catch (error) {
		// A vendor that ignores filters may also ignore the page parameter; the filter explains more.
		const explained = (error as Error).message.includes(ENDLESS) && rowCount > 0 && fittingCount === 0;
		if (!explained) throw new NodeApiError(run.context.getNode(), error, { itemIndex: run.itemIndex });
	}
	if (rowCount > 0 && fittingCount === 0) throw ignoredFilters(run, [...ignored], rowCount);
	return { found: found.slice(0, limit), mayMiss: Boolean(lap.missed) && match.length > 0 };
};

const limitOf = (run: Run): number => {
	const { getNodeParameter } = run.context as IExecuteFunctions;
	const read = (name: string, otherwise: unknown) =>
		getNodeParameter.call(run.context, name, run.itemIndex ?? 0, otherwise);
	return read('returnAll', false) ? Infinity : (read('limit', 50) as number);
};

const pagesOf = (step: Step, { sent, match }: Placed, limit: number): number => {
	if (limit === Infinity) return ALL_PAGES;
	if (match.length > 0) return step.pages ?? 1;
	return sent.length > 0 ? PAGES_WITH_OTHERS : ALL_PAGES;
};
