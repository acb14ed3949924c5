/** Logging in where a token has to be got first: core keeps it, and comes again when it is no longer good. */
import { send } from './api.js';
import { at } from './paths.js';

/**
 * Answers `{[keep]: token}`, which core puts beside what was typed at login.
 *
 * `constants` are sent as they stand, `fills` are `{field of the request: field of the login}`, `token` is the
 * token's path in the reply.
 */
export const openSession =
  (api, { operation, constants, fills, token, keep }) =>
  async (z, bundle) => {
    const filled = Object.entries(fills).map(([name, field]) => [name, bundle.authData?.[field]?.trim()]);
    const body = { ...constants, ...Object.fromEntries(filled) };
    const { data } = await send(api, z, bundle, operation, { body, opening: true });
    const found = at(data, token);
    if (typeof found !== 'string' || !found) {
      throw new z.errors.Error(`${api.name} gave no token.`, 'UNEXPECTED_RESPONSE');
    }
    return { [keep]: found };
  };
