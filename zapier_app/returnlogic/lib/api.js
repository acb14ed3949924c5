/**
 * The vendor's API as this app calls it.
 *
 * `connect` binds the vendor's facts to the surroundings, the environment variables and the clock;
 * the result, `api`, is the first argument of everything else in lib/.
 */
import { timeLeft } from './deadline.js';
import { afterwards, outOfTime, unreachable } from './failures.js';
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

export const connect = (vendor, { env, now }) => ({ ...vendor, env, now });

/** Where requests go: what the override variable says, else the address or the environment given at login. */
export const baseUrl = (api, bundle) => {
  const address = api.env[api.overrideVariable] || own(api, bundle) || environment(api, bundle).url;
  return address.trim().replace(/\/+$/, '');
};

const own = (api, bundle) => (api.host ? typedIn(bundle, api.host) : '');

/** Throws unless a secret may be sent to the address: https; or this machine, where the override variable says so. */
const check = (api, z, bundle) => {
  const variable = api.env[api.overrideVariable];
  const address = variable || (api.host ? own(api, bundle) : environment(api, bundle).url);
  const { protocol, hostname, search, hash } = URL.canParse(address) ? new URL(address) : {};
  const secure = protocol === 'https:' || (variable && protocol === 'http:' && LOOPBACK.includes(hostname));
  if (secure && !search && !hash) return;
  const where = variable ? `The address in ${api.overrideVariable}` : 'The address of this connection';
  throw new z.errors.Error(
    `${where} is "${address ?? ''}", which is no address of ${api.name} that a login may be sent to: ` +
      'write it like https://shop.example.com.',
    'INVALID_ADDRESS',
  );
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
  const options = { skipThrowForStatus: missing, permission, opening };
  return attempt(api, z, { method, url, params, body: content, ...options });
};

/**
 * One attempt, bounded in time and in size. No redirect is followed: the login would go along to any host, and a
 * write would become a read. Core would take a 429 before the app sees it, and misreads some of its delays.
 */
const attempt = async (api, z, request) => {
  const most = timeLeft(api);
  if (most <= 0) throw outOfTime(api, z, request.method);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), most);
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
    stop.abort(); // nothing more is read, unpacked or kept
    if (!['FetchError', 'AbortError'].includes(error.name)) throw error;
    throw unreachable(api, z, request.method, late ? { type: 'request-timeout' } : error);
  } finally {
    clearTimeout(timer);
  }
};

/** What was typed at login, under the names by which a request carries it, `{name: field}`; empty fields are left out. */
const typed = (bundle, names = {}) => {
  const values = Object.entries(names).map(([name, field]) => [name, typedIn(bundle, field)]);
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
};

/**
 * The record that an operation's reply is about, out of its envelope. Without the `member` that every such record has,
 * it is something else: an error that came with the status 200, say.
 */
export const payload = (api, z, operation, response) => {
  const record = found(api, z, operation, response, isObject, 'an object');
  const { member, result } = operation;
  if (member) found(api, z, { ...operation, result: [...result, member] }, response, (one) => one !== '', 'a value');
  return record;
};

/** The records of a list, out of its envelope. */
export const payloads = (api, z, operation, response) =>
  found(api, z, operation, response, Array.isArray, 'a list');

/** A single value of a reply: an id. */
export const value = (api, z, operation, response) =>
  found(api, z, operation, response, (one) => typeof one !== 'object', 'a value');

const found = (api, z, operation, response, fits, kind) => {
  const held = at(response.data, operation.result);
  if (held !== undefined && held !== null && fits(held)) return held;
  throw new z.errors.Error(
    [unexpected(api, operation, response, held, kind), made(operation)].filter(Boolean).join(' '),
    'UNEXPECTED_RESPONSE',
    response.status,
  );
};

const unexpected = (api, { result }, { content, data, status }, held, kind) => {
  if (!content?.trim()) return `${api.name} answered nothing (status ${status}).`;
  if (data === undefined) return `${api.name} answered in an unexpected form: the body is not JSON.`;
  const where = result.join('.') || 'the body';
  const wrong = held === undefined || held === null ? 'is missing' : `is not ${kind}`;
  return `${api.name} answered in an unexpected form: ${where} ${wrong}.`;
};

/** After a reply of 200 and above a write was taken, whatever the reply says. */
const made = ({ method }) => (method === 'GET' ? '' : afterwards(method));
