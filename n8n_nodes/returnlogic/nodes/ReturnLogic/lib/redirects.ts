/** Explains redirects, which are not followed: they would send the login to an address that the user did not enter. */

/** The statuses of redirects. 304 (Not Modified) names no other address. */
const REDIRECTS = [300, 301, 302, 303, 307, 308];

/** Returns the sentences about a redirect of a request to `url`; undefined for any other answer. */
export const redirection = (name: string, url: string, status: number, target: unknown): string[] | undefined => {
	if (!REDIRECTS.includes(status) || typeof target !== 'string' || !URL.canParse(url)) return undefined;
	return [
		`${name} redirects ${withoutQuery(new URL(url))} to another address (status ${status}).`,
		'Redirects are not followed, to protect your login.',
		betterAddress(new URL(url), target),
	];
};

const withoutQuery = ({ origin, pathname }: URL): string => origin + pathname;

/** Suggests the target of a redirect as the new address; empty unless it is on the same host and equally secure. */
const betterAddress = (requested: URL, target: string): string => {
	if (!URL.canParse(target, requested.href)) return '';
	const offered = new URL(target, requested.href);
	const lessSafe = requested.protocol === 'https:' && offered.protocol !== 'https:';
	const upgraded =
		requested.protocol === 'http:' && offered.protocol === 'https:' && !requested.port && !offered.port;
	const same = requested.hostname === offered.hostname && (requested.port === offered.port || upgraded);
	return same && !lessSafe ? `Use the address ${withoutQuery(offered)} instead.` : '';
};
