/** Reads lists: one page, or page after page up to a limit. Detects lists whose pages never end. */
import { payloads, send } from './api.js';
import { at, isObject } from './paths.js';
import { httpDate } from './times.js';

/** More empty pages than this in a row, each with a next page, are an error. */
const MAX_EMPTY_PAGES = 3;
/** This many pages in a row without a new row are an error. Fewer are not: new rows push known ones to later pages. */
const MAX_STALE_PAGES = 5;

/** A repeated page with at least this many rows is an error if few pages are read: they cannot all be new. */
const FULL_PAGE = 10;

/**
 * Reads one page of a list and returns `{rows, next, total, at}`.
 *
 * The page is the one at `from`, the `next` of another page, or else page `number`, counted from 0 as Zapier does (a
 * list with cursors has only page 0). After the last page `next` is undefined. `at` is the vendor's time of the reply.
 * A page may have fewer rows than were requested. A list without paging is one page. `missing` says whether a 404
 * is an empty page; the default is the vendor's `missingIsEmpty`.
 */
export const readPage = async (
  api,
  z,
  bundle,
  operation,
  { path, query, number = 0, from, size, missing } = {},
) => {
  const paging = api.paging[operation.paging];
  const requested = paging && Math.min(size ?? paging.size, paging.maxSize);
  const position = paging && (from ?? start(paging, number, requested));
  const pageQuery = paging && {
    ...(position !== undefined && { [paging.page]: position }),
    [paging.perPage]: requested,
  };
  const response = await send(api, z, bundle, operation, {
    path,
    query: { ...query, ...pageQuery },
    missing: missing ?? paging?.missingIsEmpty,
  });
  if (response.status === 404) return { rows: [] };
  const rows = payloads(api, z, operation, response);
  if (!paging) return { rows };
  const total = pageQuery && count(at(response.data, paging.total ?? []));
  const next = nextPosition(api, z, response.data, paging, { position, requested, total, rows: rows.length });
  return { rows, next, total, at: httpDate(response.getHeader('date')) };
};

const start = ({ style, first }, number, requested) =>
  style === 'cursor' ? undefined : first + number * (style === 'offset' ? requested : 1);

/** Returns a number of rows, or undefined if the value is not one. */
const count = (value) => (Number.isInteger(value) && value >= 0 ? value : undefined);

/** Returns the page number, offset or cursor of the next page; undefined after the last page. */
const nextPosition = (api, z, data, paging, { position, requested, total, rows }) => {
  const { style, first, next: cursorPath, sizeReported } = paging;
  if (style === 'cursor') return nextCursor(api, z, at(data, cursorPath), position, rows);
  if (rows === 0) return undefined; // a short page is not the last one: a vendor may send fewer rows than requested
  if (style === 'offset') return total !== undefined && position + rows >= total ? undefined : position + rows;
  const size = (sizeReported && count(at(data, sizeReported))) || requested;
  const before = (position - first) * size;
  const last = (rows >= size && before + size >= total) || before + rows === total;
  return last ? undefined : position + 1;
};

/** Returns the cursor in a page, or undefined if it has none. */
const nextCursor = (api, z, cursor, current, rows) => {
  const nothing = cursor === undefined || cursor === null || cursor === false;
  if (nothing || (typeof cursor === 'string' && !cursor.trim())) return undefined;
  if (typeof cursor !== 'string' && !Number.isInteger(cursor)) {
    throw endlessList(api, z, 'the cursor of the next page is neither text nor a whole number');
  }
  if (String(cursor) !== String(current)) return cursor;
  if (rows > 0) throw endlessList(api, z, 'a page names itself as the next page');
  return undefined;
};

const endlessList = (api, z, why) => {
  const sentence = `${api.name} returned a list that does not end: ${why}.`;
  return Object.assign(new z.errors.Error(sentence, 'UNEXPECTED_RESPONSE'), { isEndless: true });
};

