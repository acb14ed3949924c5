/**
 * Sends a request for each line of an action whose API accepts one line per request.
 *
 * A line that the vendor refuses does not keep the others from being sent. After any other error, such as a lost
 * response, the remaining lines are not sent.
 */
import type { IDataObject } from 'n8n-workflow';

import { apiError, whatToDoNext } from './failures';
import type { Run } from './run';
import type { Operation } from './types';

/** The statuses with which the vendor refuses one line. */
const REFUSALS = ['400', '404', '422'];

type SendOne = (body: IDataObject) => Promise<IDataObject>;
type Failure = Error & { httpCode?: string | null };

/**
 * Sends the lines in `body[key]`, each with the other members of the body, and returns the records as `{results}`.
 * Throws an error that names the lines that were written and those that were not. If nothing was written because of an
 * error that is not about a line, that error is thrown.
 */
export const sendLines = async (
	run: Run,
	operation: Operation,
	key: string,
	body: IDataObject,
	sendOne: SendOne,
): Promise<IDataObject> => {
	const { [key]: value, ...rest } = body;
	const lines = value as IDataObject[];
	const done = new Map<number, IDataObject>();
	const failed = new Map<number, Failure>();
	for (const [index, line] of lines.entries()) {
		try {
			done.set(index + 1, await sendOne({ ...rest, ...line }));
		} catch (error) {
			failed.set(index + 1, error as Failure);
			if (!isRefusal(error as Failure)) break;
		}
	}
	if (failed.size === 0) return { results: [...done.values()] };
	const unknown = ({ message }: Failure) => message.includes(whatToDoNext(operation));
	const [last] = [...failed.values()].slice(-1);
	const nothingDone = done.size === 0 && failed.size === 1 && !isRefusal(last) && !unknown(last);
	if (lines.length === 1 || nothingDone) throw apiError(run, last.message, statusOf(last));
	throw apiError(run, sentences(lines.length, [...done.keys()], failed, unknown), statusOf(last));
};

const isRefusal = ({ httpCode }: Failure): boolean => REFUSALS.includes(String(httpCode));

const statusOf = ({ httpCode }: Failure): number | undefined => (httpCode ? Number(httpCode) : undefined);

const sentences = (
	count: number,
	done: number[],
	failed: Map<number, Failure>,
	unknown: (error: Failure) => boolean,
): string => {
	const unsent = Array.from({ length: count }, (_, index) => index + 1).slice(done.length + failed.size);
	const states = [...failed].map(([number, error]) => {
		const state = unknown(error) ? `Whether line ${number} was written is unknown` : `Line ${number} was not written`;
		return `${state}: ${error.message}`;
	});
	const rest = unsent.length > 0 ? [`Lines not sent: ${unsent.join(', ')}.`] : [];
	return [written(count, done), ...states, ...rest].join(' ');
};

const written = (count: number, done: number[]): string =>
	done.length === 0
		? `None of ${count} lines was written.`
		: `${done.length} of ${count} lines ${done.length === 1 ? 'was' : 'were'} written: ${done.join(', ')}.`;
