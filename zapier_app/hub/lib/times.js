/**
 * Parses the times in vendors' responses to milliseconds since the Unix epoch. The result is NaN for an invalid time.
 *
 * `Date.parse` is not sufficient: it interprets a time without a zone in the local zone, it reads years below 100 as
 * 19xx, and it rejects leap seconds. Here, a time without a zone is interpreted as UTC, as in the Python connector.
 */

const LONGEST = 100;
const ZONE = String.raw`(?:Z|UTC|GMT|([+\u2212-])(\d\d)(?::?(\d\d))?)?`;
const INSTANT = new RegExp(
  String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[T ] *(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*${ZONE})?$`,
  'i',
);
const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d)?)?$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ZONES = { ut: 0, utc: 0, gmt: 0, z: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 };
const CLOCK = String.raw`(\d\d?):(\d\d)(?::(\d\d))?`;
/**
 * Matches dates in RFC 5322 format and in the first two formats of RFC 9110: Sun, 06 Nov 1994 08:49:37 GMT and Sunday,
 * 06-Nov-94 08:49:37 GMT.
 */
const MAIL = new RegExp(
  String.raw`^(?:[a-z]+,\s*)?(\d\d?)[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{4}|\d\d)\s+${CLOCK}\s*([a-z]+|[+-]\d{4})$`,
  'i',
);
/** Matches dates in the third format of RFC 9110: Sun Nov  6 08:49:37 1994. */
const ASCTIME = new RegExp(String.raw`^[a-z]{3}\s+([a-z]{3})\s+(\d\d?)\s+${CLOCK}\s+(\d{4})$`, 'i');

/** Parses a time in RFC 3339, ISO 8601, email (RFC 5322) or HTTP (RFC 9110) format; NaN if it is invalid. */
export const moment = (value) => {
  if (typeof value !== 'string' || value.length > LONGEST) return Number.NaN;
  const parts = INSTANT.exec(value.trim()) ?? BASIC.exec(value.trim());
  return parts ? instant(parts) : httpDate(value);
};

/** Returns the date as it is written in a date or time, such as 2026-10-31; undefined if the string is neither. */
export const writtenDay = (text) =>
  INSTANT.test(text) && !Number.isNaN(moment(text)) ? text.slice(0, 10) : undefined;

const instant = ([, year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, sign, ...zone]) => {
  const [hours = 0, minutes = 0] = zone;
  if (hours > 23 || minutes > 59 || Number(year) === 1) return Number.NaN; // vendors send the year 1 for "no time"
  const offset = (sign === '+' || !sign ? 1 : -1) * (Number(hours) * 60 + Number(minutes));
  const base = utc([year, month - 1, day, hour, minute, second].map(Number));
  return base + Math.floor(Number(`0.${fraction}`) * 1000) - offset * 60_000;
};

/**
 * Parses an HTTP date in one of the three formats of RFC 9110, section 5.6.7, or an email date; NaN if it is invalid.
 */
export const httpDate = (value) => {
  const text = String(value ?? '').trim();
  if (text.length > LONGEST) return Number.NaN;
  const mail = MAIL.exec(text);
  if (mail) {
    const [, day, month, year, hour, minute, second = 0, zone] = mail;
    const whole = year.length === 2 ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year);
    return dated([whole, month, day, hour, minute, second]) - offsetOf(zone);
  }
  const [, month, day, hour, minute, second = 0, year] = ASCTIME.exec(text) ?? [];
  return month ? dated([year, month, day, hour, minute, second]) : Number.NaN;
};

const dated = ([year, month, ...rest]) => {
  const number = MONTHS.indexOf(month.toLowerCase());
  return number < 0 ? Number.NaN : utc([Number(year), number, ...rest.map(Number)]);
};

const offsetOf = (zone) => {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign) return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return (ZONES[zone.toLowerCase()] ?? Number.NaN) * 3_600_000;
};

/**
 * Converts a UTC date and time to milliseconds since the Unix epoch; NaN if the date or the time of day does not exist.
 * A leap second is converted to the following second.
 */
const utc = ([year, month, day, hour, minute, second]) => {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  const exists = date.getUTCMonth() === month && date.getUTCDate() === day;
  const isTime = minute < 60 && second <= 60 && (hour < 24 || (hour === 24 && minute === 0 && second === 0));
  return exists && isTime ? date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 : Number.NaN;
};
