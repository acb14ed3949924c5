/**
 * Remembers what a trigger knows of each record, and decides which rows are events.
 *
 * The memory is JSON that n8n keeps with the workflow. All times are in milliseconds since the Unix epoch.
 */
import type { IDataObject } from 'n8n-workflow';

import { at } from './paths';
import type { Position } from './pages';
import { moment } from './times';
import { versionOf } from './rows';
import type { Source } from './types';
import { word } from './words';

/** What is known of a record: a time to forget it by, its last mark, version or state, and how often it had which. */
export type Entry = [when: number, value: string | null, counts?: Record<string, number>];

export interface Memory {
	/** The trigger, its filters and its account; for others, the memory starts again. */
	key: string;
	/** No event is older than this: the time at which the workflow was switched on, less the overlap. */
	floor: number;
	/** All records up to this time were read. */
	watermark: number | null;
	rows: Record<string, Entry>;
	/** Where the next poll reads on, if one was not enough for the list. */
	resume: { page: Position; since: number | null; began: number; high: number | null } | null;
	/** How often the list was read again because rows may be missing. */
	held: number;
}

/** The most records that are remembered where older ones may be forgotten. */
export const MOST = 20_000;

/** An event, and the time to sort it by. */
export interface Found {
	when: number;
	row: IDataObject;
}

/** Compares a row with the memory and updates it. Returns the event, or undefined if there is none. */
export const compare = (source: Source, memory: Memory, row: IDataObject, began: number): Found | undefined => {
	const key = String(at(row, source.id));
	const known = Object.hasOwn(memory.rows, key) ? memory.rows[key] : undefined;
	const when = timeOf(source, row, began);
	const [fires, entry] = judged(source, memory, row, known, when);
	if (entry) memory.rows[key] = entry;
	return fires ? { when: source.mark ? moment(at(row, source.mark)) : when, row } : undefined;
};

/** Returns the time by which a row is read again and forgotten: its change, or else its creation. */
export const timeOf = ({ strategy, created, changed }: Source, row: IDataObject, began: number): number => {
	const byChange = strategy === 'changed' || strategy === 'snapshot';
	const path = byChange ? changed : created;
	const when = path ? moment(at(row, path)) : Number.NaN;
	const otherwise = strategy === 'snapshot' && created ? moment(at(row, created)) : began;
	return Number.isNaN(when) ? otherwise : when;
};

/** Returns whether a row is an event, and what to remember of it; undefined if nothing. */
const judged = (
	source: Source,
	memory: Memory,
	row: IDataObject,
	known: Entry | undefined,
	when: number,
): [fires: boolean, entry?: Entry] => {
	// Of a record that was there before the workflow was switched on, and that is seen for the first time, it is not
	// known whether it changed since: it counts from its next change on.
	const isOld = !known && source.created !== undefined && moment(at(row, source.created)) < memory.floor;
	if (source.mark) return judgedByMark(source, memory, row, known, when);
	if (source.version) {
		const version = String(versionOf(row, source.version));
		return [known?.[1] !== version && !isOld, [when, version]];
	}
	if (source.state) return judgedByState(source, row, known, when, isOld);
	const cut = Math.max(memory.floor, (memory.watermark ?? -Infinity) - source.overlap * 1000);
	const tooOld = source.strategy === 'created' && when < cut;
	return [!known && !tooOld && !isOld, tooOld ? undefined : [when, null]];
};

const judgedByMark = (
	{ mark = [], state, reached }: Source,
	memory: Memory,
	row: IDataObject,
	known: Entry | undefined,
	when: number,
): [boolean, Entry] => {
	const value = at(row, mark);
	const isThere = value !== null && value !== undefined && value !== '';
	if (!isThere || (reached && !isAmong(reached, state && at(row, state)))) return [false, [when, known?.[1] ?? null]];
	return [String(value) !== known?.[1] && moment(value) >= memory.floor, [when, String(value)]];
};

/** A record with `reached` states is an event once, when it is first seen in one of them. */
const judgedByState = (
	{ state = [], reached, initial }: Source,
	row: IDataObject,
	known: Entry | undefined,
	when: number,
	isOld: boolean,
): [boolean, Entry] => {
	const shown = at(row, state);
	const now = word(shown);
	const [, last = null, counts = {}] = known ?? [];
	if (!now || word(last) === now) return [false, [when, last, counts]];
	const after: Entry = [when, String(shown), { ...counts, [now]: (counts[now] ?? 0) + 1 }];
	if (isOld) return [false, after];
	if (reached) return [isAmong(reached, shown) && !reached.some((one) => word(one) in counts), after];
	return [last !== null || !isAmong(initial, shown), after];
};

/** Returns whether a state is one of the given ones. An empty state is not. */
export const isAmong = (states: string[], state: unknown): boolean =>
	word(state) !== '' && states.some((one) => word(one) === word(state));

/**
 * Forgets the records that can no longer become events, and the oldest ones beyond `MOST`. `now` is the time of the poll.
 *
 * A record whose mark is older than the floor never fires, so the floor rises to the time by which it is forgotten.
 */
export const forget = (source: Source, memory: Memory, now: number): void => {
	const { strategy, overlap, lookBack = 0, state, mark } = source;
	if (strategy === 'snapshot') return;
	const lastRead = (memory.watermark ?? now) - overlap * 1000;
	const old = strategy === 'created' ? lastRead : Math.min(now - lookBack * 1000, lastRead);
	const start = strategy === 'window' ? now - lookBack * 1000 : old;
	let rows = Object.entries(memory.rows);
	// A record's state has to be known whenever it changes, however late that is.
	const keepsAll = strategy === 'changed' && state !== undefined && !mark;
	if (!keepsAll) rows = rows.filter(([, [when]]) => when >= start);
	if (strategy === 'changed' && !keepsAll) memory.floor = Math.max(memory.floor, start);
	if (rows.length > MOST) rows = rows.sort(([, [one]], [, [other]]) => other - one).slice(0, MOST);
	memory.rows = Object.fromEntries(rows);
};
