/**
 * Runs polling triggers.
 *
 * Zapier remembers the `primary` fields of every row it has seen and fires for new ones. So a poll keeps no state: it
 * returns the current rows, newest first.
 *
 * A trigger's inputs are never sent as filters but compared with the rows here. In a filtered list, a row that
 * leaves the list while it is read moves other rows to pages that were already read.
 */
import { fits, word } from './compare.js';
import { withDeadline } from './deadline.js';
import { place } from './inputs.js';
import { readPages, rowsOf } from './pages.js';
import { at, mapped } from './paths.js';
import { skipReason } from './rows.js';
import { moment } from './times.js';

/**
 * Polls for new rows of a list that has the newest first: reads one page.
 *
 * In `source`, `size` is the number of rows per page, and `identity` the paths of the values by which Zapier
 * recognizes an event. Times are not checked, so a row without one is returned. `{fields, wire}` are the filters.
 */
export const pollNewest =
  (facts, { operation, query, size, identity }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const limit = limitOf(bundle, size);
    const rows = await rowsOf(api, z, bundle, operation, {
      query,
      size: match.length > 0 ? size : limit,
      reasonToSkip: skipReason({ identity }),
    });
    return rows.filter(fits(match)).slice(0, limit);
  });

/**
 * Polls for changes: reads the rows of the last `lookBack` seconds, keeps those whose state fires the trigger, and
 * sorts them by time, the latest first.
 *
 * In addition to `pollNewest`, `source` has:
 *
 * - `pages`: the most pages to read.
 * - `since`, `sinceForm`: the query parameter that limits the list to the window, and the format of its time. If it is
 *   null, reading stops at the first page on which every row is older than the window.
 * - `id`: the path of a row's id.
 * - `windowTime`: the path of the time that must lie in the window. Null if rows do not have it.
 * - `eventTime`: the path of the time at which the event happened, which must lie in the window too. Null if missing.
 * - `sortTime`: the path of the time to sort by. Rows without it are sorted by `windowTime`.
 * - `state`, `firingStates`, `initialStates`: the path of a row's state, and the states that fire. If `firingStates` is
 *   null, every state fires except the initial ones, in which records are created.
 * - `details`: `{hydrate, values, key}`, the request for details that Zapier sends for the records that fire.
 *
 * The window has no end, so a row with a time in the future fires at once. Its start is measured by Zapier's clock and
 * not by the reply's `Date`: a single wrong `Date` could hide rows or return old ones.
 */
export const pollChanges =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const start = api.now() - source.lookBack * 1000;
    const { match } = place(z, bundle.inputData, fields, wire);
    const since = SINCE_FORMS[source.sinceForm ?? 'instant'](utc(start));
    const query = { ...source.query, ...(source.since && { [source.since]: since }) };
    const { size, pages, operation, id, windowTime, sortTime } = source;
    const options = { query, size, pages, id, reasonToSkip: skipReason(source) };
    const events = [];
    for await (const rows of readPages(api, z, bundle, operation, options)) {
      const recent = rows.filter((row) => !windowTime || moment(at(row, windowTime)) >= start);
      events.push(...recent.filter((row) => happenedSince(source, row, start) && hasFiringState(source, row)));
      if (!source.since && rows.length > 0 && recent.length === 0) break;
    }
    sortLatestFirst(events, [sortTime, windowTime]);
    const fitting = events.filter(fits(match)).slice(0, limitOf(bundle, events.length));
    return source.details ? fitting.map(withDetails(z, source.details)) : fitting;
  });

/**
 * Polls a list that has neither a filter nor an order for changes: reads up to `pages` pages of the whole list and
 * sorts the rows by `sortTime`, else by `createdTime`, the latest first.
 *
 * A changed record fires because its version or state is one of the `primary` fields. The other properties of
 * `source` are those of `pollChanges`.
 */
export const pollSnapshot =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const { query, size, pages, operation, id, identity, state, sortTime, createdTime } = source;
    const options = { query, size, pages, id, reasonToSkip: skipReason({ identity, state }) };
    const events = [];
    for await (const rows of readPages(api, z, bundle, operation, options)) {
      events.push(...rows.filter((row) => hasFiringState(source, row)));
    }
    sortLatestFirst(events, [sortTime, createdTime]);
    return events.filter(fits(match)).slice(0, limitOf(bundle, events.length));
  });

/** Adds a placeholder under `key`, for which Zapier requests the details if the row fires. */
export const withDetails = (z, { hydrate, values, key }) => (row) => ({
  ...row,
  [key]: z.dehydrate(hydrate, mapped(values, (path) => at(row, path))),
});

const happenedSince = ({ eventTime }, row, start) => !eventTime || moment(at(row, eventTime)) >= start;

const hasFiringState = ({ state: path, ...states }, row) => !path || isAmong(states, at(row, path));

/** Whether a state fires a trigger. An empty state never does. */
export const isAmong = ({ firingStates, initialStates }, state) => {
  const isSame = (other) => word(other) === word(state);
  return word(state) !== '' && (firingStates ? firingStates.some(isSame) : !initialStates.some(isSame));
};

/** Sorts rows by the first of two times that a row has. Rows without either keep the vendor's order, at the end. */
const sortLatestFirst = (rows, [path, fallback]) => {
  const timeAt = (row, place) => (place ? moment(at(row, place)) : Number.NaN);
  const time = (row) => timeAt(row, path) || timeAt(row, fallback) || -Infinity;
  rows.sort((one, other) => time(other) - time(one) || 0); // `|| 0`: two rows without a time differ by NaN
};

/** Returns how many rows to return: Zapier's limit if it is lower than `size`. Its limit -1 means all rows. */
const limitOf = (bundle, size) => (bundle.meta?.limit > 0 ? Math.min(bundle.meta.limit, size) : size);

/** Formats milliseconds as UTC with seconds: 2026-10-31T09:30:00Z. */
const utc = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** The formats of time that vendors' filters expect. */
const SINCE_FORMS = {
  instant: (moment) => moment,
  gte_zoneless: (moment) => `gte:${moment.replace('Z', '')}`,
};

/** Marks the output fields that identify an event as `primary`. */
export const identifiedBy = (keys, fields) =>
  fields.map((field) => (keys.includes(field.key) ? { ...field, primary: true } : field));
