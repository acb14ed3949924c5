/**
 * Polls a vendor's list for the trigger node.
 *
 * The first poll, when the workflow is switched on, remembers the records that exist and fires for none of them. Every
 * other poll reads what is new or changed since the *watermark*, less an *overlap*, because a record may appear in the
 * list late. The watermark never passes the time at which reading began, by the vendor's clock or n8n's, whichever is
 * earlier: a record dated in the future would otherwise hide those created until then.
 *
 * If a list is too long for one poll, the next poll reads on. If rows moved to pages that were already read, the
 * watermark stays, so that the next poll reads them again.
 */
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';

import { fits, isEvent } from './compare';
import { fill, place, segmentOf } from './inputs';
import { compare, forget, isAmong, timeOf } from './memory';
import type { Found, Memory } from './memory';
import { readPages } from './pages';
import type { Lap, Reading } from './pages';
import { at } from './paths';
import { record, send } from './requests';
import { apiError } from './failures';
import { reasonToSkip, withReachedAt } from './rows';
import { begin } from './run';
import { shaped } from './shape';
import type { Run } from './run';
import { moment, utcText } from './times';
import type { Details, Source, Trigger, Vendor } from './types';

const SECOND = 1000;
/** The pages that the first poll reads at most. */
const FIRST_PAGES = 200;
/** The longest time in milliseconds for which a poll reads on; n8n ends a poll after five minutes. */
const LONGEST = 60_000;
const MOST_HOLDS = 5;
/** The most records of a list that has to be compared as a whole. */
const MOST_OF_SNAPSHOT = 100_000;
const SAMPLES = 3;

/** Polls the chosen event. Returns null if nothing happened. */
export async function poll(
	this: IPollFunctions,
	vendor: Vendor,
	triggers: Record<string, Trigger>,
): Promise<INodeExecutionData[][] | null> {
	const event = this.getNodeParameter('event') as string;
	const filters = this.getNodeParameter('filters', {}) as IDataObject;
	const run = await begin(vendor, this, false);
	const { source, inputs } = triggers[event];
	const { match } = place(run, inputs, filters);
	const fitting = (rows: IDataObject[]) => rows.filter((row) => isEvent(source.unless, row) && fits(match, row));
	if (this.getMode() === 'manual') {
		return items(source, await withDetails(run, source.details, await samples(run, source, fitting)));
	}
	const kept = this.getWorkflowStaticData('node') as { memory?: string };
	const account = this.getNode().credentials?.[vendor.credential]?.id ?? null;
	const key = JSON.stringify([event, filters, account]);
	const last = typeof kept.memory === 'string' ? (JSON.parse(kept.memory) as Memory) : undefined;
	const memory = last?.key === key ? last : undefined;
	const { found, next } = memory ? await readNews(run, source, memory) : await readFirst(run, source, key);
	const events = await withDetails(run, source.details, fitting(found));
	kept.memory = JSON.stringify(next); // only now, so that a failed poll is repeated
	return items(source, events);
}

const items = ({ shape }: Source, rows: IDataObject[]): INodeExecutionData[][] | null =>
	rows.length > 0 ? [rows.map((row) => ({ json: shaped(shape, row) }))] : null;

interface Polled {
	found: IDataObject[];
	next: Memory;
}

/** Remembers the records that exist when the workflow is switched on, as far back as the trigger can compare them. */
const readFirst = async (run: Run, source: Source, key: string): Promise<Polled> => {
	const started = run.now();
	const memory: Memory = { key, floor: started, watermark: null, rows: {}, resume: null, held: 0 };
	const lap: Lap = {};
	// A trigger that compares states has to know that of every record; the others only look back a little.
	const start = source.strategy === 'changed' && source.state && !source.mark ? null : startOf(source, memory, started);
	const query = start === null ? source.newestFirst : queryFrom(source, start);
	const rows: IDataObject[] = [];
	for await (const page of read(run, source, { query, pages: FIRST_PAGES, lap })) {
		rows.push(...page);
		if (start !== null && isBelow(source, page, start)) break;
	}
	const began = Math.min(lap.at ?? started, started);
	for (const row of rows) compare(source, { ...memory, floor: -Infinity }, row, began);
	memory.floor = began - source.overlap * SECOND;
	memory.watermark = watermarkOf(source, rows, began) ?? began;
	forget(source, memory, started);
	return { found: [], next: memory };
};

/** Reads what happened since the last poll. */
const readNews = async (run: Run, source: Source, memory: Memory): Promise<Polled> => {
	const started = run.now();
	const lap: Lap = {};
	const since = memory.resume ? memory.resume.since : startOf(source, memory, started);
	const query = since === null ? source.newestFirst : queryFrom(source, since);
	const rows: IDataObject[] = [];
	const reading: Reading = { query, pages: source.pages, from: memory.resume?.page, lap };
	for await (const page of read(run, source, reading)) {
		rows.push(...page);
		if (since !== null && isBelow(source, page, since)) {
			lap.next = undefined;
			break;
		}
	}
	const began = memory.resume?.began ?? Math.min(lap.at ?? started, started);
	const events: Found[] = [];
	const isInWindow = (row: IDataObject) =>
		source.strategy !== 'window' || since === null || timeOf(source, row, began) >= since;
	for (const row of rows.filter(isInWindow)) {
		const event = compare(source, memory, row, began);
		if (event) events.push(event);
	}
	advance(source, memory, { rows, lap, since, began });
	if (!memory.resume) forget(source, memory, started);
	refuseTooMany(run, source, memory);
	if (!isOldestFirst(source)) events.reverse(); // the sort is stable: equal times end up oldest first
	events.sort((one, other) => one.when - other.when);
	return { found: events.map(({ row }) => row), next: memory };
};

