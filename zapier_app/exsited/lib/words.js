/** A vendor's own words, fit to be shown: without secrets, on one line, and not too long. */
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

const MOST = 500;

/** What the vendor says of a failure, as a sentence; empty where it says nothing. */
export const said = (api, bundle, data) => {
  const words = at(data, api.errors.message);
  return typeof words === 'string' && words.trim() ? stop(shown(api, words, bundle)) : '';
};

/** Errors per field, given as a list of `{field, message}` or as an object of field to text or texts. */
export const saidOfFields = (api, bundle, data) => {
  const found = api.errors.fields && at(data, api.errors.fields);
  const listed = Array.isArray(found) ? found.map((one) => [one?.field, one?.message]) : undefined;
  const words = String(at(data, api.errors.message) ?? '');
  const named = (listed ?? Object.entries(isObject(found) ? found : {}))
    .map(([field, texts]) => [field, [texts].flat().filter(isText).join(', ')])
    .filter(([field, text]) => isText(field) && field && text && !(words.includes(field) && words.includes(text)))
    .map(([field, text]) => stop(`${field}: ${text}`));
  return shown(api, named.join(' '), bundle);
};

/** A vendor may repeat what it was sent; the secrets typed at login are never shown again. */
export const hide = (api, text, bundle) =>
  api.secrets
    .map((field) => typedIn(bundle, field))
    .filter(Boolean)
    .reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);

/** Secrets are hidden first: half of one, left at the end, would be found by nobody. */
const shown = (api, text, bundle) => cut(hide(api, text, bundle).replace(/\s+/g, ' ').trim());

const cut = (text) => {
  const characters = [...text];
  return characters.length > MOST ? `${characters.slice(0, MOST - 1).join('')}…` : text;
};

const stop = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

const isText = (value) => typeof value === 'string';
