/** Runs searches. A search returns a list of records, which is empty if nothing matches. */
import { payload, send } from './api.js';
import { compareRows, fits, ignoredFilters } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, invalid, isEmpty, place } from './inputs.js';
import { readPages } from './pages.js';

/** Returns one record, read by its path: a return by its id, or the report of a period. */
export const getRecord =
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
    const { fitting, ignored } = compareRows(placed.sent, [payload(api, z, operation, response)]);
    if (ignored.length > 0) throw ignoredFilters(api, z, ignored, 1);
    return fitting;
  });

/** Returns the first page of the records below a path: the returns of a customer. */
export const listRecords =
  (facts, { operation, query }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const placed = place(z, bundle.inputData, fields, wire);
    const path = fill(z, operation.path, placed.path);
    const options = { path, query: { ...placed.query, ...query }, missing: true };
    return (await search(api, z, bundle, operation, { ...options, pages: 1 }, placed)).records;
  });

/**
 * Returns the records of a list that match every input. Filters that the vendor has are sent. Other inputs
 * (`in: 'match'`) are compared here, page by page up to `pages`, until a page has a match.
 */
export const findRecords =
  (facts, { operation, query, pages, atLeastOne }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    if (atLeastOne.length > 0 && atLeastOne.every((key) => isEmpty(bundle.inputData[key]))) {
      const names = fields.filter(({ key }) => atLeastOne.includes(key)).map(({ label }) => label);
      throw invalid(z, `Fill in at least one of these fields to search by: ${names.join(', ')}.`);
    }
    const placed = place(z, bundle.inputData, fields, wire);
    const options = { query: { ...placed.query, ...query }, pages: placed.match.length > 0 ? pages : 1 };
    for (let lap = 1; lap <= LAPS; lap += 1) {
      const { records, changed } = await search(api, z, bundle, operation, options, placed);
      if (records.length > 0 || !changed) return records;
    }
    throw new z.errors.Error(
      `The list in ${api.name} changed every time it was read, so the search could not finish. ` +
        'The record may still exist. Try again in a few minutes.',
      'LIST_CHANGED',
    );
  });

/** How often a list is read if it changes meanwhile: a record that moves between pages may be missed. */
const LAPS = 3;
/** The limit of pages for a list that contains records that do not match the filters that were sent. */
const MAX_PAGES_WITH_OTHERS = 10;

/**
 * Reads a list until a page has a match, and returns `{records, changed}`.
 *
 * A vendor that matches a part of a name may send other records first, so reading continues. If there are rows and
 * none matches the filters that were sent, the vendor ignored a filter, and this throws.
 */
const search = async (api, z, bundle, operation, options, { sent, match }) => {
  const lap = {};
  const mayHaveMissed = () => lap.changed && match.length > 0;
  const ignoredSoFar = [];
  let rowCount = 0;
  let fittingCount = 0;
  let pagesRead = 0;
  const nothingFits = () => rowCount > 0 && fittingCount === 0;
  const pages = sent.length > 0 ? Math.max(options.pages, MAX_PAGES_WITH_OTHERS) : options.pages;
  try {
    for await (const rows of readPages(api, z, bundle, operation, { ...options, pages, lap })) {
      const { fitting, ignored } = compareRows(sent, rows);
      rowCount += rows.length;
      fittingCount += fitting.length;
      pagesRead += rows.length > 0 ? 1 : 0;
      ignoredSoFar.push(...ignored.filter((filter) => !ignoredSoFar.includes(filter)));
      const records = fitting.filter(fits(match));
      const hasOthers = fittingCount < rowCount;
      if (records.length > 0 || (pagesRead >= options.pages && !hasOthers)) {
        return { records, changed: mayHaveMissed() };
      }
    }
  } catch (error) {
    // A vendor that ignores filters may ignore the page parameter too: report the filter, not the endless list.
    if (!error.isEndless || !nothingFits()) throw error;
  }
  if (nothingFits()) throw ignoredFilters(api, z, ignoredSoFar, rowCount);
  return { records: [], changed: mayHaveMissed() };
};
