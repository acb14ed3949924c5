/**
 * What went wrong, as a sentence for the person whose Zap it is.
 *
 * A 429 never comes here: core throws ThrottledError before the app's own middleware runs.
 */
import { at } from './paths.js';

/** The error to throw for a failed reply. */
export const failure = (api, z, bundle, response) => {
  const { status, data, request } = response;
  const code = at(data, api.errors.code) ?? `HTTP_${status}`;
  const kind =
    api.errors.byCode[code] ?? api.errors.byStatus[status] ?? (status >= 500 ? 'unavailable' : 'unexpected');
  if (request.opening && REFUSED.includes(kind))
    return new z.errors.Error(hide(api, sentences.login(api, said(api, data)), bundle), 'AuthenticationError', 401);
  if (kind === 'authentication' && api.session) return new z.errors.RefreshAuthError();
  if (kind === 'authentication') return new z.errors.ExpiredAuthError(sentences.authentication(api));
  if (kind === 'rate_limited')
    return new z.errors.ThrottledError(`${api.name} asks to slow down.`, delay(response));
  const sentence = sentences[kind](api, {
    status,
    request,
    said: said(api, data),
    fields: fields(api, data),
  });
  return new z.errors.Error(hide(api, sentence, bundle), code, status);
};

/** The error to throw when there was no reply: name not resolved, connection refused, or too slow. */
export const unreachable = (api, z, method, { type }) => {
  const what = type === 'request-timeout' ? 'did not answer in time' : 'could not be reached';
  return new z.errors.Error(`${api.name} ${what}. ${afterwards(method)}`, 'UNREACHABLE');
};

/** What a request for a token may be refused with. */
const REFUSED = ['authentication', 'permission', 'validation', 'not_found'];

const sentences = {
  login: (api, words) => together(`${api.name} did not accept this login.`, words),
  authentication: (api) =>
    `${api.name} did not accept the key of this connection. Reconnect the account with a valid one.`,
  permission: (api, { request, said: words }) =>
    request.permission
      ? `The key of this connection lacks the permission ${request.permission}. Reconnect with a key that has it.`
      : together(`The key of this connection may not do this in ${api.name}.`, words),
  not_found: (api, { said: words }) => together(`${api.name} has no such record.`, words),
  validation: (api, { said: words, fields: named }) =>
    together(`${api.name} did not accept the input.`, words, named),
  unavailable: (api, { status, request }) =>
    `${api.name} has a problem of its own (status ${status}). ${afterwards(request.method)}`,
  unexpected: (api, { status, said: words }) =>
    together(`${api.name} refused the request (status ${status}).`, words),
};

const afterwards = (method) =>
  method === 'GET'
    ? 'Nothing was changed; try again in a few minutes.'
    : 'The change may or may not have been made: look before you try again.';

const together = (...parts) => parts.filter(Boolean).join(' ');

const said = (api, data) => {
  const words = at(data, api.errors.message);
  return typeof words === 'string' && words.trim() ? stop(words.trim()) : '';
};

/** Errors per field, given as a list of `{field, message}` or as an object of field to text or texts. */
const fields = (api, data) => {
  const found = api.errors.fields && at(data, api.errors.fields);
  const listed = Array.isArray(found) ? found.map((one) => [one?.field, one?.message]) : undefined;
  const words = at(data, api.errors.message) ?? '';
  return (listed ?? Object.entries(found ?? {}))
    .map(([field, texts]) => [field, [texts].flat().filter(isText).join(', ')])
    .filter(([field, text]) => field && text && !(words.includes(field) && words.includes(text)))
    .map(([field, text]) => stop(`${field}: ${text}`))
    .join(' ');
};

const isText = (value) => typeof value === 'string';

const stop = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

const delay = (response) => Number.parseInt(response.getHeader('retry-after'), 10) || 60;

/** A vendor may repeat what it was sent; the secrets typed at login are never shown again. */
const hide = (api, text, bundle) =>
  api.secrets
    .map((field) => bundle.authData?.[field])
    .filter(Boolean)
    .reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);
