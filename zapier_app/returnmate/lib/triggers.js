/**
 * Polling triggers. Zapier remembers the primary fields it has seen and fires for the others, so a poll
 * keeps no state: it answers what is so now, the newest first.
 *
 * A trigger's inputs are compared with the rows here and never sent: a row that leaves a filtered list while
 * it is read moves others between pages.
 */
import { fits, word } from './compare.js';
import { withDeadline } from './deadline.js';
import { place } from './inputs.js';
import { readPages, rowsOf } from './pages.js';
import { at, mapped } from './paths.js';
import { judge } from './rows.js';
import { moment } from './times.js';

/**
 * For new rows of a list that shows the newest first: one page.
 * `source` is `{operation, query, size, identity}`: `identity` are the paths by which Zapier tells events apart. No
 * time of a row counts here, so a row without one is handed on. `form` is `{fields, wire}` of the filters.
 */
export const newest =
  (facts, { operation, query, size, identity }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const most = atMost(bundle, size);
    const rows = await rowsOf(api, z, bundle, operation, {
      query,
      size: match.length > 0 ? size : most,
      refuse: judge({ identity }),
    });
    return rows.filter(fits(match)).slice(0, most);
  });

/**
 * For changes that no filter or order of the vendor shows: reads a window of time, keeps the rows whose
 * state is wanted, and puts the latest first: by when it changed where a row holds that, else by creation.
 *
 * `source` adds to that of `newest`: `pages`, the ceiling; `lookBack`, how far back in seconds; `since`, the
 * filter that says so (null: reading stops at the first page that is wholly older) and `sinceForm`, how it wants
 * a moment; `id`, `created` (the time that the window is about; null: rows do not tell it), `state` and
 * `changed`, paths in a row; `reached`, the states wanted (null: all but those in `initial`, which no change led
 * to); `mark`, the path of a time that has to lie in the window too, where there is one. Without `state` the mark
 * alone counts. `details` is `{hydrate, values, key}`: what one more request tells of a record, which Zapier sends
 * for the records that fire and for no other.
 *
 * The window ends at no time: a row dated later than now is an event like any other. It begins by Zapier's clock
 * and not by the vendor's `Date`, so that one odd answer neither hides rows nor shows old ones again.
 */
export const changed =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const start = api.now() - source.lookBack * 1000;
    const { match } = place(z, bundle.inputData, fields, wire);
    const asked = SINCE_FORMS[source.sinceForm ?? 'instant'](utc(start));
    const query = { ...source.query, ...(source.since && { [source.since]: asked }) };
    const { size, pages, operation, id } = source;
    const options = { query, size, pages, id, refuse: judge(source) };
    const found = [];
    for await (const rows of readPages(api, z, bundle, operation, options)) {
      const recent = rows.filter((row) => !source.created || moment(at(row, source.created)) >= start);
      found.push(...recent.filter((row) => isMarked(source, row, start) && isWanted(source, row)));
      if (!source.since && rows.length > 0 && recent.length === 0) break;
    }
    latestFirst(found, source);
    const fitting = found.filter(fits(match)).slice(0, atMost(bundle, found.length));
    return source.details ? fitting.map(withDetails(z, source.details)) : fitting;
  });

/**
 * For lists that cannot be asked for changes: reads the whole list, up to the ceiling, and puts the latest first.
 * Zapier tells versions and states apart by their primary fields. `source` is as for `changed`, without a time.
 */
export const whole =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const { query, size, pages, operation, id, identity, state } = source;
    const options = { query, size, pages, id, refuse: judge({ identity, state }) };
    const found = [];
    for await (const rows of readPages(api, z, bundle, operation, options)) {
      found.push(...rows.filter((row) => isWanted(source, row)));
    }
    latestFirst(found, source);
    return found.filter(fits(match)).slice(0, atMost(bundle, found.length));
  });

/** A row with what Zapier will ask for later under `key`. */
export const withDetails = (z, { hydrate, values, key }) => (row) => ({
  ...row,
  [key]: z.dehydrate(hydrate, mapped(values, (path) => at(row, path))),
});

const isMarked = ({ mark }, row, start) => !mark || moment(at(row, mark)) >= start;

const isWanted = ({ state: path, ...states }, row) => !path || isAmong(states, at(row, path));

/** Tells whether a state is one that a trigger is about; words are compared in one form, and none is no state. */
export const isAmong = ({ reached, initial }, state) => {
  const is = (other) => word(other) === word(state);
  return word(state) !== '' && (reached ? reached.some(is) : !initial.some(is));
};

/** Sorts by when a row changed, else by when it was created; the vendor's order stays where rows tell neither. */
const latestFirst = (rows, { changed, created }) => {
  const told = (row, path) => (path ? moment(at(row, path)) : Number.NaN);
  const when = (row) => told(row, changed) || told(row, created) || -Infinity;
  rows.sort((one, other) => when(other) - when(one) || 0);
};

/** Zapier may ask for fewer; -1 means as many as there are. */
const atMost = (bundle, size) => (bundle.meta?.limit > 0 ? Math.min(bundle.meta.limit, size) : size);

/** Milliseconds as UTC with seconds: 2026-10-31T09:30:00Z. */
const utc = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** How vendors want a filter's moment. */
const SINCE_FORMS = {
  instant: (moment) => moment,
  gte_zoneless: (moment) => `gte:${moment.replace('Z', '')}`,
};

/** Marks the output fields that together identify an event. */
export const identifiedBy = (keys, fields) =>
  fields.map((field) => (keys.includes(field.key) ? { ...field, primary: true } : field));
