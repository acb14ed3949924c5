/**
 * Runs create actions. Each action sends one request, which contains only the inputs that `wire` lists, and the
 * constants in `body`. With `each`, the key of a list in the body, it sends one request for each line of this list.
 */
import { payload, send } from './api.js';
import { withDeadline } from './deadline.js';
import { fill, place } from './inputs.js';
import { sendLines } from './lines.js';
import { merged } from './paths.js';
import { shaped } from './shape.js';

export const write =
  (facts, { operation, body: constants = {}, each, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { path, query, body, app } = place(z, bundle.inputData, fields, wire);
    const sendOne = async (content) => {
      const response = await send(api, z, bundle, operation, {
        path: fill(z, operation.path, path),
        query,
        body: merged(constants, content),
      });
      return payload(api, z, operation, response);
    };
    return shaped(shape, app, z)(each ? await sendLines(z, operation, each, body, sendOne) : await sendOne(body));
  });
