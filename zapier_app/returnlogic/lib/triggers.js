/**
 * Polling triggers. Zapier remembers the primary fields it has seen and fires for the others, so a poll
 * keeps no state: it answers what is so now, the newest first.
 *
 * A trigger's inputs are compared with the rows here and never sent: a row that leaves a filtered list while
 * it is read moves others between pages.
 */
import { withDeadline } from './deadline.js';
import { fits, place } from './inputs.js';
import { readPage, readPages } from './pages.js';
import { at, mapped } from './paths.js';

/**
 * For new rows of a list that shows the newest first: one page.
 * `source` is `{operation, query, size}`; `form` is `{fields, wire}` of the trigger's filters.
 */
export const newest =
  (facts, { operation, query, size }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const most = atMost(bundle, size);
    const { rows } = await readPage(api, z, bundle, operation, {
      query,
      size: match.length > 0 ? size : most,
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
 * `changed`, paths in a row; `reached`, the states wanted (null: all but those in `initial`, which no change led to); `mark`, the path of a time that has to lie in the window too, where
 * there is one. Without `state` the mark alone counts. `details` is `{hydrate, values, key}`: what one more
 * request tells of a record, which Zapier sends for the records that fire and for no other.
 */
export const changed =
  (facts, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const start = api.now() - source.lookBack * 1000;
    const { match } = place(z, bundle.inputData, fields, wire);
    const asked = SINCE_FORMS[source.sinceForm ?? 'instant'](utc(start));
    const query = { ...source.query, ...(source.since && { [source.since]: asked }) };
    const { size, pages, operation, id } = source;
    const found = [];
    for await (const rows of readPages(api, z, bundle, operation, { query, size, pages, id })) {
      const recent = rows.filter((row) => !(when(row, { created: source.created }) < start));
      found.push(...recent.filter((row) => isMarked(source, row, start) && isWanted(source, row)));
      if (!source.since && rows.length > 0 && recent.length === 0) break;
    }
    found.sort((one, other) => when(other, source) - when(one, source) || 0);
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
    const { query, size, pages, operation, id } = source;
    const found = [];
    for await (const rows of readPages(api, z, bundle, operation, { query, size, pages, id })) {
      found.push(...rows.filter((row) => isWanted(source, row)));
    }
    found.sort((one, other) => when(other, source) - when(one, source) || 0);
    return found.filter(fits(match)).slice(0, atMost(bundle, found.length));
  });

/** A row with what Zapier will ask for later under `key`. */
export const withDetails = (z, { hydrate, values, key }) => (row) => ({
  ...row,
  [key]: z.dehydrate(hydrate, mapped(values, (path) => at(row, path))),
});

const isMarked = ({ mark }, row, start) => !mark || Date.parse(at(row, mark)) >= start;

const isWanted = ({ state: path, reached, initial }, row) => {
  if (!path) return true;
  const state = at(row, path);
  return reached ? reached.includes(state) : !initial.includes(state);
};

/** NaN where rows do not tell: then nothing is too old, and the vendor's order stays. */
const when = (row, { changed, created }) =>
  Date.parse((changed && at(row, changed)) || (created ? at(row, created) : undefined));

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
