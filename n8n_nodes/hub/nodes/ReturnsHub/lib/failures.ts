/** Turns failed requests into errors that say what went wrong and what to do. */
import type { JsonObject } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { at, isObject } from './paths';
import { redirection } from './redirects';
import { typedIn } from './run';
import { LOGIN_FAILED } from './session';
import type { Run } from './run';
import { httpDate } from './times';
import type { Kind, Operation } from './types';

/** An answer of the vendor, with its body parsed as JSON, or undefined if it is not JSON. */
export interface Answer {
	/** The address that the request was sent to, without its query. */
	url: string;
	status: number;
	data: unknown;
	empty: boolean;
	headers: Record<string, unknown>;
}

const LONGEST_WORDS = 500;
const LONGEST_CODE = 100;
/** The longest wait in seconds that is read from an answer; if it is too short, the vendor refuses again. */
const LONGEST_WAIT = 3600;
const TOO_MANY_REQUESTS = 429;

/** Creates n8n's error for a request. `status` is empty if there was no answer. */
export const apiError = (run: Run, message: string, status?: number): NodeApiError =>
	new NodeApiError(run.context.getNode(), {} as JsonObject, {
		message: hideSecrets(run, message),
		httpCode: status === undefined ? undefined : String(status),
		itemIndex: run.itemIndex,
	});

/** Creates the error for an unsuccessful answer, including redirects. */
export const failure = (run: Run, operation: Operation, answer: Answer): NodeApiError => {
	const kind = kindOf(run, answer);
	const words = vendorWords(run, answer.data);
	const sentence = joined(...sentences(run, operation, answer, words)[kind]);
	return apiError(run, sentence, answer.status);
};

/** Returns the wait in seconds that an answer asks for (RFC 9110, section 10.2.3), or undefined. */
export const waitOf = (run: Run, answer: Answer): number | undefined => {
	const asked = String(answer.headers['retry-after'] ?? '').trim();
	if (!asked) return undefined;
	const sent = httpDate(answer.headers.date);
	const until = (httpDate(asked) - (Number.isNaN(sent) ? run.now() : sent)) / 1000;
	const seconds = /^\d+(\.\d*)?$/.test(asked) ? Number(asked) : until;
	return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_WAIT);
};

/** Returns the kind of error that an answer means. */
export const kindOf = ({ vendor }: Run, { status, data }: Answer): Kind => {
	const code = String(at(data, vendor.errors.code) ?? '');
	const known = Object.hasOwn(vendor.errors.byCode, code) && code.length <= LONGEST_CODE;
	if (status < 400) return 'unexpected';
	const ofStatus = status === TOO_MANY_REQUESTS ? 'rate_limited' : status >= 500 ? 'unavailable' : 'unexpected';
	return (known ? vendor.errors.byCode[code] : undefined) ?? vendor.errors.byStatus[String(status)] ?? ofStatus;
};

type Parts = Array<string | false | undefined>;

const sentences = (run: Run, operation: Operation, answer: Answer, words: string): Record<Kind, Parts> => {
	const { name } = run.vendor;
	const { status } = answer;
	const wait = waitOf(run, answer);
	return {
		authentication: [
			`${name} did not accept the key of this credential. Correct the credential and try again.`,
			words,
		],
		permission: operation.permission
			? [`The key of this credential lacks the permission ${operation.permission}. Use a key that has it.`]
			: [`The key of this credential is not allowed to do this in ${name}.`, words],
		not_found: [`${name} has no such record.`, words],
		validation: [`${name} did not accept the input.`, words, fieldWords(run, answer.data)],
		rate_limited: [
			`${name} received too many requests.`,
			wait === undefined ? 'Try again in a minute.' : `Try again in ${wait} seconds.`,
		],
		unavailable: [
			`${name} reported a problem on its side (status ${status}).`,
			words,
			wait !== undefined && `It asks to wait ${wait} seconds.`,
			whatToDoNext(operation),
		],
		unexpected:
			status >= 400
				? [`${name} refused the request (status ${status}).`, words]
				: [
						...(redirection(name, answer.url, status, answer.headers.location) ?? [
							`${name} sent no result (status ${status}).`,
						]),
						whatToDoNext(operation),
					],
	};
};

