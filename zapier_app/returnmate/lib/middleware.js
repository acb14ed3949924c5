/** What happens to every request before it leaves, and to every reply before the app sees it. */
import { baseUrl } from './api.js';
import { failure } from './failures.js';
import { isSendable, typedIn } from './typed.js';

/** Says who is calling; adds the login for the vendor's own host, and for no other. */
export const signRequest = (api) => (request, z, bundle) => {
  if (new URL(request.url).origin !== new URL(baseUrl(api, bundle)).origin) return request;
  const { header, prefix, field, headers = {} } = api.credential;
  const credential = request.opening ? '' : typedIn(bundle, field);
  request.headers = { ...request.headers, accept: 'application/json', 'user-agent': api.userAgent };
  if (credential) request.headers[header] = prefix + sendable(api, z, field, credential);
  for (const [name, typed] of Object.entries(headers)) {
    const value = typedIn(bundle, typed);
    if (value) request.headers[name] = sendable(api, z, typed, value);
  }
  return request;
};

/** The value, unless no header can carry it; the error does not show it, since it may be a secret. */
const sendable = (api, z, field, value) => {
  if (isSendable(value)) return value;
  const name = field.replaceAll('_', ' ').replace(/^api\b/, 'API');
  throw new z.errors.Error(
    `The ${name} of this connection holds a character that cannot be sent, such as a line break or a long dash. ` +
      `Copy it from ${api.name} again and reconnect the account.`,
    'INVALID_LOGIN',
  );
};

/** Turns a failed reply or a redirect into a sentence, unless the caller asked to see a 404 itself. */
export const explainFailure = (api) => (response, z, bundle) => {
  const expected = response.status === 404 && response.skipThrowForStatus;
  if (response.status < 300 || expected) return response;
  throw failure(api, z, bundle, response);
};
