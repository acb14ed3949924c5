/**
 * Runs create actions. Each action sends one request, which contains only the inputs that `wire` lists, and the
 * constants in `body`.
 */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill, place } from './inputs.js';
import { merged } from './paths.js';
import { shaped } from './shape.js';

export const write =
  (facts, { operation, body: constants = {}, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { path, query, body, app } = place(z, bundle.inputData, fields, wire);
    const response = await send(api, z, bundle, operation, {
      path: fill(z, operation.path, path),
      query,
      body: merged(constants, body),
    });
    return shaped(shape, app, z)(payload(api, z, operation, response));
  });
