/** Reading lists: one page, or page after page to the end or the ceiling. */
import { payload, send } from './api.js';
import { at } from './paths.js';

/**
 * Page `number` of a list, counted from 0 as Zapier does: `{rows, last}`. A vendor may answer fewer rows a
 * page than it was asked for, and says so in the reply. A list without pages is one page. A 404 is a failure
 * unless `missing` says otherwise or, where `missing` says nothing, the vendor's paging does.
 */
export const readPage = async (
  api,
  z,
  bundle,
  operation,
  { path, query, number = 0, size, missing } = {},
) => {
  const paging = api.paging[operation.paging];
  const asked = paging && Math.min(size ?? paging.size, paging.maxSize);
  const counted = paging && { [paging.page]: number + paging.first, [paging.perPage]: asked };
  const response = await send(api, z, bundle, operation, {
    path,
    query: { ...query, ...counted },
    missing: missing ?? paging?.missingIsEmpty,
  });
  if (response.status === 404) return { rows: [], last: true };
  const rows = payload(api, z, operation, response);
  return { rows, last: !paging || isLast(response.data, paging, { number, asked, count: rows.length }) };
};

const isLast = (data, paging, { number, asked, count }) => {
  const total = at(data, paging.total);
  const size = at(data, paging.sizeReported) || asked;
  return count === 0 || (Number.isFinite(total) ? (number + 1) * size >= total : count < size);
};

/**
 * At most `pages` pages, each row once: when a new row arrives at the top while we read, the last row of
 * one page comes again on the next.
 */
export async function* readPages(api, z, bundle, operation, { query, size, pages, id = ['id'] }) {
  const seen = new Set();
  for (let number = 0; number < pages; number += 1) {
    const { rows, last } = await readPage(api, z, bundle, operation, { query, number, size });
    const fresh = rows.filter((row) => !seen.has(at(row, id)));
    fresh.forEach((row) => seen.add(at(row, id)));
    yield fresh;
    if (last) return;
  }
}
