/** Reads lists of records page by page, and detects lists whose pages never end. */
import type { IDataObject } from 'n8n-workflow';

import { apiError } from './failures';
import { at, isObject } from './paths';
import { records, send } from './requests';
import type { Run } from './run';
import { httpDate } from './times';
import type { Operation, Paging, Path } from './types';

/** Where a page begins: a page number, an offset or a cursor. */
export type Position = string | number;

/** One page; `next` is undefined after the last one, and `at` is the time of the answer by the vendor's clock. */
export interface Page {
	rows: unknown[];
	next?: Position;
	total?: number;
	at?: number;
}

export interface Reading {
	path?: string;
	query?: IDataObject;
	size?: number;
	/** The number of pages with rows that are read at most. */
	pages?: number;
	/** The page to begin with. */
	from?: Position;
	missing?: boolean;
	/** The path of a row's ID; without it, rows are compared as a whole. */
	id?: Path;
	/** Returns the reason why a row cannot be used, or undefined. Such rows are logged and left out. */
	reasonToSkip?: (row: IDataObject) => string | undefined;
	/** Returns whether there is time for another page. */
	hasTime?: () => boolean;
	lap?: Lap;
}

/** How a list was read, as far as it was read. */
export interface Lap {
	/** When reading began, by the vendor's clock. */
	at?: number;
	/** The next page, if reading stopped before the end of the list. */
	next?: Position;
	/** The total fell meanwhile, or is higher than the rows that were read: a row may have been missed. */
	missed?: boolean;
}

/** Consecutive empty pages that may be followed by another page. */
const MAX_EMPTY = 3;
/** Consecutive pages without a new row that end the reading; a few are normal while rows are added. */
const MAX_STALE = 5;
/** A page that repeats the one before it is an error if it has at least this number of rows. */
const FULL_PAGE = 10;

/** Reads one page. Without `from`, it is the first one. A list without paging has one page. */
export const readPage = async (run: Run, operation: Operation, reading: Reading): Promise<Page> => {
	const paging = operation.paging ? run.vendor.paging[operation.paging] : undefined;
	const size = paging ? Math.min(reading.size ?? paging.size, paging.maxSize) : 0;
	const position = reading.from ?? (paging && paging.style !== 'cursor' ? paging.first : undefined);
	const pageQuery: IDataObject = paging ? { [paging.perPage]: size } : {};
	if (paging && position !== undefined) pageQuery[paging.page] = position;
	const answer = await send(run, operation, {
		path: reading.path,
		query: { ...reading.query, ...pageQuery },
		missing: reading.missing ?? paging?.missingIsEmpty,
	});
	if (answer.status === 404) return { rows: [] };
	const rows = records(run, operation, answer);
	const sent = httpDate(answer.headers.date);
	const page: Page = { rows, at: Number.isNaN(sent) ? undefined : sent };
	if (!paging) return page;
	page.total = count(at(answer.data, paging.total ?? ['']));
	page.next = nextOf(run, paging, answer.data, { position, size, total: page.total, rows: rows.length });
	return page;
};

/** Returns the value if it is a number of rows, otherwise undefined. */
const count = (value: unknown): number | undefined =>
	Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

interface Read {
	position?: Position;
	size: number;
	total?: number;
	rows: number;
}

const nextOf = (run: Run, paging: Paging, data: unknown, read: Read): Position | undefined => {
	if (paging.style === 'cursor') return nextCursor(run, at(data, paging.next ?? ['']), read);
	if (read.rows === 0) return undefined; // a short page is not the last one: a vendor may send fewer rows
	const position = Number(read.position);
	if (paging.style === 'offset') {
		const after = position + read.rows;
		return read.total !== undefined && after >= read.total ? undefined : after;
	}
	const size = (paging.sizeReported && count(at(data, paging.sizeReported))) || read.size;
	const before = (position - paging.first) * size;
	const { total, rows } = read;
	const last = total !== undefined && ((rows >= size && before + size >= total) || before + rows === total);
	return last ? undefined : position + 1;
};

const nextCursor = (run: Run, cursor: unknown, { position, rows }: Read): Position | undefined => {
	const nothing = cursor === undefined || cursor === null || cursor === false;
	if (nothing || (typeof cursor === 'string' && !cursor.trim())) return undefined;
	if (typeof cursor !== 'string' && !Number.isInteger(cursor)) {
		throw endless(run, 'the cursor of the next page is neither text nor a whole number');
	}
	if (String(cursor) !== String(position)) return cursor as Position;
	if (rows > 0) throw endless(run, 'a page names itself as the next page');
	return undefined;
};

/** The name of the errors for lists that do not end. */
export const ENDLESS = 'does not end';

const endless = (run: Run, why: string) =>
	apiError(run, `${run.vendor.name} returned a list that ${ENDLESS}: ${why}.`);

/** Reads pages in order and yields their rows; rows of an earlier page are left out. */
export async function* readPages(run: Run, operation: Operation, reading: Reading): AsyncGenerator<IDataObject[]> {
	const { pages = 1, id, lap = {}, hasTime = () => true } = reading;
	const seen = new Set<string>();
	const positions = new Set<string>();
	const keyOf = (row: unknown) => String((id && at(row, id)) ?? JSON.stringify(row));
	let { from } = reading;
	let [empty, stale, highest] = [0, 0, 0];
	let previous = '';
	lap.missed = false;
	for (let read = 0; read < pages; ) {
		const page = await readPage(run, operation, { ...reading, from });
		lap.at ??= page.at;
		lap.next = page.next;
		read += page.rows.length > 0 ? 1 : 0; // a vendor may send empty pages before the pages with rows
		empty = page.rows.length > 0 ? 0 : empty + 1;
		const keys = page.rows.map(keyOf);
		const fresh = page.rows.filter((_row, index) => !seen.has(keys[index]) && keys.indexOf(keys[index]) === index);
		keys.forEach((key) => seen.add(key));
		stale = page.rows.length > 0 && fresh.length === 0 ? stale + 1 : 0;
		const repeats = previous === keys.join('\n') && page.rows.length >= FULL_PAGE;
		previous = keys.join('\n');
		if (stale >= MAX_STALE || (repeats && pages <= MAX_STALE)) {
			throw endless(run, 'page after page repeats the same rows, as if the page parameter were ignored');
		}
		lap.missed ||= page.total !== undefined && page.total < highest;
		highest = Math.max(highest, page.total ?? 0);
		yield usable(run, operation, fresh, reading);
		if (page.next === undefined) {
			lap.missed ||= reading.from === undefined && seen.size < highest;
			return;
		}
		if (empty > MAX_EMPTY) throw endless(run, `${empty} pages in a row are empty`);
		if (positions.has(String(page.next))) throw endless(run, 'its pages repeat in a circle');
		positions.add(String(page.next));
		from = page.next;
		if (!hasTime()) return;
	}
}

const usable = (run: Run, operation: Operation, rows: unknown[], { reasonToSkip }: Reading): IDataObject[] =>
	rows.filter((row): row is IDataObject => {
		const reason = isObject(row) ? reasonToSkip?.(row as IDataObject) : 'it is not an object';
		if (reason) run.context.logger.warn(`${run.vendor.name}: skipped a row of ${operation.path}: ${reason}.`);
		return !reason;
	});
