/** Changes a vendor's record into the form that a Zap gets: with a summary first, and without sensitive values. */
import { withFile } from './files.js';
import { isObject } from './paths.js';
import { summaryOf } from './summary.js';

/** The input with which a user asks for the sensitive values of a step's records. */
export const ASKED = 'include_sensitive';

/**
 * Returns a function that changes a record.
 *
 * In `shape`, `flags` are the paths of values that become true or false, because the vendor writes 0 and 1 or text.
 * `whole` are the paths of values that become whole numbers, because the vendor writes them as text.
 * `hidden` are the paths of values that are left out, unless the user asked for them in `asked`. `summary` describes
 * the summary, as in `summaryOf`; it is added to the object at the path `within`. `files` contains the paths of the
 * addresses of files, and the function that fetches them; they are added if `z` is given. Paths may lead through lists.
 * If `list` is given, each record in the list of this name is changed instead.
 */
export const shaped =
  ({ list, ...shape } = {}, asked = {}, z = undefined) =>
  (record) => {
    if (!isObject(record)) return record;
    if (!list) return changed(shape, asked, z, record);
    return { ...record, [list]: record[list].map((row) => changed(shape, asked, z, row)) };
  };

/** Returns a copy of a record in which whole numbers that the vendor writes as text are numbers. */
export const withNumbers = ({ whole = [] } = {}, record) =>
  whole.reduce((result, path) => changedAt(result, path, withNumber), record);

const changed = ({ flags = [], hidden = [], whole, files, summary }, asked, z, record) => {
  let result = withNumbers({ whole }, record);
  for (const path of flags) result = changedAt(result, path, withFlag);
  if (files && z) for (const path of files.at) result = changedAt(result, path, withFile(z, files.hydrate));
  if (!asked[ASKED]) for (const path of hidden) result = changedAt(result, path, without);
  return summary ? withSummary(summary, result, summary.within) : result;
};

/** Returns a copy of a value in which `change(holder, name)` replaces each object that has the last name of `path`. */
const changedAt = (value, path, change) => {
  if (Array.isArray(value)) return value.map((one) => changedAt(one, path, change));
  const [name, ...rest] = path;
  if (!isObject(value) || !Object.hasOwn(value, name)) return value;
  return rest.length === 0 ? change(value, name) : { ...value, [name]: changedAt(value[name], rest, change) };
};

const without = ({ ...copy }, name) => {
  delete copy[name];
  return copy;
};

const withFlag = (holder, name) => ({ ...holder, [name]: asFlag(holder[name]) });

const asFlag = (value) => (FLAGS.has(value) ? FLAGS.get(value) : value);

const FLAGS = new Map([
  [1, true],
  ['1', true],
  ['true', true],
  [0, false],
  ['0', false],
  ['false', false],
]);

const withNumber = (holder, name) => ({ ...holder, [name]: asNumber(holder[name]) });

const asNumber = (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value);

/** Adds the summary in front of the object at a path. Details that Zapier reads later are not an object yet. */
const withSummary = (source, record, [name, ...rest]) => {
  if (!isObject(record)) return record;
  if (name === undefined) return { summary: summaryOf(source, record), ...record };
  return { ...record, [name]: withSummary(source, record[name], rest) };
};
