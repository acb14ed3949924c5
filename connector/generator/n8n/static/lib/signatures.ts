/** Verifies signatures of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A post as it was received; the names of headers are in lower case. */
export interface Post {
	headers: Record<string, unknown>;
	content: string;
}

/**
 * Returns why a post is not genuine, as the end of a sentence, or undefined if its signature is valid.
 *
 * `tolerance` is the number of seconds by which the time of the post may differ from `now`, which is in milliseconds: an
 * old post may have been recorded and sent again by somebody else.
 */
export const signatureProblem = (post: Post, secret: string, tolerance: number, now: number): string | undefined => {
	const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => post.headers[`webhook-${name}`]);
	if (!isText(id) || !isText(timestamp) || !isText(signatures)) return 'a header of the signature is missing';
	if (!/^\d{1,12}$/.test(timestamp)) return 'its time is not a number';
	const difference = Math.abs(Math.round(now / 1000 - Number(timestamp)));
	if (difference > tolerance) return `its time differs from now by ${difference} seconds, more than ${tolerance}`;
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${post.content}`).digest();
	const isValid = signatures.split(' ').some((signature) => isEqual(signature, expected));
	return isValid ? undefined : 'its signature is wrong';
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isEqual = (signature: string, expected: Buffer): boolean => {
	const [version, text = ''] = signature.split(',');
	const given = Buffer.from(text, 'base64');
	return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
};
