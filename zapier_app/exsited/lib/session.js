/** Opens a session for vendors that need a token. Core stores the token and asks for a new one after a 401. */
import { send } from './api.js';
import { withDeadline } from './deadline.js';
import { refusedLogin } from './failures.js';
import { at, mapped } from './paths.js';
import { isSendable, typedIn } from './typed.js';

/**
 * Requests a token. Core turns every 401 into a RefreshAuthError before the app sees it, as if a session had ended.
 * Here no session exists yet, so a 401 means that the login was refused.
 */
const requestToken = async (api, z, bundle, operation, body) => {
  try {
    return await send(api, z, bundle, operation, { body, isLogin: true });
  } catch (error) {
    throw error.name === 'RefreshAuthError' ? refusedLogin(api, z, bundle) : error;
  }
};

/**
 * Returns `{[storeAs]: token}`, which core adds to the values that the user entered at login.
 *
 * `constants` are sent as they are, `fills` maps fields of the request to fields of the login, and `token` is the path
 * of the token in the reply.
 */
export const openSession =
  (facts, { operation, constants, fills, token: tokenPath, storeAs }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const body = { ...constants, ...mapped(fills, (field) => typedIn(bundle, field) || undefined) };
    const { data } = await requestToken(api, z, bundle, operation, body);
    const token = at(data, tokenPath);
    if (typeof token !== 'string' || !token.trim() || !isSendable(token.trim())) {
      throw new z.errors.Error(`${api.name} did not return a usable token for this login.`, 'UNEXPECTED_RESPONSE');
    }
    return { [storeAs]: token };
  });
