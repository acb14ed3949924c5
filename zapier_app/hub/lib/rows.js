/** Checks the rows that a trigger reads. An invalid row is skipped, so that the trigger still fires for other rows. */
import { at, isObject } from './paths.js';
import { moment } from './times.js';

/**
 * Returns a function that takes a row and returns the reason why a trigger cannot use it, or undefined if it is valid.
 *
 * `identity` lists the paths of the values that identify an event. `windowTime` and `eventTime` are the paths of the
 * times that the trigger uses, and `state` is the path of the state. The event time may be empty, if the event has not
 * happened yet, and so may the state.
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

/**
 * Returns a function that adds to a row the time at which its record reached a state: the latest valid `time` of the
 * entries in the list at `history` whose property `name` equals `value`. Without such an entry, the time is null.
 */
export const withReachedAt = (rule) => (row) => {
  if (!rule) return row;
  const history = at(row, rule.history);
  const times = (Array.isArray(history) ? history : [])
    .filter((entry) => isObject(entry) && entry[rule.name] === rule.value && !Number.isNaN(moment(entry[rule.time])))
    .map((entry) => entry[rule.time]);
  const latest = times.reduce((one, other) => (one && moment(one) >= moment(other) ? one : other), null);
  return { ...row, [rule.field]: latest };
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
