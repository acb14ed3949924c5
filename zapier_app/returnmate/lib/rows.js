/** Checks the rows of a trigger. A row that cannot be used is skipped, so that it does not stop the others. */
import { at } from './paths.js';
import { moment } from './times.js';

/**
 * Returns a function that says why a trigger cannot use a row; undefined if it can.
 *
 * The arguments are paths: `identity` of the values that identify an event, `windowTime` and `eventTime` of the times
 * that the trigger uses, `state` of the state. An empty `eventTime` means that the event has not happened, and an
 * empty state that the record has none: both are allowed.
 */
export const skipReason =
  ({ identity = [], windowTime, eventTime, state }) =>
  (row) => {
    const checked = [windowTime, eventTime, state].filter(Boolean).map(String);
    const ids = identity.filter((path) => !checked.includes(String(path)));
    return (
      firstProblem(ids, (path) => idProblem(row, path)) ??
      (windowTime && timeProblem(row, windowTime)) ??
      (eventTime && !isNothing(at(row, eventTime)) ? timeProblem(row, eventTime) : undefined) ??
      (state && stateProblem(row, state))
    );
  };

const firstProblem = (paths, problemAt) => paths.map(problemAt).find(Boolean);

const idProblem = (row, path) => {
  const value = at(row, path);
  const usable = (typeof value === 'string' && value.trim() !== '') || Number.isInteger(value);
  return usable ? undefined : problem(path, value, 'text or a whole number');
};

const timeProblem = (row, path) => {
  const value = at(row, path);
  return Number.isNaN(moment(value)) ? problem(path, value, 'a time') : undefined;
};

const stateProblem = (row, path) => {
  const value = at(row, path);
  return typeof value === 'string' || isNothing(value) ? undefined : problem(path, value, 'text');
};

const isNothing = (value) => value === undefined || value === null || value === '';

const problem = (path, value, kind) => {
  const name = path.join('.');
  if (value === undefined || value === null) return `${name} is ${value === null ? 'null' : 'missing'}`;
  return `${name} is not ${kind}: ${JSON.stringify(value).slice(0, 60)}`;
};
