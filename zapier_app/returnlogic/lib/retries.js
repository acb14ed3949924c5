/** How long a vendor asks to wait before the next request (RFC 9110, section 10.2.3). */
import { httpDate } from './times.js';

/** A longer wait than this many seconds is not believed; Zapier comes again then, and hears if it is too early. */
const MOST = 3600;

/** The seconds to wait, or undefined where the reply says nothing that can be read. */
export const retryDelay = (api, response) => {
  const told = response.getHeader('retry-after')?.trim();
  if (!told) return undefined;
  const seconds = /^\d+(\.\d*)?$/.test(told) ? Number(told) : untilDate(api, response, told);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), MOST);
};

/** From the vendor's own time of the reply, where it tells one: its clock may differ from ours. */
const untilDate = (api, response, told) => {
  const sent = httpDate(response.getHeader('date'));
  return (httpDate(told) - (Number.isNaN(sent) ? api.now() : sent)) / 1000;
};
