/** Reads the values that the user entered in the login fields. */
import { trimmed } from './compare.js';

/**
 * Returns the value of a login field without surrounding spaces, which pasted keys often have; empty if it is missing.
 */
export const typedIn = (bundle, field) => trimmed(String(bundle.authData?.[field] ?? ''));

/**
 * Matches characters that a header cannot contain: control characters and characters outside Latin-1. The check is done
 * here because Node's error message would contain the whole secret.
 */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** Returns whether a value can be sent in an HTTP header. */
export const isSendable = (value) => !UNSENDABLE.test(value);
