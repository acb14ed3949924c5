/**
 * Runs webhook triggers: subscribes Zapier's URLs to the vendor's events, and handles the posts that the vendor sends.
 *
 * A post may contain only a part of the record. If the vendor has a request for the record, it is read again, so that
 * it has the same fields as the records that `performList` returns while a user sets up a Zap.
 */
import { payload, send, value } from './api.js';
import { fits, isNotAmong } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, isEmpty, place } from './inputs.js';
import { at, isObject, mapped, put } from './paths.js';
import { withReachedAt } from './rows.js';
import { forZap, isAmong } from './triggers.js';

/**
 * Subscribes Zapier's URL to an event, and returns the ID of the subscription, which Zapier stores.
 *
 * In `{operation, url, body, id}`, `url` is the path of Zapier's URL in the request's `body`, and `id` is the path of
 * the subscription's ID in the response.
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

/** Deletes the subscription that Zapier stored. If it no longer exists, no error is thrown. */
export const unsubscribe =
  (facts, { unsubscribe: { operation, parameter } }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const path = fill(z, operation.path, { [parameter]: bundle.subscribeData.id });
    await send(api, z, bundle, operation, { path, missing: true });
    return {};
  });

/**
 * Handles a post: returns a list with the record that the post is about. The list is empty if the record no longer
 * exists, does not have the state that fires the trigger, is excluded, or does not match the filters. The record may
 * have entered a later state before it is read, so the posted state counts.
 *
 * In `record`, `{operation, values, row, state}`:
 *
 * - `operation` is the request that reads the record; without it, the record is in the post.
 * - `values` maps the parameters in the request's path to paths in the post.
 * - `row` is the path of the record in the result of the request, or in the post.
 * - `state` is the path of the new state in the post. Without it, the state is read from the record.
 */
export const receive =
  (facts, { record }, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match, app } = place(z, bundle.inputData, fields, wire);
    const answer = record.operation ? await readRecord(api, z, bundle, record) : bundle.cleanedRequest;
    const rows = [at(answer, record.row)].filter(isObject).map(withReachedAt(source.reachedAt));
    const postedState = record.state && at(bundle.cleanedRequest, record.state);
    const asPosted = (row) => (postedState && source.state ? withValue(row, source.state, postedState) : row);
    const events = rows
      .filter((row) => isEvent(source, source.state && at(asPosted(row), source.state)))
      .filter((row) => isNotAmong(source.unless)(asPosted(row)) && fits(match)(asPosted(row)));
    return events.map(forZap(z, source, app));
  });

/**
 * Returns whether a state fires a webhook trigger. Only the first of the trigger's states does. A poll also accepts
 * later states, in case it missed the first state. With posts, a record would then fire again whenever it enters a
 * later state, because the app does not store earlier posts.
 */
const isEvent = ({ state: path, firingStates, initialStates }, state) =>
  !path || isAmong({ firingStates: firingStates && [firingStates[0]], initialStates }, state);

/** Returns a copy of a row with another value at a path. */
const withValue = (row, path, value) => {
  const copy = structuredClone(row);
  put(copy, path, value);
  return copy;
};

const readRecord = async (api, z, bundle, { operation, values }) => {
  const ids = mapped(values, (path) => at(bundle.cleanedRequest, path));
  if (Object.values(ids).some(isEmpty)) return undefined; // the post is not about a record
  const response = await send(api, z, bundle, operation, {
    path: fill(z, operation.path, ids),
    missing: true,
  });
  return response.status === 404 ? undefined : payload(api, z, operation, response);
};