/** Continues the list with the next poll, reads it again, or moves the watermark. */
const advance = (
	source: Source,
	memory: Memory,
	{ rows, lap, since, began }: { rows: IDataObject[]; lap: Lap; since: number | null; began: number },
): void => {
	const highs = [memory.resume?.high ?? null, watermarkOf(source, rows, began)].filter((one) => one !== null);
	const high = highs.length > 0 ? Math.max(...highs) : null;
	if (lap.next !== undefined) {
		memory.resume = { page: lap.next, since, began, high };
		return;
	}
	memory.resume = null;
	const counts = lap.missed && (source.since !== undefined || source.strategy === 'snapshot');
	if (counts && memory.held < MOST_HOLDS) {
		memory.held += 1;
		return;
	}
	memory.held = 0;
	memory.watermark = Math.max(memory.watermark ?? -Infinity, high ?? -Infinity);
};

/** Returns the latest time up to which all records were read: that of the newest row, but not after the beginning. */
const watermarkOf = (source: Source, rows: IDataObject[], began: number): number | null => {
	if (source.strategy === 'changed' && !source.changed) return began;
	const times = rows.map((row) => timeOf(source, row, began));
	return times.length > 0 ? Math.min(times.reduce((one, other) => Math.max(one, other)), began) : null;
};

/** Returns the time from which a poll reads, or null to read the whole list. */
const startOf = ({ strategy, overlap, lookBack = 0 }: Source, memory: Memory, now: number): number | null => {
	if (strategy === 'snapshot') return null;
	if (strategy === 'window') return now - lookBack * SECOND;
	return (memory.watermark ?? now) - overlap * SECOND;
};

/** Returns the query for the records since a time; a second earlier, as vendors do not say whether it is included. */
const queryFrom = (source: Source, start: number): IDataObject => {
	if (!source.since) return source.newestFirst;
	const text = utcText(start - SECOND);
	const value = source.sinceForm === 'gte_zoneless' ? `gte:${text.replace('Z', '')}` : text;
	return { ...source.oldestFirst, [source.since]: value };
};

const isOldestFirst = ({ since, oldestFirst }: Source): boolean =>
	since !== undefined && Object.keys(oldestFirst).length > 0;

/** Returns whether a page of a list without a filter reaches records older than `start`. */
const isBelow = (source: Source, page: IDataObject[], start: number): boolean => {
	const last = page.at(-1);
	if (source.since || !last) return false;
	return timeOf(source, last, Infinity) < start;
};

async function* read(run: Run, source: Source, reading: Reading): AsyncGenerator<IDataObject[]> {
	const end = run.now() + LONGEST;
	const options = { ...reading, size: source.size, id: source.id, reasonToSkip: reasonToSkip(source) };
	const hasTime = () => run.now() < end;
	for await (const page of readPages(run, source.operation, { ...options, hasTime })) {
		yield page.map((row) => withReachedAt(source.reachedAt, row));
	}
}

const refuseTooMany = (run: Run, source: Source, memory: Memory): void => {
	if (source.strategy !== 'snapshot' || Object.keys(memory.rows).length <= MOST_OF_SNAPSHOT) return;
	throw apiError(
		run,
		`${run.vendor.name} has more than ${MOST_OF_SNAPSHOT.toLocaleString('en')} records, which is too many to ` +
			'compare in each poll. This trigger does not work for this account.',
	);
};

/** Reads the latest records that are like an event, for the editor. Nothing is remembered. */
const samples = async (
	run: Run,
	source: Source,
	fitting: (rows: IDataObject[]) => IDataObject[],
): Promise<IDataObject[]> => {
	const found: IDataObject[] = [];
	for await (const page of read(run, source, { query: source.newestFirst, pages: source.pages })) {
		found.push(...fitting(page.filter((row) => isLikeAnEvent(source, row))));
		if (found.length >= SAMPLES) break;
	}
	return found.slice(0, SAMPLES);
};

const isLikeAnEvent = ({ mark, state, reached, initial }: Source, row: IDataObject): boolean => {
	if (mark && Number.isNaN(moment(at(row, mark)))) return false;
	if (!state) return true;
	const shown = at(row, state);
	return reached ? isAmong(reached, shown) : !isAmong(initial, shown);
};

/** Adds the details that the list does not contain to each event; null if the record no longer exists. */
const withDetails = async (run: Run, details: Details | undefined, rows: IDataObject[]): Promise<IDataObject[]> => {
	if (!details) return rows;
	const complete: IDataObject[] = [];
	for (const row of rows) complete.push({ ...row, [details.key]: await readDetails(run, details, row) });
	return complete;
};

const readDetails = async (run: Run, details: Details, row: IDataObject): Promise<IDataObject | null> => {
	const { operation, query } = details;
	const values = Object.fromEntries(
		Object.entries(details.values).map(([name, path]) => [name, at(row, path)]),
	) as IDataObject;
	const isInPath = ([name]: [string, unknown]) => operation.path.includes(`{${name}}`);
	const named = Object.entries(values).filter(isInPath);
	if (named.some(([, value]) => segmentOf(value) === undefined)) return null;
	const others = Object.entries(values).filter((one) => !isInPath(one));
	const answer = await send(run, operation, {
		path: fill(run, operation.path, values),
		query: { ...query, ...Object.fromEntries(others) },
		missing: true,
	});
	return answer.status === 404 ? null : record(run, operation, answer);
};
