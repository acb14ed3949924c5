/** Reads lists of records: one page, or all pages up to a limit. Detects lists whose pages never end. */
import { payloads, send } from './api.js';
import { hasTimeFor } from './deadline.js';
import { at, isObject } from './paths.js';
import { httpDate } from './times.js';

/** The maximum number of consecutive empty pages that are followed by another page. More are an error. */
const MAX_EMPTY_PAGES = 3;
/**
 * The number of consecutive pages without a new row that is an error. Fewer are allowed, because rows that are added
 * while the list is read move known rows to later pages.
 */
const MAX_STALE_PAGES = 5;

/**
 * If at most `MAX_STALE_PAGES` pages are read, a page that repeats the previous page is an error if it has at least
 * this number of rows, because it is unlikely that this many rows were added while the list was read.
 */
const FULL_PAGE = 10;

/**
 * Reads one page of a list and returns `{rows, next, total, at}`.
 *
 * `from` selects the page: it is the `next` of another page. Without `from`, the page `number` is read, counted from 0
 * as Zapier does; in a list with cursors, this is always the first page. `size` is the number of rows to request, but
 * the page may have fewer rows. If `missing` is true, a response with status 404 is an empty page; the default is the
 * vendor's `missingIsEmpty`.
 *
 * In the result, `next` is undefined after the last page. `total` is the number of rows in the list, if the vendor
 * reports it. `at` is the time of the response by the vendor's clock. A list without paging has one page.
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

/** Returns the value if it is a valid number of rows, otherwise undefined. */
const count = (value) => (Number.isInteger(value) && value >= 0 ? value : undefined);

/** Returns the page number, offset or cursor of the next page, depending on the paging style; undefined at the end. */
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

/**
 * Returns the cursor of the next page, or undefined if there is no next page. Throws an error if the cursor has a wrong
 * type, or if it is the cursor of the current page and this page has rows.
 */
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
 * Reads up to `pages` pages of a list, and yields the rows of each page. Rows that an earlier page contained are left
 * out: if a row is added at the top while the list is read, the last row of a page moves to the next page.
 *
 * `id` is the path of a row's ID; without it, rows are compared as a whole. `reasonToSkip(row)` returns the reason why
 * a row cannot be used, or undefined; unusable rows are logged and left out.
 *
 * If `stopsInTime` is true, reading stops before a page that could not be read before the run must end; otherwise the
 * request for this page throws an error. With `resumeAt`, the page at this position follows the first page.
 *
 * `lap` reports how the list was read. `lap.changed` is true if the list changed meanwhile, so that a row may have been
 * missed. `lap.stoppedAt` is the position of the next page if reading stopped to end in time, otherwise undefined.
 * `lap.hasMore` is true if a page follows the last one that was read.
 */
export async function* readPages(api, z, bundle, operation, options) {
  const { path, query, size, pages, missing, id, reasonToSkip = skipNothing, lap = {} } = options;
  const { stopsInTime = false, resumeAt } = options;
  const state = { seen: new Set(), positions: new Set(), stale: 0, pages, highestTotal: 0 };
  const key = (row) => String((id && at(row, id)) ?? JSON.stringify(row));
  let from;
  let empty = 0;
  let slowest = 0;
  lap.stoppedAt = undefined;
  // Empty pages do not count against `pages`: a vendor may send some before the pages with rows.
  for (let read = 0; read < pages; ) {
    const started = api.now();
    const page = await readPage(api, z, bundle, operation, { path, query, from, size, missing });
    slowest = Math.max(slowest, api.now() - started);
    empty = page.rows.length > 0 ? 0 : empty + 1;
    read += page.rows.length > 0 ? 1 : 0;
    const fresh = newRows(api, z, state, page, page.rows.map(key));
    if (from === undefined) compareClocks(api, z, page.at);
    lap.changed = hasChanged(state, page);
    lap.hasMore = page.next !== undefined;
    yield usable(api, z, operation, fresh, { read, reasonToSkip });
    if (page.next === undefined) return;
    if (empty > MAX_EMPTY_PAGES) throw endlessList(api, z, `${empty} pages in a row are empty`);
    if (state.positions.has(String(page.next))) throw endlessList(api, z, 'its pages repeat in a circle');
    state.positions.add(String(page.next));
    from = from === undefined && resumeAt !== undefined ? resumeAt : page.next;
    if (stopsInTime && !hasTimeFor(api, slowest)) {
      lap.stoppedAt = from;
      return;
    }
  }
}

/**
 * Returns `[row, index]` for each row of a page that no earlier page contained, and updates `state`. Throws an error if
 * the pages only repeat known rows.
 */
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
 * Returns whether a row may have been missed: the total number of rows decreased, or fewer rows than the total were
 * read. If a row is deleted, all later rows move up, and the first row of the next page moves to a page that was
 * already read.
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

/** The difference between the vendor's clock and Zapier's, in milliseconds, above which a warning is logged. */
const MAX_CLOCK_DIFFERENCE = 300_000;

/**
 * Logs a warning if the vendor's clock differs from Zapier's clock, because look-back windows are computed with
 * Zapier's clock.
 */
const compareClocks = (api, z, vendorTime) => {
  const seconds = Math.round((vendorTime - api.now()) / 1000);
  if (Math.abs(vendorTime - api.now()) > MAX_CLOCK_DIFFERENCE) {
    z.console.log(`The clock of ${api.name} is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead' : 'behind'}.`);
  }
};

/** Returns a list of all rows that `readPages` yields. By default, one page is read. */
export const rowsOf = async (api, z, bundle, operation, options) => {
  const all = [];
  for await (const rows of readPages(api, z, bundle, operation, { pages: 1, ...options })) all.push(...rows);
  return all;
};
