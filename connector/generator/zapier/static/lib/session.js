/**
 * Requests access tokens from vendors that require one. Zapier's core stores the token, and requests a new token after
 * a response with status 401.
 */
import { send } from './api.js';
import { withDeadline } from './deadline.js';
import { refusedLogin } from './failures.js';
import { at, mapped } from './paths.js';
import { isSendable, typedIn } from './typed.js';

/**
 * Sends the request for a token. Zapier's core throws a RefreshAuthError for each response with status 401, as if the
 * token had expired. There is no token yet, so the status means that the vendor refused the credentials.
 */
const requestToken = async (api, z, bundle, operation, body) => {
  try {
    return await send(api, z, bundle, operation, { body, isLogin: true });
  } catch (error) {
    throw error.name === 'RefreshAuthError' ? refusedLogin(api, z, bundle) : error;
  }
};

/**
 * Requests a token and returns `{[storeAs]: token}`, which Zapier's core adds to the values that the user entered at
 * login (`bundle.authData`).
 *
 * `constants` are properties of the request's body, `fills` maps further properties to the login fields with their
 * values, and `token` is the path of the token in the response. Throws an error if the token is missing or invalid.
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
