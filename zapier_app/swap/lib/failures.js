/**
 * Converts failed requests to errors that tell the Zap's owner what went wrong and what to do.
 *
 * A response with status 429, or a read that failed with `Retry-After`, becomes a ThrottledError, which makes Zapier
 * run the step again later.
 */
import { at } from './paths.js';
import { retryDelay } from './retries.js';
import { fieldErrors, hideSecrets, vendorMessage } from './words.js';

/** Creates the error for an unsuccessful response, including redirects. */
export const failure = (api, z, bundle, response) => {
  const { status, data, request } = response;
  const code = codeOf(api, bundle, data) ?? `HTTP_${status}`;
  const kind = kindOf(api, code, response);
  const words = vendorMessage(api, bundle, data);
  if (request.isLogin && REFUSED.includes(kind)) return refusedLogin(api, z, bundle, words);
  if (kind === 'authentication' && api.session) return new z.errors.RefreshAuthError();
  if (kind === 'authentication') return new z.errors.ExpiredAuthError(sentences.authentication(api));
  const delay = retryDelay(api, response);
  if (kind === 'rate_limited') {
    return new z.errors.ThrottledError(`${api.name} received too many requests.`, delay ?? DEFAULT_DELAY);
  }
  // Only a GET is safe to run again: a write may have been made before the vendor failed.
  if (kind === 'unavailable' && delay !== undefined && request.method === 'GET')
    return new z.errors.ThrottledError(`${api.name} is unavailable right now.`, delay);
  const fields = fieldErrors(api, bundle, data);
  const advice = REFUSALS.includes(status) && request.preview;
  const sentence = joined(sentences[kind](api, { response, delay, words, fields }), advice);
  return new z.errors.Error(hideSecrets(api, sentence, bundle), code, status);
};

/** The statuses with which the vendor may refuse a request that was guessed wrongly: the request of a preview. */
const REFUSALS = [400, 404, 405, 422];

/** The delay in seconds before Zapier runs a step again, if a response with status 429 has no valid Retry-After. */
const DEFAULT_DELAY = 60;

/**
 * Returns the vendor's error code if it is a number or a short string, otherwise undefined. A longer string may be a
 * message that repeats values from the request.
 */
const codeOf = (api, bundle, data) => {
  const value = at(data, api.errors.code);
  const code = ['string', 'number'].includes(typeof value) ? String(value) : '';
  return code && code.length <= LONGEST_CODE ? hideSecrets(api, code, bundle) : undefined;
};

const LONGEST_CODE = 100;

const kindOf = (api, code, response) => {
  const { status } = response;
  if (status < 400) return REDIRECTS.includes(status) && response.getHeader('location') ? 'redirect' : 'unexpected';
  const known = Object.hasOwn(api.errors.byCode, code) ? api.errors.byCode[code] : undefined;
  return known ?? api.errors.byStatus[status] ?? kindOfStatus(status);
};

/** The status codes of redirects. 304 (Not Modified) is not included, because it does not redirect to another URL. */
const REDIRECTS = [300, 301, 302, 303, 307, 308];

const kindOfStatus = (status) => {
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'unavailable' : 'unexpected';
};

/** Creates the error for credentials that the vendor refused. `words` is the vendor's message. */
export const refusedLogin = (api, z, bundle, words = '') =>
  new z.errors.Error(hideSecrets(api, sentences.login(api, words), bundle), 'AuthenticationError', 401);

/** Creates the error for a request that received no response, or whose response could not be read completely. */
export const unreachable = (api, z, method, { type, code }) => {
  const problem = PROBLEMS[type] ?? (/^(Z_|ERR_)/.test(code ?? '') ? PROBLEMS.broken : 'could not be reached');
  return new z.errors.Error(`${api.name} ${problem}. ${whatToDoNext(method)}`, 'UNREACHABLE');
};

const PROBLEMS = {
  'request-timeout': 'did not answer in time',
  'max-size': 'sent an answer that is too large for this app',
  broken: 'sent an answer that is incomplete or damaged',
};

/** Creates the error for a run in which there is no time left for another request. */
export const outOfTime = (api, z, method) =>
  new z.errors.Error(
    `${api.name} is answering too slowly: this step took more than ${api.runTimeout / 1000} seconds, and Zapier ` +
      `allows 30. ${whatToDoNext(method)}`,
    'OUT_OF_TIME',
  );

/** The kinds of errors that mean, in response to a request for a token, that the credentials were refused. */
const REFUSED = ['authentication', 'permission', 'validation', 'not_found'];

const sentences = {
  login: (api, words) =>
    joined(`${api.name} did not accept this login. Check what you entered and try again.`, words),
  authentication: (api) =>
    `${api.name} did not accept the key of this connection. Reconnect the account with a valid key.`,
  permission: (api, { response: { request }, words }) =>
    request.permission
      ? `The key of this connection lacks the permission ${request.permission}. Reconnect with a key that has it.`
      : joined(`The key of this connection is not allowed to do this in ${api.name}.`, words),
  not_found: (api, { words }) => joined(`${api.name} has no such record.`, words),
  validation: (api, { words, fields }) => joined(`${api.name} did not accept the input.`, words, fields),
  unavailable: (api, { response: { status, request }, delay, words }) =>
    joined(
      `${api.name} reported a problem on its side (status ${status}).`,
      words,
      delay !== undefined && `It asks to wait ${delay} seconds.`,
      whatToDoNext(request.method),
    ),
  redirect: (api, { response: { status, request, getHeader } }) =>
    joined(
      `${api.name} redirects ${withoutQuery(request.url)} to another address (status ${status}).`,
      'Redirects are not followed, to protect your login.',
      betterAddress(request.url, getHeader('location')),
      request.method !== 'GET' && !request.isLogin && whatToDoNext(request.method),
    ),
  unexpected: (api, { response: { status, request }, words }) =>
    status < 400
      ? joined(`${api.name} sent no result (status ${status}).`, whatToDoNext(request.method))
      : joined(`${api.name} refused the request (status ${status}).`, words),
};

/** Returns a URL without its query, which may contain credentials. */
const withoutQuery = (address) => {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
};

/** Suggests the target of a redirect as the new address; empty unless it is on the same host and equally secure. */
const betterAddress = (address, target) => {
  if (!URL.canParse(target, address)) return '';
  const [requested, offered] = [new URL(address), new URL(target, address)];
  const lessSafe = requested.protocol === 'https:' && offered.protocol !== 'https:';
  const upgraded = requested.protocol === 'http:' && offered.protocol === 'https:' && !requested.port && !offered.port;
  const same = requested.hostname === offered.hostname && (requested.port === offered.port || upgraded);
  return same && !lessSafe ? `Use the address ${withoutQuery(offered)} instead.` : '';
};

/** Returns sentences that say whether the failed request may have changed data, and what to do next. */
export const whatToDoNext = (method) =>
  method === 'GET'
    ? 'Nothing was changed. Try again in a few minutes.'
    : 'The change may or may not have been made. Check before you try again.';

const joined = (...parts) => parts.filter(Boolean).join(' ');
