/** Tests the credentials of a connection with a request for one record, and computes the connection's label. */
import { environment } from './api.js';
import { withDeadline } from './deadline.js';
import { readPage } from './pages.js';
import { at } from './paths.js';

/**
 * Sends the test request, and returns `{account}`, the connection's label. In `label`, each `{name}` is replaced by the
 * value of the login field with that name.
 *
 * If the value is empty, the number of the account's first record is used instead. `operation` and `query` are the
 * request that reads the record, `noun` is the kind of record, and `name` is the path of its number. The number does
 * not change, because records cannot be deleted, and it reveals no part of the credentials.
 */
export const testLogin =
  (facts, label, { operation, query, noun, name }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { rows } = await readPage(api, z, bundle, operation, { query, size: 1, missing: false });
    const number = at(rows[0], name);
    const fallback = number === undefined || number === null ? `no ${noun} yet` : `first ${noun} ${number}`;
    const values = { ...bundle.authData, environment: environment(api, bundle).label };
    return { account: label.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? '').trim() || fallback) };
  });
