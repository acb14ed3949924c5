/**
 * Hook triggers: the vendor posts to an address of Zapier's. What it posts says that something happened; the
 * record is read again, so that it has the shape that the list shows while a Zap is set up.
 */
import { payload, send, value } from './api.js';
import { fits } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, place } from './inputs.js';
import { at, isObject, mapped, put } from './paths.js';
import { isAmong, withDetails } from './triggers.js';

/** Registers Zapier's address for one kind of event: `subscribe` is `{operation, url, body, id}`. */
export const subscribe =
  (facts, { subscribe: { operation, url, body, id } }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const content = structuredClone(body);
    put(content, url, bundle.targetUrl);
    const response = await send(api, z, bundle, operation, { body: content });
    const whereItIs = { ...operation, result: [...operation.result, ...id] };
    return { id: value(api, z, whereItIs, response) };
  });

/** Takes the address back; one that is gone already is no failure. */
export const unsubscribe =
  (facts, { unsubscribe: { operation, parameter } }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const path = fill(z, operation.path, { [parameter]: bundle.subscribeData.id });
    await send(api, z, bundle, operation, { path, missing: true });
    return {};
  });

/**
 * What one post leads to: the record, or nothing where it is gone, came into another state than the one that is
 * wanted, or does not fit the filters. Nobody remembers earlier posts, so later states do not stand for it here.
 * `record` is `{operation, values, row, state}`: what reads it, the paths in the post that fill the operation's
 * path, where the row lies in the answer (without `operation`, in the post itself), and where the post says
 * which state was reached, if it does.
 */
export const delivered =
  (facts, { record }, source, { fields, wire }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { match } = place(z, bundle.inputData, fields, wire);
    const told = record.operation ? await read(api, z, bundle, record) : bundle.cleanedRequest;
    const rows = [at(told, record.row)].filter(isObject);
    const stated = record.state && at(bundle.cleanedRequest, record.state);
    const wanted = rows
      .filter((row) => cameInto(source, stated ?? (source.state && at(row, source.state))))
      .filter(fits(match));
    return source.details ? wanted.map(withDetails(z, source.details)) : wanted;
  });

const cameInto = ({ state: path, reached, initial }, state) =>
  !path || isAmong({ reached: reached && [reached[0]], initial }, state);

const read = async (api, z, bundle, { operation, values }) => {
  const found = mapped(values, (path) => at(bundle.cleanedRequest, path));
  const response = await send(api, z, bundle, operation, {
    path: fill(z, operation.path, found),
    missing: true,
  });
  return response.status === 404 ? undefined : payload(api, z, operation, response);
};
