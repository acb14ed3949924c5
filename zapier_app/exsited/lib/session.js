/** Logging in where a token has to be got first: core keeps it, and comes again when it is no longer good. */
import { send } from './api.js';
import { withDeadline } from './deadline.js';
import { refusedLogin } from './failures.js';
import { at, mapped } from './paths.js';
import { isSendable, typedIn } from './typed.js';

/** Of a session core takes every 401 for one that is over, before the app sees it: here nothing was open yet. */
const opened = async (api, z, bundle, operation, body) => {
  try {
    return await send(api, z, bundle, operation, { body, opening: true });
  } catch (error) {
    throw error.name === 'RefreshAuthError' ? refusedLogin(api, z, bundle) : error;
  }
};

/**
 * Answers `{[keep]: token}`, which core puts beside what was typed at login.
 *
 * `constants` are sent as they stand, `fills` are `{field of the request: field of the login}`, `token` is the
 * token's path in the reply.
 */
export const openSession =
  (facts, { operation, constants, fills, token, keep }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const body = { ...constants, ...mapped(fills, (field) => typedIn(bundle, field) || undefined) };
    const { data } = await opened(api, z, bundle, operation, body);
    const found = at(data, token);
    if (typeof found !== 'string' || !found.trim() || !isSendable(found.trim())) {
      throw new z.errors.Error(`${api.name} answered without a token that can be used.`, 'UNEXPECTED_RESPONSE');
    }
    return { [keep]: found };
  });
