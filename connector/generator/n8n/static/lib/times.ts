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
const OFFSET = String.raw`(?:([+-])(\d\d)(\d\d)|UTC?|GMT|Z)`;
const CLOCK = String.raw`(\d\d?):(\d\d)(?::(\d\d))?`;
/** Matches dates of e-mails and the first two formats of RFC 9110, of which the second has a year of two digits. */
const MAIL = new RegExp(
	String.raw`^(?:[a-z]+,\s*)?(\d\d?)[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{4}|\d\d)\s+${CLOCK}\s*${OFFSET}$`,
	'i',
);
/** Matches dates in the third format of RFC 9110: Sun Nov  6 08:49:37 1994. */
const ASCTIME = new RegExp(String.raw`^[a-z]{3}\s+([a-z]{3})\s+(\d\d?)\s+${CLOCK}\s+(\d{4})$`, 'i');
const CENTURY_CHANGE = 70;

/** Parses a time in RFC 3339 or ISO 8601 form, or an HTTP date. */
export const moment = (value: unknown): number => {
	if (typeof value !== 'string' || value.length > LONGEST) return Number.NaN;
	const text = value.trim();
	const parts = INSTANT.exec(text) ?? BASIC.exec(text);
	return parts ? instant(parts) : httpDate(text);
};

/** Parses an HTTP date in one of the three formats of RFC 9110, section 5.6.7, or the date of an e-mail. */
export const httpDate = (value: unknown): number => {
	const text = String(value ?? '').trim();
	if (text.length > LONGEST) return Number.NaN;
	const mail = MAIL.exec(text);
	if (mail) {
		const [, day, month, year, hour, minute, second = '0', sign, hours = '0', minutes = '0'] = mail;
		const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
		return dated(wholeYear(year), month, [day, hour, minute, second]) - offset * 60_000;
	}
	const [, month, day, hour, minute, second = '0', year] = ASCTIME.exec(text) ?? [];
	return month ? dated(Number(year), month, [day, hour, minute, second]) : Number.NaN;
};

const wholeYear = (year: string): number =>
	year.length > 2 ? Number(year) : Number(year) + (Number(year) < CENTURY_CHANGE ? 2000 : 1900);

const dated = (year: number, name: string, rest: string[]): number => {
	const month = MONTHS.indexOf(name.toLowerCase());
	const [day, hour, minute, second] = rest.map(Number);
	return month < 0 ? Number.NaN : utc(year, month, day, hour, minute, second);
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
