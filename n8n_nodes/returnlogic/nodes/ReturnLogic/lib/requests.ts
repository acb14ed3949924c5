/** Sends requests to the vendor's API and takes the result out of each answer. */
import type { IDataObject, IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { safeAddress, unsafeAddress } from './addresses';
import { failure, kindOf, unexpectedAnswer, unreachable, waitOf } from './failures';
import type { Answer } from './failures';
import { at, isObject } from './paths';
import { invalid, typedIn } from './run';
import type { Run } from './run';
import type { Operation } from './types';

/** What one request adds to its operation. `missing`: an answer with status 404 is returned instead of thrown. */
export interface Parts {
	path?: string;
	query?: IDataObject;
	body?: IDataObject;
	missing?: boolean;
}

const ATTEMPTS = 3;
/** The longest wait in seconds for a rate limit; a longer one ends the step. */
const LONGEST_PAUSE = 60;
const SHORTEST_PAUSE = 1;
/** Returns the address of the API. */
const baseUrl = (run: Run): string => {
	const given = run.credential.baseUrl;
	const address = safeAddress(given);
	if (address === undefined) throw invalid(run, unsafeAddress(run.vendor.name, given));
	return address;
};

/**
 * Sends a request and returns the answer. Throws an error for people if it fails.
 *
 * A request that is refused for a rate limit did nothing, so it is sent again after the wait that the vendor asks for.
 * Nothing else is repeated. Redirects are not followed, because they would send the login to another host.
 */
export const send = async (run: Run, operation: Operation, parts: Parts = {}): Promise<Answer> => {
	for (let attempt = 1; ; attempt += 1) {
		const answer = await sendOnce(run, operation, parts);
		if (answer.status < 300 || (answer.status === 404 && parts.missing)) return answer;
		const wait = Math.max(waitOf(run, answer) ?? 2 ** attempt, SHORTEST_PAUSE);
		const again = run.waits && attempt < ATTEMPTS && wait <= LONGEST_PAUSE;
		if (!again || kindOf(run, answer) !== 'rate_limited') throw failure(run, operation, answer);
		await sleep(wait * 1000);
	}
};

const sendOnce = async (run: Run, operation: Operation, parts: Parts): Promise<Answer> => {
	const { method, login = {} } = operation;
	const values = { ...fromLogin(run, login.body), ...parts.body };
	// n8n removes an object without properties, but the vendor expects a body.
	const body = Object.keys(values).length > 0 ? values : '{}';
	const hasBody = parts.body !== undefined || login.body !== undefined;
	const options: IHttpRequestOptions = {
		method,
		url: baseUrl(run) + (parts.path ?? operation.path),
		qs: { ...fromLogin(run, login.query), ...parts.query },
		arrayFormat: 'repeat',
		headers: { accept: 'application/json', ...(hasBody ? { 'content-type': 'application/json' } : {}) },
		...(hasBody ? { body } : {}),
		json: true,
		timeout: run.vendor.timeout,
		disableFollowRedirect: true,
		returnFullResponse: true,
		// n8n renews a token after an answer with status 401, so it has to see that answer.
		ignoreHttpStatusErrors: run.vendor.session ? { ignore: true, except: [401] } : true,
	};
	const { credential } = run.vendor;
	try {
		const helper = run.context.helpers.httpRequestWithAuthentication;
		return answerOf(options.url, (await helper.call(run.context, credential, options)) as IN8nHttpFullResponse);
	} catch (error) {
		throw unreachable(run, operation, error);
	}
};

const answerOf = (url: string, { statusCode, headers, body }: IN8nHttpFullResponse): Answer => ({
	url,
	status: statusCode,
	data: isObject(body) || Array.isArray(body) ? body : undefined,
	empty: body === undefined || body === null || body === '',
	headers,
});

/** Returns the values that requests repeat from the login, keyed by the names that the request uses. */
const fromLogin = (run: Run, names: Record<string, string> = {}): IDataObject => {
	const values = Object.entries(names).map(([name, field]) => [name, typedIn(run, field)]);
	return Object.fromEntries(values.filter(([, value]) => value !== ''));
};

/** Returns the record in an answer. Throws an error if it is missing, or is not the expected record. */
export const record = (run: Run, operation: Operation, answer: Answer): IDataObject => {
	const found = at(answer.data, operation.result);
	if (!isObject(found)) throw unexpectedAnswer(run, operation, answer, problemAt(operation.result, found, 'an object'));
	const { member } = operation;
	const value = member ? found[member] : true;
	if (value === undefined || value === null || value === '') {
		throw unexpectedAnswer(run, operation, answer, problemAt([...operation.result, String(member)], undefined, ''));
	}
	return found as IDataObject;
};

/** Returns the list of records in an answer. Throws an error if there is no list. */
export const records = (run: Run, operation: Operation, answer: Answer): unknown[] => {
	const found = at(answer.data, operation.result);
	if (Array.isArray(found)) return found;
	throw unexpectedAnswer(run, operation, answer, problemAt(operation.result, found, 'a list'));
};

const problemAt = (path: string[], found: unknown, kind: string): string => {
	const where = path.join('.') || 'the body';
	return found === undefined || found === null ? `${where} is missing` : `${where} is not ${kind}`;
};
