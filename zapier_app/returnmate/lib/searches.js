/** Searches answer an array, empty when there is nothing: a miss is no error. */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill, fits, invalid, isEmpty, place } from './inputs.js';
import { readPage, readPages } from './pages.js';

/** One record below a path: a return by its id, a report of a period. */
export const read =
  (facts, { operation, query }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const placed = place(z, bundle.inputData, fields, wire);
    const path = fill(z, operation.path, placed.path);
    const response = await send(api, z, bundle, operation, {
      path,
      query: { ...placed.query, ...query },
      missing: true,
    });
    return response.status === 404 ? [] : [payload(api, z, operation, response)];
  });

/** The first page of the records below a path: the returns of a customer. */
export const list =
  (facts, { operation, query }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const placed = place(z, bundle.inputData, fields, wire);
    const path = fill(z, operation.path, placed.path);
    const { rows } = await readPage(api, z, bundle, operation, {
      path,
      query: { ...placed.query, ...query },
      missing: true,
    });
    return rows;
  });

/**
 * The records of a list that fit every input given. What the vendor can filter by is sent along; what it
 * cannot (`in: 'match'`) is compared here, page by page up to `pages`, until a page holds one.
 */
export const find =
  (facts, { operation, query, pages, atLeastOne }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    if (atLeastOne.length > 0 && atLeastOne.every((key) => isEmpty(bundle.inputData[key]))) {
      const names = fields.filter(({ key }) => atLeastOne.includes(key)).map(({ label }) => label);
      throw invalid(z, `Fill in at least one of these to search by: ${names.join(', ')}.`);
    }
    const { query: filters, match } = place(z, bundle.inputData, fields, wire);
    const wanted = { ...filters, ...query };
    if (match.length === 0) return (await readPage(api, z, bundle, operation, { query: wanted })).rows;
    for await (const rows of readPages(api, z, bundle, operation, { query: wanted, pages })) {
      const found = rows.filter(fits(match));
      if (found.length > 0) return found;
    }
    return [];
  });
