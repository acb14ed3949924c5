/**
 * Sends requests to the vendor's API and extracts the result from each response.
 *
 * `createApi` combines the settings in vendor.js with the environment variables and the clock. Its result, `api`, is
 * the first argument of most functions in lib/.
 */
import { timeLeft } from './deadline.js';
import { whatToDoNext, outOfTime, unreachable } from './failures.js';
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

export const createApi = (vendor, { env, now }) => ({ ...vendor, env, now });

/**
 * Returns the API's base URL: the value of the override variable if it is set, otherwise the URL that the user entered
 * at login, otherwise the URL of the environment chosen at login.
 */
export const baseUrl = (api, bundle) => {
  const address = api.env[api.overrideVariable] || typedAddress(api, bundle) || environment(api, bundle).url;
  return address.trim().replace(/\/+$/, '');
};

const typedAddress = (api, bundle) => (api.host ? typedIn(bundle, api.host) : '');

/**
 * Throws an error unless the base URL is safe for sending secrets. It must use https; if the override variable sets it,
 * http on this machine is allowed too.
 */
const requireSafeAddress = (api, z, bundle) => {
  const variable = api.env[api.overrideVariable];
  const address = variable || (api.host ? typedAddress(api, bundle) : environment(api, bundle).url);
  const { protocol, hostname, search, hash } = URL.canParse(address) ? new URL(address) : {};
  const secure = protocol === 'https:' || (variable && protocol === 'http:' && LOOPBACK.includes(hostname));
  if (secure && !search && !hash) return;
  const where = variable ? `The address in ${api.overrideVariable}` : 'The address of this connection';
  throw new z.errors.Error(
    `${where} is "${address ?? ''}", which is not a secure ${api.name} address. ` +
      'Enter an https address like https://shop.example.com.',
    'INVALID_ADDRESS',
  );
};

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Returns the environment that the user chose at login, `{label, url}`; by default the vendor's first environment. */
export const environment = (api, bundle) =>
  api.environments[bundle.authData?.environment] ?? Object.values(api.environments)[0];

/**
 * Sends a request and returns the response. Throws an error with a message for the user if the request fails.
 *
 * `operation` is an entry in operations.js. If `missing` is true, a response with status 404 is returned instead of
 * thrown. If `isLogin` is true, the request opens a session, so it is sent without a token.
 */
export const send = async (
  api,
  z,
  bundle,
  operation,
  { path = operation.path, query, body, missing = false, isLogin = false } = {},
) => {
  const { method, permission, preview, pathAssumed, login = {} } = operation;
  requireSafeAddress(api, z, bundle);
  const url = baseUrl(api, bundle) + path;
  const params = { ...loginValues(bundle, login.query), ...query };
  const content = login.body ? { ...loginValues(bundle, login.body), ...body } : body;
  // A 404 from a path that is only assumed may mean that the path does not exist, so it is an error.
  const options = { skipThrowForStatus: missing && !pathAssumed, permission, preview, isLogin };
  return sendOnce(api, z, { method, url, params, body: content, ...options });
};

/**
 * Sends a request once, with a timeout and a limit on the size of the response.
 *
 * Redirects are not followed, because they would send the credentials to another host, or turn a write into a read.
 * Zapier's core must not handle status 429 itself (`throwForThrottlingEarly`), because it misinterprets some values of
 * Retry-After.
 */
const sendOnce = async (api, z, request) => {
  const limit = timeLeft(api);
  if (limit <= 0) throw outOfTime(api, z, request.method);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limit);
  try {
    return await z.request({
      ...request,
      signal: stop.signal,
      size: api.maxBytes,
      redirect: 'manual',
      throwForThrottlingEarly: false,
    });
  } catch (error) {
    const late = stop.signal.aborted;
    stop.abort(); // stop reading and decompressing the rest of the response
    if (!['FetchError', 'AbortError'].includes(error.name)) throw error;
    throw unreachable(api, z, request.method, late ? { type: 'request-timeout' } : error);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Returns the values that the user entered at login, keyed by the names that the request uses. `names` maps each of
 * these names to the key of a login field. Empty values are left out.
 */
const loginValues = (bundle, names = {}) => {
  const values = Object.entries(names).map(([name, field]) => [name, typedIn(bundle, field)]);
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
};

/**
 * Returns the record in a response. Throws an error if the record is missing or does not have the property
 * `operation.member`, for example because the vendor reported an error with status 200.
 */
export const payload = (api, z, operation, response) => {
  const record = extract(api, z, operation, response, isObject, 'an object');
  const { member, result } = operation;
  if (member) extract(api, z, { ...operation, result: [...result, member] }, response, (one) => one !== '', 'a value');
  return record;
};

/** Returns the list of records in a response. Throws an error if the response does not contain a list. */
export const payloads = (api, z, operation, response) =>
  extract(api, z, operation, response, Array.isArray, 'a list');

/**
 * Returns a single value in a response, such as an ID. Throws an error if the value is missing, an object or a list.
 */
export const value = (api, z, operation, response) =>
  extract(api, z, operation, response, (one) => typeof one !== 'object', 'a value');

const extract = (api, z, operation, response, isExpected, kind) => {
  const result = at(response.data, operation.result);
  if (result !== undefined && result !== null && isExpected(result)) return result;
  throw new z.errors.Error(
    [unexpectedReply(api, operation, response, result, kind), afterWrite(operation)].filter(Boolean).join(' '),
    'UNEXPECTED_RESPONSE',
    response.status,
  );
};

const unexpectedReply = (api, { result: path }, { content, data, status }, result, kind) => {
  if (!content?.trim()) return `${api.name} sent an empty answer (status ${status}).`;
  if (data === undefined) return `${api.name} sent an answer that is not JSON.`;
  const where = path.join('.') || 'the body';
  const problem = result === undefined || result === null ? 'is missing' : `is not ${kind}`;
  return `${api.name} sent an unexpected answer: ${where} ${problem}.`;
};

/** Warns that a write may have succeeded although its response cannot be used; empty for reads. */
const afterWrite = ({ method }) => (method === 'GET' ? '' : whatToDoNext(method));
