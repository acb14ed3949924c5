/** Adds the credentials to each request, and throws an error for each unsuccessful response. */
import { baseUrl } from './api.js';
import { failure } from './failures.js';
import { isSendable, typedIn } from './typed.js';

/** Adds the credentials and the user agent to requests to the vendor's API. Requests to other hosts are not changed. */
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

/**
 * Returns `value` if it can be sent in a header, otherwise throws an error. The error does not contain the value, which
 * may be a secret.
 */
const sendable = (api, z, field, value) => {
  if (isSendable(value)) return value;
  const name = field.replaceAll('_', ' ').replace(/^api\b/, 'API');
  throw new z.errors.Error(
    `The ${name} of this connection contains a character that cannot be sent, such as a line break or a long dash. ` +
      `Copy it from ${api.name} again and reconnect the account.`,
    'INVALID_LOGIN',
  );
};

/** Throws an error for an unsuccessful response, unless it is a file, or has status 404 and the caller handles a missing record. */
export const explainFailure = (api) => (response, z, bundle) => {
  const { isFile } = response.request ?? {};
  const expected = isFile || (response.status === 404 && response.skipThrowForStatus);
  if (response.status < 300 || expected) return response;
  throw failure(api, z, bundle, response);
};
