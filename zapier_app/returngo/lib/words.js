/** Reads the vendor's error messages and makes them safe to show: without secrets, on one line, and not too long. */
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

const MAX_LENGTH = 500;

/** Returns the vendor's error message as a sentence; empty if the reply has none. */
export const vendorMessage = (api, bundle, data) => {
  const words = at(data, api.errors.message);
  return typeof words === 'string' && words.trim() ? asSentence(safeToShow(api, words, bundle)) : '';
};

/**
 * Returns the vendor's errors per field as sentences. The reply has a list of `{field, message}`, or an object that
 * maps a field to one or more messages. Errors that the main message already contains are left out.
 */
export const fieldErrors = (api, bundle, data) => {
  const errors = api.errors.fields && at(data, api.errors.fields);
  const listed = Array.isArray(errors) ? errors.map((one) => [one?.field, one?.message]) : undefined;
  const words = String(at(data, api.errors.message) ?? '');
  const sentences = (listed ?? Object.entries(isObject(errors) ? errors : {}))
    .map(([field, texts]) => [field, [texts].flat().filter(isText).join(', ')])
    .filter(([field, text]) => isText(field) && field && text && !(words.includes(field) && words.includes(text)))
    .map(([field, text]) => asSentence(`${field}: ${text}`));
  return safeToShow(api, sentences.join(' '), bundle);
};

/** Replaces the secrets of the login in a text: a vendor may repeat what it was sent. */
export const hideSecrets = (api, text, bundle) =>
  api.secrets
    .map((field) => typedIn(bundle, field))
    .filter(Boolean)
    .reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);

/** Hides secrets before it cuts the text: a secret that was cut in half would not be recognized. */
const safeToShow = (api, text, bundle) => cut(hideSecrets(api, text, bundle).replace(/\s+/g, ' ').trim());

const cut = (text) => {
  const characters = [...text]; // by code point, so that no emoji is cut in half
  return characters.length > MAX_LENGTH ? `${characters.slice(0, MAX_LENGTH - 1).join('')}…` : text;
};

const asSentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

const isText = (value) => typeof value === 'string';
