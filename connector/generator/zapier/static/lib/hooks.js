/**
 * Runs webhook triggers: subscribes an address of Zapier with the vendor, and handles what the vendor posts to it.
 *
 * A post only says that something happened. The record is read again, so it has the same fields as in the list that
 * `performList` shows while a Zap is set up.
 */
import { payload, send, value } from './api.js';
import { fits } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, place } from './inputs.js';
import { at, isObject, mapped, put } from './paths.js';
import { isAmong, withDetails } from './triggers.js';

/**
 * Subscribes Zapier's address to one kind of event. In `{operation, url, body, id}`, `url` is the place of the
 * address in the request's `body`, and `id` the place of the subscription's id in the reply.
 */
export const subscribe =
  (facts, { subscribe: { operation, url, body, id } }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const content = structuredClone(body);
    put(content, url, bundle.targetUrl);
    const response = await send(api, z, bundle, operation, { body: content });
    const idInReply = { ...operation, result: [...operation.result, ...id] };
    return { id: value(api, z, idInReply, response) };
  });

/** Deletes the subscription. One that no longer exists is not an error. */
export const unsubscribe =
  (facts, { unsubscribe: { operation, parameter } }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const path = fill(z, operation.path, { [parameter]: bundle.subscribeData.id });
    await send(api, z, bundle, operation, { path, missing: true });
    return {};
  });

/**
 * Returns the record that a post is about, as a list of one. The list is empty if the record no longer exists, is in
 * another state than the trigger's, or does not match the filters.
 *
 * `record` is `{operation, values, row, state}`: the operation that reads the record; the paths in the post that
 * fill the operation's path; the path of the record in the reply (without `operation`, in the post itself); and the
 * path of the new state in the post, if the post has it.
 */
export const receive =
  (facts, { record }, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const answer = record.operation ? await readRecord(api, z, bundle, record) : bundle.cleanedRequest;
    const rows = [at(answer, record.row)].filter(isObject);
    const postedState = record.state && at(bundle.cleanedRequest, record.state);
    const events = rows
      .filter((row) => isEvent(source, postedState ?? (source.state && at(row, source.state))))
      .filter(fits(match));
    return source.details ? events.map(withDetails(z, source.details)) : events;
  });

/**
 * A poll also takes later states, in case it missed the first one. A post does not: the app remembers no earlier
 * posts, so a record that moves on would fire twice. Hence only the first state counts.
 */
const isEvent = ({ state: path, firingStates, initialStates }, state) =>
  !path || isAmong({ firingStates: firingStates && [firingStates[0]], initialStates }, state);

const readRecord = async (api, z, bundle, { operation, values }) => {
  const ids = mapped(values, (path) => at(bundle.cleanedRequest, path));
  const response = await send(api, z, bundle, operation, {
    path: fill(z, operation.path, ids),
    missing: true,
  });
  return response.status === 404 ? undefined : payload(api, z, operation, response);
};
