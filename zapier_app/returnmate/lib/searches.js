/** Searches answer an array, empty when there is nothing: a miss is no error. */
import { payload, send } from './api.js';
import { compared, fits, ignoredFilters } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, invalid, isEmpty, place } from './inputs.js';
import { readPages } from './pages.js';

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
    if (response.status === 404) return [];
    const { fitting, ignored } = compared(placed.asked, [payload(api, z, operation, response)]);
    if (ignored.length > 0) throw ignoredFilters(api, z, ignored, 1);
    return fitting;
  });

/** The records below a path, those of the first page that holds any: the returns of a customer. */
export const list =
  (facts, { operation, query }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const placed = place(z, bundle.inputData, fields, wire);
    const path = fill(z, operation.path, placed.path);
    const options = { path, query: { ...placed.query, ...query }, missing: true };
    return (await look(api, z, bundle, operation, { ...options, pages: 1 }, placed)).found;
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
    const placed = place(z, bundle.inputData, fields, wire);
    const options = { query: { ...placed.query, ...query }, pages: placed.match.length > 0 ? pages : 1 };
    for (let lap = 1; lap <= LAPS; lap += 1) {
      const { found, doubt } = await look(api, z, bundle, operation, options, placed);
      if (found.length > 0 || !doubt) return found;
    }
    throw new z.errors.Error(
      `The list of ${api.name} changed each time that it was read, so whether the record exists is not known.`,
      'LIST_CHANGED',
    );
  });

/** A list that changes while it is read may hide a record; it is read again so often. */
const LAPS = 3;
/** The most pages that are read of a list once it held records that were not asked for. */
const MISLED_PAGES = 10;

/**
 * Reads a list until a page holds what was asked for. A vendor that matches a part of a name has other records
 * first, so reading goes on; where rows came and none is what was asked for, the vendor ignored a filter.
 */
const look = async (api, z, bundle, operation, options, { asked, match }) => {
  const lap = {};
  const doubtful = () => lap.doubt && match.length > 0;
  const strange = [];
  let came = 0;
  let passed = 0;
  let read = 0;
  const nothingFits = () => came > 0 && passed === 0;
  const most = asked.length > 0 ? Math.max(options.pages, MISLED_PAGES) : options.pages;
  try {
    for await (const rows of readPages(api, z, bundle, operation, { ...options, pages: most, lap })) {
      const { fitting, ignored } = compared(asked, rows);
      [came, passed, read] = [came + rows.length, passed + fitting.length, read + (rows.length > 0 ? 1 : 0)];
      strange.push(...ignored.filter((one) => !strange.includes(one)));
      const found = fitting.filter(fits(match));
      const misled = passed < came;
      if (found.length > 0 || (read >= options.pages && !misled)) return { found, doubt: doubtful() };
    }
  } catch (error) {
    if (!error.isEndless || !nothingFits()) throw error; // a vendor that ignores a filter may ignore the page too
  }
  if (nothingFits()) throw ignoredFilters(api, z, strange, came);
  return { found: [], doubt: doubtful() };
};
