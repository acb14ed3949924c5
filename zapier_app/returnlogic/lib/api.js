/**
 * Sends requests to the vendor's API and takes the result out of each reply.
 *
 * `createApi` joins the vendor's facts with the environment variables and the clock. The result, `api`, is the first
 * argument of every other function in lib/.
 */
import { timeLeft } from './deadline.js';
import { whatToDoNext, outOfTime, unreachable } from './failures.js';
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

export const createApi = (vendor, { env, now }) => ({ ...vendor, env, now });

/** Returns the API's address: the override variable if it is set, else the address or environment given at login. */
export const baseUrl = (api, bundle) => {
  const address = api.env[api.overrideVariable] || typedAddress(api, bundle) || environment(api, bundle).url;
  return address.trim().replace(/\/+$/, '');
};

const typedAddress = (api, bundle) => (api.host ? typedIn(bundle, api.host) : '');

/** Throws unless the address is safe for secrets: https, or http on this machine if the override variable sets it. */
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

/** Returns the environment chosen at login, `{label, url}`, or the first one if none was chosen. */
export const environment = (api, bundle) =>
  api.environments[bundle.authData?.environment] ?? Object.values(api.environments)[0];

/**
 * Sends one request and returns core's response. A failed request throws an error that the user can read.
 *
 * `operation` is one of operations.js. With `missing: true` a 404 is returned instead of thrown. With
 * `isLogin: true` the request opens a session, so it carries no token.
 */
export const send = async (
  api,
  z,
  bundle,
  operation,
  { path = operation.path, query, body, missing = false, isLogin = false } = {},
) => {
  const { method, permission, login = {} } = operation;
  requireSafeAddress(api, z, bundle);
  const url = baseUrl(api, bundle) + path;
  const params = { ...loginValues(bundle, login.query), ...query };
  const content = login.body ? { ...loginValues(bundle, login.body), ...body } : body;
  const options = { skipThrowForStatus: missing, permission, isLogin };
  return sendOnce(api, z, { method, url, params, body: content, ...options });
};

/**
 * Sends a request once, with a limit on its time and on the size of the answer.
 *
 * Redirects are not followed: the login would be sent to another host, and a write would become a read. Core must
 * not handle a 429 itself (`throwForThrottlingEarly`), because it misreads some values of Retry-After.
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
    stop.abort(); // stop reading and unpacking the rest of the answer
    if (!['FetchError', 'AbortError'].includes(error.name)) throw error;
    throw unreachable(api, z, request.method, late ? { type: 'request-timeout' } : error);
  } finally {
    clearTimeout(timer);
  }
};

/** Returns what the user entered at login, by the request's names, `{name: field}`, without empty values. */
const loginValues = (bundle, names = {}) => {
  const values = Object.entries(names).map(([name, field]) => [name, typedIn(bundle, field)]);
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
};

/**
 * Returns the record in a reply. Every record of the operation has the property `member`; a reply without it is
 * something else, for example an error with status 200, and throws.
 */
export const payload = (api, z, operation, response) => {
  const record = extract(api, z, operation, response, isObject, 'an object');
  const { member, result } = operation;
  if (member) extract(api, z, { ...operation, result: [...result, member] }, response, (one) => one !== '', 'a value');
  return record;
};

/** Returns the records of a list reply. */
export const payloads = (api, z, operation, response) =>
  extract(api, z, operation, response, Array.isArray, 'a list');

/** Returns a single value of a reply, such as an id. */
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

/** A write with a successful status may have been made, even if its reply cannot be read. */
const afterWrite = ({ method }) => (method === 'GET' ? '' : whatToDoNext(method));
