/** What went wrong, as a sentence for the person whose Zap it is. */
import { at } from './paths.js';
import { retryDelay } from './retries.js';
import { said, saidOfFields, hide } from './words.js';

/** The error to throw for a failed reply: a status below 200 or above 299. */
export const failure = (api, z, bundle, response) => {
  const { status, data, request } = response;
  const code = codeOf(api, bundle, data) ?? `HTTP_${status}`;
  const kind = kindOf(api, code, response);
  const words = said(api, bundle, data);
  if (request.opening && REFUSED.includes(kind)) return refusedLogin(api, z, bundle, words);
  if (kind === 'authentication' && api.session) return new z.errors.RefreshAuthError();
  if (kind === 'authentication') return new z.errors.ExpiredAuthError(sentences.authentication(api));
  const delay = retryDelay(api, response);
  if (kind === 'rate_limited') return new z.errors.ThrottledError(`${api.name} asks to slow down.`, delay ?? 60);
  if (kind === 'unavailable' && delay !== undefined && request.method === 'GET')
    return new z.errors.ThrottledError(`${api.name} cannot answer now and asks to wait.`, delay);
  const fields = saidOfFields(api, bundle, data);
  const sentence = sentences[kind](api, { response, delay, said: words, fields });
  return new z.errors.Error(hide(api, sentence, bundle), code, status);
};

/** A code is a short text or a number; anything else names no kind of error, and may hold what was sent. */
const codeOf = (api, bundle, data) => {
  const found = at(data, api.errors.code);
  const code = ['string', 'number'].includes(typeof found) ? String(found) : '';
  return code && code.length <= LONGEST_CODE ? hide(api, code, bundle) : undefined;
};

const LONGEST_CODE = 100;

const kindOf = (api, code, response) => {
  const { status } = response;
  if (status < 400) return REDIRECTS.includes(status) && response.getHeader('location') ? 'redirect' : 'unexpected';
  const known = Object.hasOwn(api.errors.byCode, code) ? api.errors.byCode[code] : undefined;
  return known ?? api.errors.byStatus[status] ?? byNature(status);
};

/** A 304 is none: it says that what the caller has is still good, and this app asks for nothing of the kind. */
const REDIRECTS = [300, 301, 302, 303, 307, 308];

const byNature = (status) => {
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'unavailable' : 'unexpected';
};

/** The error to throw when no session could be opened; `words` are the vendor's. */
export const refusedLogin = (api, z, bundle, words = '') =>
  new z.errors.Error(hide(api, sentences.login(api, words), bundle), 'AuthenticationError', 401);

/** The error to throw when there was no reply, or none that could be read to its end. */
export const unreachable = (api, z, method, { type, code }) => {
  const what = ENDS[type] ?? (/^(Z_|ERR_)/.test(code ?? '') ? ENDS.broken : 'could not be reached');
  return new z.errors.Error(`${api.name} ${what}. ${afterwards(method)}`, 'UNREACHABLE');
};

const ENDS = {
  'request-timeout': 'did not answer in time',
  'max-size': 'sent a larger answer than this app reads',
  broken: 'broke off its answer, or packed it in a way that cannot be read',
};

/** The error to throw when a run has used up its time and another request would be needed. */
export const outOfTime = (api, z, method) =>
  new z.errors.Error(
    `${api.name} answers too slowly: this took more than ${api.runTimeout / 1000} seconds, and Zapier ends a run ` +
      `after 30. ${afterwards(method)}`,
    'OUT_OF_TIME',
  );

/** What a request for a token may be refused with. */
const REFUSED = ['authentication', 'permission', 'validation', 'not_found'];

const sentences = {
  login: (api, words) => together(`${api.name} did not accept this login.`, words),
  authentication: (api) =>
    `${api.name} did not accept the key of this connection. Reconnect the account with a valid one.`,
  permission: (api, { response: { request }, said: words }) =>
    request.permission
      ? `The key of this connection lacks the permission ${request.permission}. Reconnect with a key that has it.`
      : together(`The key of this connection may not do this in ${api.name}.`, words),
  not_found: (api, { said: words }) => together(`${api.name} has no such record.`, words),
  validation: (api, { said: words, fields: named }) =>
    together(`${api.name} did not accept the input.`, words, named),
  unavailable: (api, { response: { status, request }, delay }) =>
    together(
      `${api.name} has a problem of its own (status ${status}).`,
      delay !== undefined && `It asks to wait ${delay} seconds.`,
      afterwards(request.method),
    ),
  redirect: (api, { response: { status, request, getHeader } }) =>
    together(
      `${api.name} redirects ${place(request.url)} to another address (status ${status}).`,
      'No redirect is followed: the login would go along.',
      betterAddress(request.url, getHeader('location')),
      request.method !== 'GET' && !request.opening && afterwards(request.method),
    ),
  unexpected: (api, { response: { status, request }, said: words }) =>
    status < 400
      ? together(`${api.name} answered with status ${status}, which is no result.`, afterwards(request.method))
      : together(`${api.name} refused the request (status ${status}).`, words),
};

/** An address without its query, which may hold what was typed to log in. */
const place = (address) => {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
};

/** Names the target of a redirect where it is on the same host; any other is nothing to recommend. */
const betterAddress = (address, target) => {
  if (!URL.canParse(target, address)) return '';
  const [asked, offered] = [new URL(address), new URL(target, address)];
  const lessSafe = asked.protocol === 'https:' && offered.protocol !== 'https:';
  const upgraded = asked.protocol === 'http:' && offered.protocol === 'https:' && !asked.port && !offered.port;
  const same = asked.hostname === offered.hostname && (asked.port === offered.port || upgraded);
  return same && !lessSafe ? `The address to use is ${place(offered)}.` : '';
};

/** What became of the request, for the person who has to decide whether to send it again. */
export const afterwards = (method) =>
  method === 'GET'
    ? 'Nothing was changed; try again in a few minutes.'
    : 'The change may or may not have been made: look before you try again.';

const together = (...parts) => parts.filter(Boolean).join(' ');
