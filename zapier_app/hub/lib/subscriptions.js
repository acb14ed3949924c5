/**
 * Runs triggers whose events are posted to Zapier's URLs, signed, and posted again until Zapier accepts them. Nothing is
 * polled: while a user sets up a Zap, `performList` requests the newest events in the shape in which they are posted.
 */
import { send, value } from './api.js';
import { withDeadline } from './deadline.js';
import { place } from './inputs.js';
import { rowsOf } from './pages.js';
import { isObject, merged, put } from './paths.js';
import { skipReason } from './rows.js';
import { shaped } from './shape.js';
import { signatureProblem } from './signatures.js';

/**
 * Subscribes Zapier's URL, and returns the ID of the subscription and the secret of its signatures, which Zapier stores
 * as `subscribeData`.
 *
 * In `{operation, url, body, id, secret}`, `url` is the path of Zapier's URL in the request's `body`, and `id` and
 * `secret` are paths in the response. The trigger's inputs are sent in the body, too.
 */
export const subscribeSigned =
  (facts, { subscribe: { operation, url, body, id, secret } }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const content = merged(body, place(z, bundle.inputData, fields, wire).body);
    put(content, url, bundle.targetUrl);
    const response = await send(api, z, bundle, operation, { body: content });
    const valueAt = (path) => value(api, z, { ...operation, result: [...operation.result, ...path] }, response);
    return { id: valueAt(id), secret: valueAt(secret) };
  });

/**
 * Lists the newest events. In `{operation, query, identity, shape}`, `identity` lists the paths of the values that
 * identify an event. The trigger's inputs are query parameters, with the names that they have in the body of the
 * subscription.
 */
export const listSamples =
  (facts, { operation, query, identity, shape }, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const options = {
      query: { ...query, ...place(z, bundle.inputData, fields, wire).body },
      reasonToSkip: skipReason({ identity }),
    };
    return (await rowsOf(api, z, bundle, operation, options)).map(shaped(shape));
  });

/**
 * Handles a post: returns a list with the event, or an empty list if the signature is not valid. Zapier starts no run for
 * an empty list; the reason is logged.
 */
export const receiveSigned =
  (facts, { signature }, { shape }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { rawRequest, subscribeData } = bundle;
    const problem = signatureProblem(rawRequest, subscribeData?.secret, signature, api.now()) ?? formProblem(rawRequest);
    if (problem) {
      z.console.log(`${api.name}: ignored a post, because ${problem}.`);
      return [];
    }
    return [shaped(shape)(JSON.parse(rawRequest.content))];
  });

const formProblem = ({ content }) => {
  try {
    return isObject(JSON.parse(content)) ? undefined : 'it is not an object';
  } catch {
    return 'it is not JSON';
  }
};
