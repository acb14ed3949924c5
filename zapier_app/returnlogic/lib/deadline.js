/**
 * Limits the time of a run. Zapier ends a run after 30 seconds without a reason, so the app ends it earlier, with an
 * error that explains why. Every function that Zapier calls runs inside `withDeadline`.
 */

/** Wraps `perform(api, z, bundle)`: its `api` holds the time at which the run must end. */
export const withDeadline = (api, perform) => (z, bundle) =>
  perform({ ...api, deadline: api.now() + api.runTimeout }, z, bundle);

/** Returns the milliseconds that the next request may take: the limit of one request, or the rest of the run. */
export const timeLeft = (api) => Math.min(api.timeout, (api.deadline ?? Infinity) - api.now());
