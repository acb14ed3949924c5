/** Reading lists: one page, or page after page to the end or the ceiling. */
import { payloads, send } from './api.js';
import { at, isObject } from './paths.js';
import { httpDate } from './times.js';

/** So many empty pages in a row, each naming another as the next, are passed over. */
const MOST_EMPTY = 3;
/** So many pages in a row that bring nothing new are an error: rows that arrive meanwhile push known ones on. */
const MOST_STALE = 5;

/** So many rows cannot all arrive between two requests: where few pages are read, one such page is enough. */
const MANY = 10;

/**
 * One page of a list, `{rows, next, total, at}`: the one that begins at `from`, as the `next` of another says, or else
 * page `number`, counted from 0 as Zapier does (a list with cursors has no numbers, only the first). After the
 * last page `next` is undefined. A vendor may answer fewer rows a page than it was asked for. A list without
 * pages is one page. A 404 is a failure unless `missing` says otherwise or, where `missing` says nothing, the
 * vendor's paging does.
 */
export const readPage = async (
  api,
  z,
  bundle,
  operation,
  { path, query, number = 0, from, size, missing } = {},
) => {
  const paging = api.paging[operation.paging];
  const asked = paging && Math.min(size ?? paging.size, paging.maxSize);
  const position = paging && (from ?? start(paging, number, asked));
  const counted = paging && { ...(position !== undefined && { [paging.page]: position }), [paging.perPage]: asked };
  const response = await send(api, z, bundle, operation, {
    path,
    query: { ...query, ...counted },
    missing: missing ?? paging?.missingIsEmpty,
  });
  if (response.status === 404) return { rows: [] };
  const rows = payloads(api, z, operation, response);
  if (!paging) return { rows };
  const total = counted && count(at(response.data, paging.total ?? []));
  const next = following(api, z, response.data, paging, { position, asked, total, rows: rows.length });
  return { rows, next, total, at: httpDate(response.getHeader('date')) };
};

const start = ({ style, first }, number, asked) =>
  style === 'cursor' ? undefined : first + number * (style === 'offset' ? asked : 1);

/** A number of rows; undefined for what is none. */
const count = (value) => (Number.isInteger(value) && value >= 0 ? value : undefined);

/** Where the next page begins, undefined after the last: its number, the rows before it, or a cursor. */
const following = (api, z, data, paging, { position, asked, total, rows }) => {
  const { style, first, next: named, sizeReported } = paging;
  if (style === 'cursor') return cursor(api, z, at(data, named), position, rows);
  if (rows === 0) return undefined; // a short page is no end: the vendor may give fewer than it was asked for
  if (style === 'offset') return total !== undefined && position + rows >= total ? undefined : position + rows;
  const size = (sizeReported && count(at(data, sizeReported))) || asked;
  const before = (position - first) * size;
  const last = (rows >= size && before + size >= total) || before + rows === total;
  return last ? undefined : position + 1;
};

/** The cursor that a page names, undefined where it names none. */
const cursor = (api, z, named, asked, rows) => {
  const nothing = named === undefined || named === null || named === false;
  if (nothing || (typeof named === 'string' && !named.trim())) return undefined;
  if (typeof named !== 'string' && !Number.isInteger(named)) {
    throw endless(api, z, 'what a page names as the next one is neither text nor a whole number');
  }
  if (String(named) !== String(asked)) return named;
  if (rows > 0) throw endless(api, z, 'a page names itself as the next one');
  return undefined;
};

const endless = (api, z, why) => {
  const sentence = `${api.name} answered with a list that does not end: ${why}.`;
  return Object.assign(new z.errors.Error(sentence, 'UNEXPECTED_RESPONSE'), { isEndless: true });
};

/**
 * At most `pages` pages, each row once: when a new row arrives at the top while we read, the last row of one page
 * comes again on the next. `id` is the path that tells rows apart (without it, all that they hold does).
 * `refuse(row)` says why a row cannot be used; such a row is logged and left out, the others are handed on. `lap`
 * tells afterwards, as `doubt`, whether the list changed while it was read, so that a row may have been missed.
 */
export async function* readPages(api, z, bundle, operation, options) {
  const { path, query, size, pages, missing, id, refuse = refuseNothing, lap = {} } = options;
  const walk = { seen: new Set(), positions: new Set(), stale: 0, pages, most: 0 };
  const key = (row) => String((id && at(row, id)) ?? JSON.stringify(row));
  let from;
  let empty = 0;
  for (let read = 0; read < pages; ) {
    const page = await readPage(api, z, bundle, operation, { path, query, from, size, missing });
    empty = page.rows.length > 0 ? 0 : empty + 1;
    read += page.rows.length > 0 ? 1 : 0;
    const fresh = turn(api, z, walk, page, page.rows.map(key));
    if (from === undefined) compareClocks(api, z, page.at);
    lap.doubt = isDoubtful(walk, page);
    yield usable(api, z, operation, fresh, { read, refuse });
    if (page.next === undefined) return;
    if (empty > MOST_EMPTY) throw endless(api, z, `${empty} pages in a row are empty`);
    if (walk.positions.has(String(page.next))) throw endless(api, z, 'its pages go round');
    walk.positions.add(String(page.next));
    from = page.next;
  }
}

/** The rows of a page that were not met before, each with its place; throws where pages bring nothing new. */
const turn = (api, z, walk, { rows }, keys) => {
  const fresh = rows.map((row, place) => [row, place]).filter(([, place]) => !walk.seen.has(keys[place]));
  keys.forEach((one) => walk.seen.add(one));
  walk.stale = rows.length > 0 && fresh.length === 0 ? walk.stale + 1 : 0;
  const repeated = walk.previous === keys.join('\n') && rows.length >= MANY;
  walk.previous = keys.join('\n');
  if (walk.stale >= MOST_STALE || (repeated && walk.pages <= MOST_STALE)) {
    throw endless(api, z, 'page after page brings nothing new, as if its place in the list were ignored');
  }
  return fresh;
};

/** A total that fell, or fewer rows than counted: one was deleted, and others moved up past the place of reading. */
const isDoubtful = (walk, { next, total }) => {
  walk.fell ||= total !== undefined && total < walk.most;
  walk.most = Math.max(walk.most, total ?? 0);
  return walk.fell || (next === undefined && walk.seen.size < walk.most);
};

const usable = (api, z, operation, rows, { read, refuse }) =>
  rows
    .filter(([row, place]) => {
      const why = isObject(row) ? refuse(row) : 'it is no record';
      const where = `${operation.path}, page ${read}, row ${place + 1}`;
      if (why) z.console.log(`${api.name}: ${where} is left out: ${why}.`);
      return !why;
    })
    .map(([row]) => row);

const refuseNothing = () => undefined;

/** Clocks that differ by more than this many milliseconds are worth a line in the log. */
const APART = 300_000;

/** Says where the vendor's clock and this one differ: windows are measured by this one. */
const compareClocks = (api, z, vendors) => {
  const apart = Math.round((vendors - api.now()) / 1000);
  if (Math.abs(vendors - api.now()) > APART) {
    z.console.log(`The clock of ${api.name} is ${Math.abs(apart)} seconds ${apart > 0 ? 'ahead' : 'behind'}.`);
  }
};

/** All rows that `readPages` gives; one page where `pages` says nothing. */
export const rowsOf = async (api, z, bundle, operation, options) => {
  const found = [];
  for await (const rows of readPages(api, z, bundle, operation, { pages: 1, ...options })) found.push(...rows);
  return found;
};
