/** Adds the files whose addresses a record contains, such as shipping labels, as binary data. */
import type { IBinaryKeyData, IDataObject, IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { apiError } from './failures';
import { isObject } from './paths';
import { safeAddress } from './addresses';
import { typedIn } from './run';
import type { Run } from './run';
import type { Path } from './types';

/** The name of the parameter with which a user asks for the files. */
export const DOWNLOAD = 'downloadLabels';
/** The largest file in bytes; a label has less than a hundredth of it. */
const MAX_BYTES = 10_000_000;
/** The most files of one record that are fetched. */
const MOST_FILES = 20;

/** Fetches the files at the addresses in a record. They are called `label`, `label2`, and so on. */
export const filesOf = async (run: Run, paths: Path[], record: IDataObject): Promise<IBinaryKeyData> => {
	const found = paths.flatMap((path) => valuesAt(record, path)).filter((one) => typeof one === 'string' && one !== '');
	const binary: IBinaryKeyData = {};
	for (const [index, address] of found.slice(0, MOST_FILES).entries()) {
		binary[index === 0 ? 'label' : `label${index + 1}`] = await fetched(run, address as string);
	}
	return binary;
};

const valuesAt = (value: unknown, [name, ...rest]: Path): unknown[] => {
	if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, [name, ...rest]));
	if (name === undefined) return [value];
	return isObject(value) ? valuesAt((value as IDataObject)[name], rest) : [];
};

/** Fetches one file, without the login. */
const fetched = async (run: Run, address: string) => {
	const { helpers } = run.context as IExecuteFunctions;
	if (!isSafe(run, address)) throw apiError(run, `The label is not at a secure address: ${address}.`);
	const answer = (await helpers.httpRequest({
		method: 'GET',
		url: address,
		encoding: 'arraybuffer',
		timeout: run.vendor.timeout,
		disableFollowRedirect: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	})) as IN8nHttpFullResponse;
	const content = Buffer.from(answer.body as unknown as ArrayBuffer);
	const type = String(answer.headers['content-type'] ?? 'application/pdf');
	if (answer.statusCode !== 200 || /^(text\/html|application\/json)/i.test(type)) {
		const { host } = new URL(address);
		throw apiError(run, `The label at ${host} is not available (status ${answer.statusCode}). It may have expired.`);
	}
	if (content.length > MAX_BYTES) throw apiError(run, `The label has ${content.length} bytes, which is too large.`);
	return await helpers.prepareBinaryData(content, nameOf(address, type), type.split(';')[0]);
};

/** Returns whether an address uses https; http is allowed for a sandbox on the host that the credential names. */
const isSafe = (run: Run, address: string): boolean => {
	if (!URL.canParse(address)) return false;
	const { protocol, hostname } = new URL(address);
	const base = safeAddress(typedIn(run, 'baseUrl'));
	const isTrial = base?.startsWith('http:') === true && new URL(base).hostname === hostname;
	return protocol === 'https:' || (protocol === 'http:' && isTrial);
};

const nameOf = (address: string, type: string): string => {
	const last = new URL(address).pathname.split('/').pop()?.replace(/[^\w.-]+/g, '') || 'label';
	if (/\.\w{2,4}$/.test(last)) return last;
	return `${last}${type.includes('pdf') ? '.pdf' : ''}`;
};
