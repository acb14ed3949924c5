/** Reads the details of records. Zapier calls these functions only for records that fire a trigger. */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill } from './inputs.js';
import { ASKED, shaped } from './shape.js';

/**
 * Reads one record with the values that were passed to `z.dehydrate`. Values whose names are in the operation's path
 * are inserted there, and all other values are added to `query`. `shape` changes the record, as in `shaped`. Returns an empty object if the record no longer
 * exists, so that the Zap continues.
 */
export const fetchDetails =
  (facts, { operation, query, shape }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { [ASKED]: asked, ...values } = bundle.inputData;
    const inPath = (name) => operation.path.includes(`{${name}}`);
    const others = Object.entries(values).filter(([name]) => !inPath(name));
    const response = await send(api, z, bundle, operation, {
      path: fill(z, operation.path, values),
      query: { ...query, ...Object.fromEntries(others) },
      missing: true,
    });
    if (response.status === 404) return {};
    return shaped(shape, { [ASKED]: asked })(payload(api, z, operation, response));
  });