/**
 * Yields the rows of at most `pages` pages, each row once. A row comes twice when a new one arrives at the top while
 * the list is read: the last row of one page moves to the next.
 *
 * `id` is the path of a row's id; without it the whole row identifies it. `reasonToSkip(row)` returns why a row
 * cannot be used; such a row is logged and left out. `lap.changed` is set to whether the list changed while it was
 * read, so a row may have been missed.
 */
export async function* readPages(api, z, bundle, operation, options) {
  const { path, query, size, pages, missing, id, reasonToSkip = skipNothing, lap = {} } = options;
  const state = { seen: new Set(), positions: new Set(), stale: 0, pages, highestTotal: 0 };
  const key = (row) => String((id && at(row, id)) ?? JSON.stringify(row));
  let from;
  let empty = 0;
  // Empty pages do not count against `pages`: a vendor may send some before the pages with rows.
  for (let read = 0; read < pages; ) {
    const page = await readPage(api, z, bundle, operation, { path, query, from, size, missing });
    empty = page.rows.length > 0 ? 0 : empty + 1;
    read += page.rows.length > 0 ? 1 : 0;
    const fresh = newRows(api, z, state, page, page.rows.map(key));
    if (from === undefined) compareClocks(api, z, page.at);
    lap.changed = hasChanged(state, page);
    yield usable(api, z, operation, fresh, { read, reasonToSkip });
    if (page.next === undefined) return;
    if (empty > MAX_EMPTY_PAGES) throw endlessList(api, z, `${empty} pages in a row are empty`);
    if (state.positions.has(String(page.next))) throw endlessList(api, z, 'its pages repeat in a circle');
    state.positions.add(String(page.next));
    from = page.next;
  }
}

/** Returns the rows of a page that were not seen before, each with its index. Throws if pages only repeat rows. */
const newRows = (api, z, state, { rows }, keys) => {
  const fresh = rows.map((row, index) => [row, index]).filter(([, index]) => !state.seen.has(keys[index]));
  keys.forEach((key) => state.seen.add(key));
  state.stale = rows.length > 0 && fresh.length === 0 ? state.stale + 1 : 0;
  const repeated = state.previous === keys.join('\n') && rows.length >= FULL_PAGE;
  state.previous = keys.join('\n');
  if (state.stale >= MAX_STALE_PAGES || (repeated && state.pages <= MAX_STALE_PAGES)) {
    throw endlessList(api, z, 'page after page repeats the same rows, as if the page parameter were ignored');
  }
  return fresh;
};

/**
 * Whether a row may have been missed: the total fell, or fewer rows came than it says. A deleted row moves all later
 * ones up, so the first row of the next page is now on a page that was already read.
 */
const hasChanged = (state, { next, total }) => {
  state.totalFell ||= total !== undefined && total < state.highestTotal;
  state.highestTotal = Math.max(state.highestTotal, total ?? 0);
  return state.totalFell || (next === undefined && state.seen.size < state.highestTotal);
};

const usable = (api, z, operation, rows, { read, reasonToSkip }) =>
  rows
    .filter(([row, index]) => {
      const reason = isObject(row) ? reasonToSkip(row) : 'it is not an object';
      const where = `${operation.path}, page ${read}, row ${index + 1}`;
      if (reason) z.console.log(`${api.name}: skipped ${where}: ${reason}.`);
      return !reason;
    })
    .map(([row]) => row);

const skipNothing = () => undefined;

/** Clocks that differ by more than this many milliseconds are logged. */
const MAX_CLOCK_DIFFERENCE = 300_000;

/** Logs that the vendor's clock differs from Zapier's: look-back windows are measured by Zapier's. */
const compareClocks = (api, z, vendorTime) => {
  const seconds = Math.round((vendorTime - api.now()) / 1000);
  if (Math.abs(vendorTime - api.now()) > MAX_CLOCK_DIFFERENCE) {
    z.console.log(`The clock of ${api.name} is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead' : 'behind'}.`);
  }
};

/** Returns all rows that `readPages` yields. Reads one page unless `pages` is given. */
export const rowsOf = async (api, z, bundle, operation, options) => {
  const all = [];
  for await (const rows of readPages(api, z, bundle, operation, { pages: 1, ...options })) all.push(...rows);
  return all;
};
