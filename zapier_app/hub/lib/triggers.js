/**
 * Runs polling triggers.
 *
 * Zapier stores the values of the `primary` fields of every row that a poll has returned, and fires for rows with new
 * values. The app therefore does not store which rows are known: a poll returns the current rows, newest first. extent.js
 * explains how far back a poll reads.
 *
 * A trigger's inputs are compared with the rows here and never sent as filters: in a filtered list, rows disappear when
 * they change, and later rows then move to pages that were already read.
 */
import { fits, isNotAmong, word } from './compare.js';
import { withDeadline } from './deadline.js';
import { onlyIdentity, purposeOf, readExtent } from './extent.js';
import { place } from './inputs.js';
import { at, mapped } from './paths.js';
import { skipReason, withReachedAt } from './rows.js';
import { shaped, withNumbers } from './shape.js';
import { moment } from './times.js';

/**
 * Polls for new rows in a list that is sorted from newest to oldest: reads up to `pages` pages, until one has a row that
 * was created more than `lookBack` seconds ago. After a burst, Zapier therefore gets more than one page.
 *
 * In `source`, `operation` and `query` define the request, `size` is the number of rows per page, and `identity` lists
 * the paths of the values that identify an event. `createdTime` is the path of a row's creation time. `fields` and `wire`
 * define the trigger's inputs, as in `place`. Rows without a valid time are returned too. A poll that cannot fire reads
 * older rows too.
 */
export const pollNewest =
  (facts, { operation, query, size, pages = 1, id, createdTime, lookBack, identity, unless, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match, app } = place(z, bundle.inputData, fields, wire);
    const { isFirst, isSample } = purposeOf(bundle);
    const start = isFirst || isSample ? -Infinity : api.now() - lookBack * 1000;
    const limit = limitOf(bundle, pages * size);
    const source = { operation, query, id, identity, size: match.length > 0 || isFirst ? size : Math.min(size, limit) };
    const options = { query, pages, reasonToSkip: skipReason({ identity }) };
    const isOlder = (row) => createdTime && moment(at(row, createdTime)) < start;
    const events = [];
    for await (const rows of readExtent(api, z, bundle, source, options)) {
      events.push(...rows.filter(isNotAmong(unless)).filter(fits(match)));
      if ((!isFirst && events.length >= limit) || rows.some(isOlder)) break;
    }
    if (isFirst) return events.map(identityOf({ identity, shape }));
    return events.slice(0, limit).map(shaped(shape, app, z));
  });

/**
 * Polls for changed rows: reads the rows of the last `lookBack` seconds (the window), and returns the rows whose state
 * fires the trigger, sorted from latest to earliest.
 *
 * In addition to the properties for `pollNewest`, `source` has:
 *
 * - `pages`: the maximum number of pages to read.
 * - `since`: the query parameter that limits the list to the window. If it is null, all rows are requested, and reading
 *   stops after the first page on which every row is older than the window.
 * - `sinceForm`: the format of the time in this parameter, a key of `SINCE_FORMS`.
 * - `id`: the path of a row's ID.
 * - `windowTime`: the path of the time that must be in the window, or null if rows do not have such a time.
 * - `eventTime`: the path of the time of the event, which must be in the window too, or null if rows do not have it.
 * - `sortTime`: the path of the time to sort by. Rows without this time are sorted by `windowTime`.
 * - `state`: the path of a row's state, or null if every row fires.
 * - `firingStates`: the states that fire. If it is null, all states fire except `initialStates`.
 * - `initialStates`: the states in which records are created.
 * - `unless`: `[[path, values]]`, values with which a row does not fire.
 * - `details`: `{hydrate, values, key}`, the request for details, which Zapier sends only for records that fire.
 * - `reachedAt`: `{field, history, name, value, time}`, where rows contain the time at which they reached the state. It
 *   is added to each row as the property `field`, which is the `eventTime`.
 *
 * The window has no end, so a row with a time in the future fires immediately. The start of the window is computed with
 * Zapier's clock instead of the response's `Date`, because a wrong `Date` could exclude rows or include old rows. A poll
 * that cannot fire has no window.
 */
export const pollChanges =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match, app } = place(z, bundle.inputData, fields, wire);
    const { isFirst, isSample } = purposeOf(bundle);
    const start = isFirst || isSample ? -Infinity : api.now() - source.lookBack * 1000;
    const { pages, windowTime, sortTime } = source;
    const options = { query: windowQuery(source, start), pages, reasonToSkip: skipReason(source) };
    const events = [];
    for await (const read of readExtent(api, z, bundle, source, options)) {
      const rows = read.map(withReachedAt(source.reachedAt));
      const recent = rows.filter((row) => !windowTime || moment(at(row, windowTime)) >= start);
      const fired = recent.filter((row) => happenedSince(source, row, start) && hasFiringState(source, row));
      events.push(...fired.filter(isNotAmong(source.unless)).filter(fits(match)));
      if (!source.since && rows.length > 0 && recent.length === 0) break;
      if (isSample && events.length >= limitOf(bundle, SAMPLES)) break;
    }
    if (isFirst) return events.map(identityOf(source));
    sortLatestFirst(events, [sortTime, windowTime]);
    const returned = events.slice(0, limitOf(bundle, events.length));
    return returned.map(forZap(z, source, app));
  });

