/** Reads the details of a record. Zapier calls these functions later, and only for the records that fire. */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill } from './inputs.js';

/**
 * Reads one record by the values that were given to `z.dehydrate`: those that the path names fill the path, the
 * others are added to `query`. If the record no longer exists, the details are empty and the Zap continues.
 */
export const fetchDetails =
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
