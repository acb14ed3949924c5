/** Verifies signatures of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks */
import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Returns why a post is not genuine, as the end of a sentence, or undefined if its signature is valid.
 *
 * `content` is the body as it was received. `tolerance` is the number of seconds by which the time of the post may
 * differ from `now`, which is in milliseconds: an old post may have been recorded and sent again by somebody else.
 */
export const signatureProblem = ({ headers, content } = {}, secret, { tolerance }, now) => {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => header(headers, `webhook-${name}`));
  if (!id || !timestamp || !signatures) return 'a header of the signature is missing';
  if (typeof secret !== 'string' || typeof content !== 'string') return 'the secret or the body is missing';
  if (!/^\d{1,12}$/.test(timestamp)) return 'its time is not a number';
  const difference = Math.abs(Math.round(now / 1000 - Number(timestamp)));
  if (difference > tolerance) return `its time differs from now by ${difference} seconds, more than ${tolerance}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${content}`).digest();
  const isValid = signatures.split(' ').some((signature) => isEqual(signature, expected));
  return isValid ? undefined : 'its signature is wrong';
};

const isEqual = (signature, expected) => {
  const [version, text = ''] = signature.split(',');
  const given = Buffer.from(text, 'base64');
  return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
};

/** Returns the value of a header. Zapier writes `webhook-id` as `Http-Webhook-Id`. */
const header = (headers = {}, name) => {
  const names = [name, `http-${name}`];
  return Object.entries(headers).find(([key]) => names.includes(key.toLowerCase()))?.[1];
};
