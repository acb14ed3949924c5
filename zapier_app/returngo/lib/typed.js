/** What a person typed at login, as it is sent. */
import { trimmed } from './compare.js';

/** The value of one field of the login, without the blanks around it that come along when it is pasted. */
export const typedIn = (bundle, field) => trimmed(String(bundle.authData?.[field] ?? ''));

/** A header takes no line break and no character beyond Latin-1; Node would show the whole value in its error. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a value can stand in a header of a request. */
export const isSendable = (value) => !UNSENDABLE.test(value);
