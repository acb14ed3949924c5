/** Checks the address of the API, to which every request sends the login. */

/** Addresses of this machine, as n8n reaches it from a process or a container. */
const LOCAL = ['127.0.0.1', 'localhost', '[::1]', 'host.docker.internal'];

/** Returns an address without its final slashes if it is safe: https, or http on this machine; otherwise undefined. */
export const safeAddress = (given: unknown): string | undefined => {
	const address = String(given ?? '').trim().replace(/\/+$/, '');
	if (!URL.canParse(address)) return undefined;
	const { protocol, hostname, search, hash } = new URL(address);
	const safe = protocol === 'https:' || (protocol === 'http:' && LOCAL.includes(hostname));
	return safe && !search && !hash ? address : undefined;
};

/** Says what is wrong with an address. */
export const unsafeAddress = (vendor: string, given: unknown): string =>
	`The address in this credential is "${String(given ?? '').trim()}", which is not a secure ${vendor} address. ` +
	'Enter an https address like https://shop.example.com.';
