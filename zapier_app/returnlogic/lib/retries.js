/** Reads `Retry-After`, the time a vendor asks to wait before the next request (RFC 9110, section 10.2.3). */
import { httpDate } from './times.js';

/** The longest wait in seconds. If it is too short, Zapier's next request gets another 429. */
const LONGEST = 3600;

/** Returns the seconds to wait, or undefined if the reply has no readable Retry-After. */
export const retryDelay = (api, response) => {
  const retryAfter = response.getHeader('retry-after')?.trim();
  if (!retryAfter) return undefined;
  const isNumber = /^\d+(\.\d*)?$/.test(retryAfter);
  const seconds = isNumber ? Number(retryAfter) : secondsUntil(api, response, retryAfter);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), LONGEST);
};

/** Counts from the reply's `Date` if it has one, because the vendor's clock may differ from Zapier's. */
const secondsUntil = (api, response, date) => {
  const sent = httpDate(response.getHeader('date'));
  return (httpDate(date) - (Number.isNaN(sent) ? api.now() : sent)) / 1000;
};