/** Creates the error for a request without an answer. */
export const unreachable = (run: Run, operation: Operation, error: unknown): NodeApiError => {
	const { code, httpCode, message } = isObject(error) ? error : { code: '', httpCode: '', message: '' };
	if (String(httpCode) === '401') {
		return apiError(run, joined(...sentences(run, operation, NO_ANSWER, '').authentication), 401);
	}
	const failedLogin = Object.values(LOGIN_FAILED).find((words) => String(message).endsWith(words));
	if (failedLogin) return apiError(run, `${run.vendor.name} ${failedLogin}`, 401);
	const late = /ECONNABORTED|ETIMEDOUT/.test(String(code)) || /timeout/i.test(String(message));
	const problem = late ? 'did not answer in time' : 'could not be reached';
	return apiError(run, `${run.vendor.name} ${problem}. ${whatToDoNext(operation)}`);
};

const NO_ANSWER: Answer = { url: '', status: 401, data: undefined, empty: true, headers: {} };

/** Creates the error for an answer that does not contain what the vendor documents. */
export const unexpectedAnswer = (run: Run, operation: Operation, answer: Answer, problem: string): NodeApiError => {
	const what = answer.empty
		? `an empty answer (status ${answer.status})`
		: answer.data === undefined
			? 'an answer that is not JSON'
			: `an unexpected answer: ${problem}`;
	const after = operation.method === 'GET' ? '' : whatToDoNext(operation);
	return apiError(run, joined(`${run.vendor.name} sent ${what}.`, after), answer.status);
};

/** Says whether the request may have changed data, and what to do next. */
export const whatToDoNext = ({ method }: Operation): string =>
	method === 'GET'
		? 'Nothing was changed. Try again in a few minutes.'
		: 'The change may or may not have been made. Check before you try again.';

/** Returns the vendor's own message as a sentence; empty if the answer has none. */
const vendorWords = (run: Run, data: unknown): string => {
	const words = at(data, run.vendor.errors.message);
	return typeof words === 'string' && words.trim() ? asSentence(safeToShow(run, words)) : '';
};

/** Returns the vendor's messages about single fields, which are a list of `{field, message}` or an object. */
const fieldWords = (run: Run, data: unknown): string => {
	const { fields, message } = run.vendor.errors;
	const errors = fields ? at(data, fields) : undefined;
	const listed = Array.isArray(errors)
		? errors.map((one) => [one?.field, one?.message])
		: Object.entries(isObject(errors) ? errors : {});
	const main = String(at(data, message) ?? '');
	const found = listed
		.map(([field, texts]) => [field, [texts].flat().filter((one) => typeof one === 'string').join(', ')])
		.filter(([field, text]) => typeof field === 'string' && field && text)
		.filter(([field, text]) => !(main.includes(field) && main.includes(text)))
		.map(([field, text]) => asSentence(`${field}: ${text}`));
	return safeToShow(run, found.join(' '));
};

/** Replaces the secrets of the credential in a text by `[hidden]`, because a vendor's message may repeat them. */
export const hideSecrets = (run: Run, text: string): string =>
	run.vendor.secrets
		.map((field) => typedIn(run, field))
		.filter(Boolean)
		.reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);

/** Secrets are hidden before the text is cut, because a part of a secret would not be recognized. */
const safeToShow = (run: Run, text: string): string => {
	const characters = [...hideSecrets(run, text).replace(/\s+/g, ' ').trim()]; // by code point, so no emoji is cut
	return characters.length > LONGEST_WORDS
		? `${characters.slice(0, LONGEST_WORDS - 1).join('')}…`
		: characters.join('');
};

const asSentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

const joined = (...parts: Parts): string => parts.filter(Boolean).join(' ');
