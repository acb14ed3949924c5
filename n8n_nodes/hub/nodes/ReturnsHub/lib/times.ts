/**
 * Parses the times in vendors' answers to milliseconds since the Unix epoch; NaN for an invalid time.
 *
 * `Date.parse` is not sufficient: it reads a time without a zone in the local zone and years below 100 as 19xx, and it
 * rejects leap seconds. Here, a time without a zone is in UTC.
 */

const LONGEST = 100;
const ZONE = String.raw`(?:Z|UTC|GMT|([+\u2212-])(\d\d)(?::?(\d\d))?)?`;
const INSTANT = new RegExp(
	String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[T ] *(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*${ZONE})?$`,
	'i',
);
const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d)?)?$/i;
const ZONED = /(Z|UTC|GMT|[+\u2212-]\d\d:?(\d\d)?)$/i;
const DAY_ONLY = /^\d{4}-\d\d-\d\d$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const HTTP_DATE = /^[a-z]{3}, (\d\d?) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i;

/** Parses a time in RFC 3339 or ISO 8601 form, or an HTTP date. */
export const moment = (value: unknown): number => {
	if (typeof value !== 'string' || value.length > LONGEST) return Number.NaN;
	const text = value.trim();
	const parts = INSTANT.exec(text) ?? BASIC.exec(text);
	return parts ? instant(parts) : httpDate(text);
};

/** Parses the date of an HTTP header, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7). */
export const httpDate = (value: unknown): number => {
	const parts = HTTP_DATE.exec(String(value ?? '').trim());
	if (!parts) return Number.NaN;
	const month = MONTHS.indexOf(parts[2].toLowerCase());
	if (month < 0) return Number.NaN;
	return utc(Number(parts[3]), month, Number(parts[1]), Number(parts[4]), Number(parts[5]), Number(parts[6]));
};

/** Returns the date as it is written in a date or time, such as 2026-10-31; undefined if the text is neither. */
export const writtenDay = (text: string): string | undefined =>
	INSTANT.test(text) && !Number.isNaN(moment(text)) ? text.slice(0, 10) : undefined;

/** Returns whether a time names its zone. A date alone needs none. */
export const isZoned = (text: string): boolean => DAY_ONLY.test(text) || ZONED.test(text);

/** Formats a time in UTC without fractions: 2026-10-31T09:30:00Z. */
export const utcText = (milliseconds: number): string =>
	new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Converts a time that is written without a zone to milliseconds since the Unix epoch, as clocks in `zone` show it.
 *
 * n8n's date picker writes times in the workflow's time zone, without naming it.
 */
export const zonelessMoment = (text: string, zone: string): number => {
	const asUtc = moment(text);
	if (Number.isNaN(asUtc)) return asUtc;
	// The offset at the wanted time is found in two steps, because the clocks may change between the two guesses.
	const guess = asUtc - offsetAt(asUtc, zone);
	return asUtc - offsetAt(guess, zone);
};

/** Returns how far clocks in a zone are ahead of UTC, in milliseconds. */
const offsetAt = (when: number, zone: string): number => {
	const format = new Intl.DateTimeFormat('en-CA', {
		timeZone: zone,
		hourCycle: 'h23',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
	});
	const parts = Object.fromEntries(format.formatToParts(when).map(({ type, value }) => [type, Number(value)]));
	const shown = utc(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
	return shown - Math.floor(when / 1000) * 1000;
};

const instant = (parts: RegExpExecArray): number => {
	const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
	const [fraction = '0', sign, hours = '0', minutes = '0'] = parts.slice(7);
	if (Number(hours) > 23 || Number(minutes) > 59 || year === 1) return Number.NaN; // the year 1 stands for "no time"
	const offset = (sign === '+' || !sign ? 1 : -1) * (Number(hours) * 60 + Number(minutes));
	const base = utc(year, month - 1, day, hour, minute, second);
	return base + Math.floor(Number(`0.${fraction}`) * 1000) - offset * 60_000;
};

/** Converts a date and time in UTC; NaN if they do not exist. A leap second becomes the following second. */
const utc = (
	year: number,
	month: number,
	day: number,
	hour: number,
	minute: number,
	second: number,
): number => {
	const date = new Date(0);
	date.setUTCFullYear(year, month, day);
	const exists = date.getUTCMonth() === month && date.getUTCDate() === day;
	const isTime =
		minute < 60 && second <= 60 && (hour < 24 || (hour === 24 && minute === 0 && second === 0));
	return exists && isTime ? date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 : Number.NaN;
};
