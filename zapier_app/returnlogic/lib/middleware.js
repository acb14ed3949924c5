/** What happens to every request before it leaves, and to every reply before the app sees it. */
import { baseUrl } from './api.js';
import { failure } from './failures.js';

/** Says who is calling; adds the login for the vendor's own host, and for no other. */
export const signRequest = (api) => (request, z, bundle) => {
  if (new URL(request.url).origin !== new URL(baseUrl(api, bundle)).origin) return request;
  const { header, prefix, field, headers = {} } = api.credential;
  const credential = request.opening ? undefined : bundle.authData?.[field]?.trim();
  request.headers = { ...request.headers, accept: 'application/json', 'user-agent': api.userAgent };
  if (credential) request.headers[header] = prefix + credential;
  for (const [name, typed] of Object.entries(headers)) {
    const value = bundle.authData?.[typed]?.trim();
    if (value) request.headers[name] = value;
  }
  return request;
};

/** Turns a failed reply or a redirect into a sentence, unless the caller asked to see a 404 itself. */
export const explainFailure = (api) => (response, z, bundle) => {
  const expected = response.status === 404 && response.skipThrowForStatus;
  if (response.status < 300 || expected) return response;
  throw failure(api, z, bundle, response);
};
