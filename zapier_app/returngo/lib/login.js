/** Logging in: one cheap request that proves the key and tells one account from another. */
import { environment } from './api.js';
import { withDeadline } from './deadline.js';
import { readPage } from './pages.js';
import { at } from './paths.js';

/**
 * Answers `{account}`, the connection's label: `label` with its `{names}` filled in from the login.
 *
 * What was left empty is made up for by the number of the first record the account ever had: no record can
 * be deleted, so it stays the same, and it shows nothing of the key. `first` is `{operation, query, noun, name}`.
 */
export const prove =
  (facts, label, { operation, query, noun, name }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { rows } = await readPage(api, z, bundle, operation, { query, size: 1, missing: false });
    const shown = at(rows[0], name);
    const first = shown === undefined || shown === null ? `no ${noun} yet` : `first ${noun} ${shown}`;
    const filled = { ...bundle.authData, environment: environment(api, bundle).label };
    return { account: label.replace(/\{(\w+)\}/g, (_, key) => String(filled[key] ?? '').trim() || first) };
  });