/** Returns a function that keeps only the values of a row by which Zapier recognizes its event, as a Zap gets them. */
const identityOf = ({ identity, shape }) => (row) => onlyIdentity(identity)(withNumbers(shape, row));

/** Returns the query for a list; it limits the list to changes since `start`, unless `start` is -Infinity. */
const windowQuery = ({ query, since, sinceForm = 'instant' }, start) =>
  since && start !== -Infinity ? { ...query, [since]: SINCE_FORMS[sinceForm](utc(start)) } : query;

/** The number of rows that a sample needs. Zapier shows three to the user, and requests this number as the limit. */
const SAMPLES = 3;

/**
 * Polls for changed rows in a list that the vendor can neither filter nor sort by time: reads up to `pages` pages from
 * the start of the list, and returns the rows whose state fires the trigger, sorted from latest to earliest.
 *
 * Rows are sorted by `sortTime`, and rows without this time by `createdTime`. A changed record fires again because its
 * version or state is one of the `primary` fields. The other properties of `source` are documented at `pollChanges`.
 */
export const pollSnapshot =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match, app } = place(z, bundle.inputData, fields, wire);
    const { isFirst, isSample } = purposeOf(bundle);
    const { query, pages, identity, state, sortTime, createdTime } = source;
    const options = { query, pages, reasonToSkip: skipReason({ identity, state }) };
    const events = [];
    for await (const rows of readExtent(api, z, bundle, source, options)) {
      events.push(...rows.filter((row) => hasFiringState(source, row)).filter(isNotAmong(source.unless)).filter(fits(match)));
      if (isSample && events.length >= limitOf(bundle, SAMPLES)) break;
    }
    if (isFirst) return events.map(identityOf(source));
    sortLatestFirst(events, [sortTime, createdTime]);
    return events.slice(0, limitOf(bundle, events.length)).map(shaped(source.shape, app, z));
  });

/**
 * Returns a function that changes a row into the form that a Zap gets. If the row has details, a placeholder for them is
 * added; Zapier replaces it by the details, which the hydrator changes in the same way. `asked` contains the user's options.
 */
export const forZap = (z, { details, shape }, asked) => (row) => {
  if (!details) return shaped(shape, asked, z)(row);
  const { hydrate, values, key } = details;
  const wanted = { ...mapped(values, (path) => at(row, path)), ...asked };
  return shaped(shape, asked, z)({ ...row, [key]: z.dehydrate(hydrate, wanted) });
};

const happenedSince = ({ eventTime }, row, start) => !eventTime || moment(at(row, eventTime)) >= start;

const hasFiringState = ({ state: path, ...states }, row) => !path || isAmong(states, at(row, path));

/** Returns whether a state fires a trigger. An empty state never fires. */
export const isAmong = ({ firingStates, initialStates }, state) => {
  const isSame = (other) => word(other) === word(state);
  return word(state) !== '' && (firingStates ? firingStates.some(isSame) : !initialStates.some(isSame));
};

/**
 * Sorts rows in place, from latest to earliest. The time of a row is at `path` or, if it is missing there, at
 * `fallback`. Rows without a time are put at the end, in the vendor's order.
 */
const sortLatestFirst = (rows, [path, fallback]) => {
  const timeAt = (row, place) => (place ? moment(at(row, place)) : Number.NaN);
  const time = (row) => timeAt(row, path) || timeAt(row, fallback) || -Infinity;
  rows.sort((one, other) => time(other) - time(one) || 0); // the difference is NaN for two rows without a time
};

/**
 * Returns the maximum number of rows to return: `size`, or Zapier's limit if it is lower. Zapier's -1 means no limit.
 */
const limitOf = (bundle, size) => (bundle.meta?.limit > 0 ? Math.min(bundle.meta.limit, size) : size);

/** Formats milliseconds since the Unix epoch as a time in UTC without fractions: 2026-10-31T09:30:00Z. */
const utc = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** Converts a time to the format that a vendor's filter expects, keyed by the name of the format. */
const SINCE_FORMS = {
  instant: (moment) => moment,
  gte_zoneless: (moment) => `gte:${moment.replace('Z', '')}`,
};
