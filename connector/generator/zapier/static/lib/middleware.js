/** Adds the login to every request, and turns every failed reply into an error. */
import { baseUrl } from './api.js';
import { failure } from './failures.js';
import { isSendable, typedIn } from './typed.js';

/** Adds the login and the user agent to requests for the vendor's own host. Other requests stay as they are. */
export const signRequest = (api) => (request, z, bundle) => {
  if (new URL(request.url).origin !== new URL(baseUrl(api, bundle)).origin) return request;
  const { header, prefix, field, headers = {} } = api.credential;
  const credential = request.isLogin ? '' : typedIn(bundle, field);
  request.headers = { ...request.headers, accept: 'application/json', 'user-agent': api.userAgent };
  if (credential) request.headers[header] = prefix + sendable(api, z, field, credential);
  for (const [name, loginField] of Object.entries(headers)) {
    const value = typedIn(bundle, loginField);
    if (value) request.headers[name] = sendable(api, z, loginField, value);
  }
  return request;
};

/** Returns a value that a header can carry, else throws. The error does not show the value: it may be a secret. */
const sendable = (api, z, field, value) => {
  if (isSendable(value)) return value;
  const name = field.replaceAll('_', ' ').replace(/^api\b/, 'API');
  throw new z.errors.Error(
    `The ${name} of this connection contains a character that cannot be sent, such as a line break or a long dash. ` +
      `Copy it from ${api.name} again and reconnect the account.`,
    'INVALID_LOGIN',
  );
};

/** Throws an error for a failed reply or a redirect, unless the caller handles a 404 itself. */
export const explainFailure = (api) => (response, z, bundle) => {
  const expected = response.status === 404 && response.skipThrowForStatus;
  if (response.status < 300 || expected) return response;
  throw failure(api, z, bundle, response);
};
