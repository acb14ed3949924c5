/**
 * Offers the file at an address in a record, such as a shipping label, as a file that later steps can attach. Zapier
 * downloads the file only if a step uses it.
 */
import { withDeadline, timeLeft } from './deadline.js';

/** The largest file in bytes; a label has less than a hundredth of it. */
const MAX_FILE_BYTES = 10_000_000;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Returns a function that adds a file to an object: a placeholder that Zapier replaces by the file. `hydrate` is the
 * function that fetches it. Without an address, the file is null.
 */
export const withFile = (z, hydrate) => (holder, name) => ({
  ...holder,
  [FILE]: typeof holder[name] === 'string' && holder[name] ? z.dehydrateFile(hydrate, { url: holder[name] }) : null,
});

/** The property of an object that contains the file. */
export const FILE = 'label_file';

/**
 * Fetches a file and stores it at Zapier; returns its address there. The address of the file must be secure. It is
 * fetched without the login, unless it is on the vendor's own host.
 */
export const fetchFile = (facts) =>
  withDeadline(facts, async (api, z, bundle) => {
    const { url } = bundle.inputData;
    if (!isSecure(api, url)) throw new z.errors.Error(`The file is not at a secure address: ${url}.`, 'INVALID_FILE');
    const response = await z.request({
      url,
      raw: true, // text would be changed to UTF-8
      isFile: true,
      signal: AbortSignal.timeout(Math.max(timeLeft(api), 1)),
      size: MAX_FILE_BYTES,
      redirect: 'manual',
      skipThrowForStatus: true,
      throwForThrottlingEarly: false,
    });
    const type = response.headers.get('content-type') ?? 'application/pdf';
    if (response.status !== 200 || /^(text\/html|application\/json)/i.test(type)) {
      throw new z.errors.Error(
        `The file at ${new URL(url).host} is not available (status ${response.status}). It may have expired.`,
        'FILE_NOT_AVAILABLE',
      );
    }
    const content = await response.buffer();
    return z.stashFile(content, content.length, nameOf(url, type), type);
  });

const isSecure = (api, url) => {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : {};
  const isTrial = Boolean(api.env[api.overrideVariable]) && LOOPBACK.includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isTrial);
};

/** Returns a file name from an address: `label-1234.pdf`. */
const nameOf = (url, type) => {
  const last = new URL(url).pathname.split('/').pop().replace(/[^\w.-]+/g, '') || 'label';
  if (/\.\w{2,4}$/.test(last)) return last;
  return `${last}${type.includes('pdf') ? '.pdf' : ''}`;
};
