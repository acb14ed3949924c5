/**
 * Decides how far back a poll reads, and continues a list that was too long for one poll.
 *
 * - The first poll after a Zap is turned on (`isPopulatingDedupe`) fires for no row: Zapier only stores the `primary`
 *   fields of the rows. It reads as many records as it can, newest first, so that a record that reached a state before
 *   the Zap was turned on does not fire later. It returns only the `primary` fields, because a response must not
 *   exceed 6 MB.
 * - A poll that loads a sample for the editor (`isLoadingSample`) reads until it has found enough rows, however old.
 * - Any other poll reads the trigger's window. If the vendor responds too slowly, it stops in time and stores the
 *   position of the next page; the next poll reads the newest page, and continues there.
 */
import { createHash } from 'node:crypto';

import { readPages } from './pages.js';
import { at, put } from './paths.js';

/** The time in seconds for which a position is stored. Later polls start with the first page. */
const POSITION_LIFETIME = 3600;

/** Returns the purpose of a poll as `{isFirst, isSample}`; both are false for a poll that can fire. */
export const purposeOf = ({ meta = {} }) => ({
  isFirst: Boolean(meta.isPopulatingDedupe),
  isSample: Boolean(meta.isLoadingSample) && !meta.isPopulatingDedupe,
});

/**
 * Yields the rows of each page of the list that `source` describes. `options` are further options of `readPages`;
 * `pages` is ignored in a poll that cannot fire. Such a poll ends, instead of failing, if the vendor limits the number
 * of requests.
 */
export async function* readExtent(api, z, bundle, source, options) {
  const { isFirst, isSample } = purposeOf(bundle);
  const { operation, size, id } = source;
  const lap = {};
  const reading = { size, id, ...options, stopsInTime: true, lap };
  if (isFirst || isSample) {
    yield* readUntilRefused(api, z, bundle, operation, { ...reading, pages: Infinity });
    return;
  }
  const key = positionKey(bundle, source);
  const resumeAt = options.pages > 1 ? await stored(z, key) : undefined;
  let hasFailed = false;
  try {
    yield* readPages(api, z, bundle, operation, { ...reading, resumeAt });
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    // Also runs if the trigger needs no further page: the pages that an earlier poll left out are then read.
    if (!hasFailed && (lap.stoppedAt !== undefined || resumeAt !== undefined)) await store(z, key, lap.stoppedAt);
  }
}

async function* readUntilRefused(api, z, bundle, operation, options) {
  let read = 0;
  try {
    for await (const rows of readPages(api, z, bundle, operation, options)) {
      yield rows;
      read += 1;
    }
  } catch (error) {
    if (error.name !== 'ThrottledError' || read === 0) throw error;
    z.console.log(`${api.name} limits the number of requests; read ${read} pages.`);
  }
}

/** Returns a copy of a row with only the values that identify its event. Without `identity`, returns the row. */
export const onlyIdentity = (identity) => (row) => {
  if (!identity) return row;
  const copy = {};
  for (const path of identity) put(copy, path, at(row, path));
  return copy;
};

/** Returns the key under which a position is stored; it differs between accounts, triggers and inputs. */
const positionKey = (bundle, source) => {
  const parts = JSON.stringify([bundle.authData, source, bundle.inputData]);
  return `position-${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`;
};

/** Returns the stored position. Zapier's cache is best effort: without it, the poll starts with the first page. */
const stored = async (z, key) => {
  try {
    return (await z.cache.get(key))?.position;
  } catch {
    return undefined;
  }
};

const store = async (z, key, position) => {
  try {
    if (position === undefined) await z.cache.delete(key);
    else await z.cache.set(key, { position }, POSITION_LIFETIME);
  } catch (error) {
    z.console.log(`The position in the list could not be stored: ${error.message}`);
  }
};
