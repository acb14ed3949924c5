/** Runs searches. A search returns a list of records, which is empty if no record matches. */
import { payload, send } from './api.js';
import { compareRows, fits, ignoredFilters } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, invalid, isEmpty, place } from './inputs.js';
import { readPages } from './pages.js';
import { shaped } from './shape.js';

/**
 * Reads one record with a request whose path or query identifies the record: a return by its ID, or the report for a
 * period. Returns an empty list if the record does not exist.
 */
export const getRecord =
  (facts, { operation, query, shape }, { fields, wire }) =>
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
    return fitting.map(shaped(shape, placed.app, z));
  });

/**
 * Reads the records that belong to another record or to a period, such as a customer's returns. A Zap continues with the
 * first result of a search only, so the result is one record with the records as line items under the name `list`.
 *
 * The record also has `found`, whether there are any; `count`, how many are in the list; `complete`, which is false if
 * the vendor has more than `MAX_LISTED`, or changed the list while it was read; and `searched_for`, the required inputs.
 */
export const listRecords =
  (facts, { operation, query, list, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const placed = place(z, bundle.inputData, fields, wire);
    const path = fill(z, operation.path, placed.path);
    const options = { path, query: { ...placed.query, ...query }, missing: true };
    const { records, complete } = await readAll(api, z, bundle, operation, options, placed);
    const shown = records.slice(0, MAX_LISTED);
    const result = {
      searched_for: sentValues(placed, fields, wire),
      found: shown.length > 0,
      count: shown.length,
      complete: complete && shown.length === records.length,
      [list]: shown,
    };
    return [shaped(shape, placed.app, z)(result)];
  });

/** How many records a list has at most, so that a Zap with many line items still runs. */
const MAX_LISTED = 500;
const MAX_LIST_PAGES = 10;

/** Returns the values of the required inputs as they were sent. */
const sentValues = (placed, fields, wire) =>
  fields
    .filter(({ required }) => required)
    .map(({ key }) => placed[wire[key].in][wire[key].at[0]])
    .join(', ');

/** Reads a list and returns `{records, complete}`. Throws an error if the vendor ignored a filter for every record. */
const readAll = async (api, z, bundle, operation, options, { sent, match }) => {
  const lap = {};
  const records = [];
  const ignoredSoFar = [];
  let rowCount = 0;
  const nothingFits = () => rowCount > 0 && records.length === 0;
  const reading = { ...options, pages: MAX_LIST_PAGES, stopsInTime: true, lap };
  try {
    for await (const rows of readPages(api, z, bundle, operation, reading)) {
      const { fitting, ignored } = compareRows(sent, rows);
      rowCount += rows.length;
      ignoredSoFar.push(...ignored.filter((filter) => !ignoredSoFar.includes(filter)));
      records.push(...fitting);
      if (records.length >= MAX_LISTED) break;
    }
  } catch (error) {
    if (!error.isEndless || !nothingFits()) throw error; // see `search`
  }
  if (nothingFits()) throw ignoredFilters(api, z, ignoredSoFar, rowCount);
  return { records: records.filter(fits(match)), complete: !lap.hasMore && !lap.changed };
};

/**
 * Finds the records in a list that match all inputs. Inputs for which the vendor has a filter are sent in the request.
 * Other inputs (`in: 'match'`) are compared with the rows: up to `pages` pages are read until a page has a match.
 *
 * `atLeastOne` lists the keys of inputs of which one must be filled in. Throws an error if the list changes every time
 * it is read, because the record could then be missed.
 */
export const findRecords =
  (facts, { operation, query, pages, atLeastOne, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    if (atLeastOne.length > 0 && atLeastOne.every((key) => isEmpty(bundle.inputData[key]))) {
      const names = fields.filter(({ key }) => atLeastOne.includes(key)).map(({ label }) => label);
      throw invalid(z, `Fill in at least one of these fields to search by: ${names.join(', ')}.`);
    }
    const placed = place(z, bundle.inputData, fields, wire);
    const options = { query: { ...placed.query, ...query }, pages: placed.match.length > 0 ? pages : 1 };
    for (let lap = 1; lap <= LAPS; lap += 1) {
      const { records, changed } = await search(api, z, bundle, operation, options, placed);
      if (records.length > 0 || !changed) return records.map(shaped(shape, placed.app, z));
    }
    throw new z.errors.Error(
      `The list in ${api.name} changed every time it was read, so the search could not finish. ` +
        'The record may still exist. Try again in a few minutes.',
      'LIST_CHANGED',
    );
  });

/** How many times a list is read if it changes while it is read, in which case a record may be missed. */
const LAPS = 3;
/** The maximum number of pages to read if the pages contain records that do not match the filters in the request. */
const MAX_PAGES_WITH_OTHERS = 10;

/**
 * Reads a list until a page has a match. Returns `{records, changed}`: the matching records on this page, and whether
 * the list changed, so that a record may have been missed.
 *
 * A vendor that matches part of a name may return other records first, so more pages are read in this case. Throws an
 * error if there are rows but none matches the filters in the request, because the vendor must have ignored a filter.
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
    // A vendor that ignores filters may also ignore the page parameter. The ignored filter is reported in this case,
    // because it explains the empty result better than the endless list.
    if (!error.isEndless || !nothingFits()) throw error;
  }
  if (nothingFits()) throw ignoredFilters(api, z, ignoredSoFar, rowCount);
  return { records: [], changed: mayHaveMissed() };
};
