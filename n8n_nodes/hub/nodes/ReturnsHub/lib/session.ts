/** Requests access tokens for the credential. n8n stores the token, and asks for another when it is refused. */
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestMethods,
} from 'n8n-workflow';
import { UserError } from 'n8n-workflow';

import { safeAddress, unsafeAddress } from './addresses';
import { at } from './paths';

/** What follows the vendor's name in the errors of a login. n8n hands on nothing but these texts. */
export const LOGIN_FAILED = {
	refused: 'did not accept this login. Correct the credential and try again.',
	throttled: 'received too many requests while logging in. Try again in a minute.',
	unavailable: 'reported a problem on its side while logging in. Try again in a few minutes.',
	unusable: 'did not return a usable token for this login. Check the address of the credential.',
};

interface Login {
	readonly name: string;
	readonly method: string;
	readonly path: string;
	/** Properties of the request's body, and the credential's fields that fill further ones. */
	readonly constants: Readonly<Record<string, string>>;
	readonly fills: Readonly<Record<string, string>>;
	/** The path of the token in the answer. */
	readonly token: readonly string[];
}

/** Requests a token, and returns it as the credential's hidden field. */
export const openSession = async (
	{ helpers }: IHttpRequestHelper,
	{ name, method, path, constants, fills, token }: Login,
	credential: ICredentialDataDecryptedObject,
): Promise<IDataObject> => {
	const filled = Object.entries(fills).map(([key, field]) => [key, String(credential[field] ?? '').trim()]);
	const address = safeAddress(credential.baseUrl);
	if (address === undefined) throw new UserError(unsafeAddress(name, credential.baseUrl));
	const { statusCode, body } = await helpers.httpRequest({
		method: method as IHttpRequestMethods,
		url: address + path,
		body: { ...constants, ...Object.fromEntries(filled) },
		json: true,
		disableFollowRedirect: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	});
	const found = at(body, [...token]);
	if (statusCode === 429) throw new UserError(`${name} ${LOGIN_FAILED.throttled}`);
	if (statusCode >= 400 && statusCode < 500) throw new UserError(`${name} ${LOGIN_FAILED.refused}`);
	if (statusCode >= 500) throw new UserError(`${name} ${LOGIN_FAILED.unavailable}`);
	if (typeof found !== 'string' || !found.trim()) throw new UserError(`${name} ${LOGIN_FAILED.unusable}`);
	return { sessionToken: found };
};
