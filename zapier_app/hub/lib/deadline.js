/**
 * Limits how long a step may run. Zapier stops a step after 30 seconds without an explanation, so the app stops earlier
 * with an error that explains the reason. Every function that Zapier calls is wrapped in `withDeadline`.
 */

/**
 * Converts `perform(api, z, bundle)` to a function that Zapier can call with `(z, bundle)`. In each run, `perform`
 * receives a copy of `api` with `deadline`, the time at which the run must end.
 */
export const withDeadline = (api, perform) => (z, bundle) =>
  perform({ ...api, deadline: api.now() + api.runTimeout }, z, bundle);

/** Returns the timeout for the next request in milliseconds: the limit for one request, or the rest of the run. */
export const timeLeft = (api) => Math.min(api.timeout, untilDeadline(api));

/** Returns whether a request that takes `milliseconds` would probably end before the run must end. */
export const hasTimeFor = (api, milliseconds) => milliseconds < untilDeadline(api);

const untilDeadline = (api) => (api.deadline ?? Infinity) - api.now();
