/** Reading lists: one page, or page after page to the end or the ceiling. */
import { payloads, send } from './api.js';
import { at } from './paths.js';

/**
 * One page of a list, `{rows, next}`: the one that begins at `from`, as the `next` of another says, or else page
 * `number`, counted from 0 as Zapier does (a list with cursors has no numbers, only the first). After the last
 * page `next` is undefined. A vendor may answer fewer rows a page than it was asked for, and says so in the
 * reply. A list without pages is one page. A 404 is a failure unless `missing` says otherwise or, where
 * `missing` says nothing, the vendor's paging does.
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
  return { rows, next: paging && following(response.data, paging, { position, asked, count: rows.length }) };
};

const start = ({ style, first }, number, asked) =>
  style === 'cursor' ? undefined : first + number * (style === 'offset' ? asked : 1);

/** Where the next page begins, undefined after the last: its number, the rows before it, or a cursor. */
const following = (data, paging, { position, asked, count }) => {
  const { style, first, next: named, total: counted, sizeReported } = paging;
  if (style === 'cursor') return count > 0 ? at(data, named) || undefined : undefined;
  const total = counted && at(data, counted);
  const size = (sizeReported && at(data, sizeReported)) || asked;
  const [soFar, next] =
    style === 'offset'
      ? [position + count, position + count]
      : [(position - first + 1) * size, position + 1];
  const last = count === 0 || (Number.isFinite(total) ? soFar >= total : count < size);
  return last ? undefined : next;
};

/**
 * At most `pages` pages, each row once: when a new row arrives at the top while we read, the last row of
 * one page comes again on the next.
 */
export async function* readPages(api, z, bundle, operation, { query, size, pages, id = ['id'] }) {
  const seen = new Set();
  let from;
  for (let read = 0; read < pages; read += 1) {
    const { rows, next } = await readPage(api, z, bundle, operation, { query, from, size });
    const fresh = rows.filter((row) => !seen.has(at(row, id)));
    fresh.forEach((row) => seen.add(at(row, id)));
    yield fresh;
    if (next === undefined) return;
    from = next;
  }
}
