/**
 * The time that a run may take. Zapier ends a run after 30 seconds and shows no reason; the app ends it earlier,
 * with a sentence. Every function that Zapier calls runs inside `withDeadline`.
 */

/** Runs `perform(api, z, bundle)` with an `api` that knows when the run has to end. */
export const withDeadline = (api, perform) => (z, bundle) =>
  perform({ ...api, deadline: api.now() + api.runTimeout }, z, bundle);

/** The milliseconds that the next request may take: one attempt's, or what is left of the run. */
export const timeLeft = (api) => Math.min(api.timeout, (api.deadline ?? Infinity) - api.now());
