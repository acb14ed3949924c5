/**
 * The vendor's API as this app calls it.
 *
 * `connect` binds the vendor's facts to the surroundings, the environment variables and the clock;
 * the result, `api`, is the first argument of everything else in lib/.
 */
import { unreachable } from './failures.js';
import { at } from './paths.js';

export const connect = (vendor, { env, now }) => ({ ...vendor, env, now });

/** Where requests go: what the override variable says, else the address or the environment given at login. */
export const baseUrl = (api, bundle) => {
  const address = api.env[api.overrideVariable] || own(api, bundle) || environment(api, bundle).url;
  return address.replace(/\/+$/, '');
};

const own = (api, bundle) => (api.host ? bundle.authData?.[api.host]?.trim() : '');

/** Throws unless the address typed at login is one that a secret may be sent to: https, or this machine. */
const check = (api, z, bundle) => {
  const address = own(api, bundle);
  if (!api.host || api.env[api.overrideVariable]) return;
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : {};
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname))) return;
  const example = 'write it like https://shop.example.com';
  throw new z.errors.Error(`"${address}" is no address of ${api.name}: ${example}.`, 'INVALID_ADDRESS');
};

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** What was chosen at login, `{label, url}`; the first one if nothing was. */
export const environment = (api, bundle) =>
  api.environments[bundle.authData?.environment] ?? Object.values(api.environments)[0];

/**
 * Sends one request and returns core's response; failures have become sentences by then.
 * `operation` is one of operations.js. With `missing: true` a 404 is an answer, not a failure.
 */
export const send = async (
  api,
  z,
  bundle,
  operation,
  { path = operation.path, query, body, missing = false, opening = false } = {},
) => {
  const { method, permission, login = {} } = operation;
  check(api, z, bundle);
  const url = baseUrl(api, bundle) + path;
  const params = { ...typed(bundle, login.query), ...query };
  const content = login.body ? { ...typed(bundle, login.body), ...body } : body;
  try {
    const options = { timeout: api.timeout, skipThrowForStatus: missing, permission, opening };
    return await z.request({ method, url, params, body: content, ...options });
  } catch (error) {
    throw error.name === 'FetchError' ? unreachable(api, z, method, error) : error;
  }
};

/** What was typed at login, under the names by which a request carries it: `{name: field}`. */
const typed = (bundle, names = {}) =>
  Object.fromEntries(Object.entries(names).map(([name, field]) => [name, bundle.authData?.[field]]));

/** What an operation's reply is about, out of its envelope. */
export const payload = (api, z, operation, response) => {
  const found = at(response.data, operation.result);
  if (found === undefined || found === null) {
    throw new z.errors.Error(
      `${api.name} answered in an unexpected form: ${operation.result.join('.') || 'the body'} is missing.`,
      'UNEXPECTED_RESPONSE',
      response.status,
    );
  }
  return found;
};
