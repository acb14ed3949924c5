/** What a trigger needs of a row, and why a row cannot be used: one such row must not stop the others. */
import { at } from './paths.js';
import { moment } from './times.js';

/**
 * Why a trigger cannot use a row, undefined where it can. `identity` are the paths that tell events apart,
 * `created` and `mark` the times that the trigger goes by, `state` the path of the state. A mark that is empty
 * says that it did not happen, and an empty state that there is none: neither is wrong.
 */
export const judge =
  ({ identity = [], created, mark, state }) =>
  (row) => {
    const known = [created, mark, state].filter(Boolean).map(String);
    const ids = identity.filter((path) => !known.includes(String(path)));
    return (
      first(ids, (path) => wrongIdentity(row, path)) ??
      (created && wrongTime(row, created)) ??
      (mark && !isNothing(at(row, mark)) ? wrongTime(row, mark) : undefined) ??
      (state && wrongState(row, state))
    );
  };

const first = (paths, why) => paths.map(why).find(Boolean);

const wrongIdentity = (row, path) => {
  const value = at(row, path);
  const usable = (typeof value === 'string' && value.trim() !== '') || Number.isInteger(value);
  return usable ? undefined : wrong(path, value, 'text or a whole number');
};

const wrongTime = (row, path) => {
  const value = at(row, path);
  return Number.isNaN(moment(value)) ? wrong(path, value, 'a time') : undefined;
};

const wrongState = (row, path) => {
  const value = at(row, path);
  return typeof value === 'string' || isNothing(value) ? undefined : wrong(path, value, 'text');
};

const isNothing = (value) => value === undefined || value === null || value === '';

const wrong = (path, value, kind) => {
  const name = path.join('.');
  if (value === undefined || value === null) return `${name} is ${value === null ? 'null' : 'missing'}`;
  return `${name} is not ${kind}: ${JSON.stringify(value).slice(0, 60)}`;
};
