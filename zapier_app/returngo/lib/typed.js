/** Reads the values that the user entered at login. */
import { trimmed } from './compare.js';

/** Returns the value of one login field, trimmed: pasted keys often come with spaces around them. */
export const typedIn = (bundle, field) => trimmed(String(bundle.authData?.[field] ?? ''));

/** A header holds no line break and only Latin-1. Checked here because Node's error would show the whole secret. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a value can be sent in a header. */
export const isSendable = (value) => !UNSENDABLE.test(value);
