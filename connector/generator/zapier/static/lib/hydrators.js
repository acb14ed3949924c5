/** What Zapier asks for later, and only for the records that fire. */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill } from './inputs.js';

/**
 * One record by what `z.dehydrate` was told: its values fill the path, the others go into the query, which adds
 * to `query`. A record that is gone by then has no details, and the Zap goes on without.
 */
export const fetchLater =
  (facts, { operation, query }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const values = bundle.inputData;
    const inPath = (name) => operation.path.includes(`{${name}}`);
    const others = Object.entries(values).filter(([name]) => !inPath(name));
    const response = await send(api, z, bundle, operation, {
      path: fill(z, operation.path, values),
      query: { ...query, ...Object.fromEntries(others) },
      missing: true,
    });
    if (response.status === 404) return {};
    return payload(api, z, operation, response);
  });
