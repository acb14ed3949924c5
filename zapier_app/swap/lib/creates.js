/** Runs actions: each is one request, with the inputs that `wire` names and no others. */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill, place } from './inputs.js';

export const write =
  (facts, { operation }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { path, query, body } = place(z, bundle.inputData, fields, wire);
    const response = await send(api, z, bundle, operation, {
      path: fill(z, operation.path, path),
      query,
      body,
    });
    return payload(api, z, operation, response);
  });
