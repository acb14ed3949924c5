/** Tests the login of a connection with one cheap request, and names the connection. */
import { environment } from './api.js';
import { withDeadline } from './deadline.js';
import { readPage } from './pages.js';
import { at } from './paths.js';

/**
 * Returns `{account}`, the connection's label: `label` with its `{names}` replaced by the values of the login.
 *
 * An empty value is replaced by the number of the account's first record, read by `{operation, query, noun, name}`.
 * Records cannot be deleted, so this number stays the same, and it shows nothing of the key.
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
