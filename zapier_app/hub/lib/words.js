/** Extracts error messages from the vendor's responses, removes secrets and line breaks, and limits their length. */
import { at, isObject } from './paths.js';
import { typedIn } from './typed.js';

const MAX_LENGTH = 500;

/** Returns the vendor's error message as a sentence; empty if the response does not contain a message. */
export const vendorMessage = (api, bundle, data) => {
  const words = at(data, api.errors.message);
  return typeof words === 'string' && words.trim() ? asSentence(safeToShow(api, words, bundle)) : '';
};

/**
 * Returns the vendor's error messages for individual fields as sentences. The response contains a list of objects
 * `{field, message}`, or an object that maps each field to a message or a list of messages. Errors that the main
 * message already contains are left out.
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

/** Replaces the connection's secrets in a string by `[hidden]`, because a vendor's message may repeat them. */
export const hideSecrets = (api, text, bundle) =>
  api.secrets
    .map((field) => typedIn(bundle, field))
    .filter(Boolean)
    .reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);

/**
 * Hides secrets in a string, writes it on one line and limits its length. Secrets are hidden before the string is cut,
 * because a part of a secret would not be recognized.
 */
const safeToShow = (api, text, bundle) => cut(hideSecrets(api, text, bundle).replace(/\s+/g, ' ').trim());

const cut = (text) => {
  const characters = [...text]; // by code point, so that no emoji is cut in half
  return characters.length > MAX_LENGTH ? `${characters.slice(0, MAX_LENGTH - 1).join('')}…` : text;
};

const asSentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

const isText = (value) => typeof value === 'string';
