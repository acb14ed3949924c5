/** Parses the header `Retry-After`, the delay that a vendor requests before the next request (RFC 9110, 10.2.3). */
import { httpDate } from './times.js';

/** The maximum delay in seconds. If it is too short for the vendor, the next response has status 429 again. */
const LONGEST = 3600;

/** Returns the delay in seconds, or undefined if the response has no valid Retry-After. */
export const retryDelay = (api, response) => {
  const retryAfter = response.getHeader('retry-after')?.trim();
  if (!retryAfter) return undefined;
  const isNumber = /^\d+(\.\d*)?$/.test(retryAfter);
  const seconds = isNumber ? Number(retryAfter) : secondsUntil(api, response, retryAfter);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), LONGEST);
};

/**
 * Returns the seconds from the response to `date`. The time of the response is its header `Date`, because the vendor's
 * clock may differ from Zapier's; without this header, it is the current time.
 */
const secondsUntil = (api, response, date) => {
  const sent = httpDate(response.getHeader('date'));
  return (httpDate(date) - (Number.isNaN(sent) ? api.now() : sent)) / 1000;
};
