/** Makes the summary of a return: a few texts that people understand, which a Zap shows before all other fields. */
import { trimmed } from './compare.js';
import { at, isObject } from './paths.js';

/**
 * Returns the summary of a return. In `source`, lists of paths are alternatives, of which the first value counts.
 *
 * - `order`, `customerName`, `customerEmail`, `link`, `trackingLink`: lists of paths.
 * - `items`: `{at, name, variant, quantity, reasons}`, the items of the return; their paths are relative to an item.
 * - `amounts`: see `amountOf`.
 * - `status`: the path of the status. `words` and `reasonWords` contain readable words for statuses and reasons.
 *
 * A member that `source` does not describe is missing. A member without a value is null.
 */
export const summaryOf = (source, record) => {
  const { items, words = {}, reasonWords = {} } = source;
  const rows = items ? rowsAt(record, items.at) : [];
  const members = {
    order: source.order && firstText(record, source.order),
    customer_name: source.customerName && firstText(record, source.customerName),
    customer_email: source.customerEmail && firstText(record, source.customerEmail),
    reason: items?.reasons && reasonsOf(rows, items.reasons, reasonWords),
    items: items?.name && joined(rows.map((row) => itemText(row, items))),
    amount: source.amounts && amountOf(source.amounts, record),
    status: source.status && readable(words, firstText(record, [source.status])),
    link: source.link && firstText(record, source.link),
    tracking_link: source.trackingLink && firstText(record, source.trackingLink),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
};

/** Returns the value as text; null if it is empty, an object or a list. */
const text = (value) => {
  const words = typeof value === 'string' || Number.isFinite(value) ? trimmed(String(value)) : '';
  return words === '' ? null : words;
};

const firstText = (record, paths) =>
  paths.map((path) => text(at(record, path))).find((one) => one !== null) ?? null;

/** Returns the rows at a path, which leads to a list, or to an object that counts as one row. */
const rowsAt = (record, path) => [at(record, path)].flat().filter(isObject);

const joined = (texts) => texts.filter(Boolean).join(', ') || null;

const readable = (words, value) => (value !== null && Object.hasOwn(words, value) ? words[value] : value);

const reasonsOf = (rows, reasons, words) => {
  const texts = rows.flatMap((row) => reasons.map((paths) => readable(words, firstText(row, paths))));
  return joined([...new Set(texts)]);
};

/** Returns the text of an item: `2 × Linen Shirt (Blue / M)`. */
const itemText = (row, { name, variant, quantity }) => {
  const words = firstText(row, name);
  const kind = variant && firstText(row, [variant]);
  const count = quantity && text(at(row, quantity));
  return words && `${count ? `${count} × ` : ''}${words}${kind ? ` (${kind})` : ''}`;
};

/**
 * Returns an amount with its currency, such as `59.90 USD`; null if no amount is a number.
 *
 * Each of `amounts` is `{at, amount, currency, sharedCurrency, quantity, unless}`; the first with a value counts. With
 * `at`, the amounts of the rows there are added up, each multiplied by the value at `quantity`. A row is left out if its
 * value at `unless.at` is `unless.equals`. `sharedCurrency` is relative to the record, and other paths to a row.
 */
const amountOf = (amounts, record) => {
  for (const source of amounts) {
    const rows = (source.at ? rowsAt(record, source.at) : [record]).filter((row) => !isLeftOut(source.unless, row));
    const values = rows.map((row) => valueOf(source, row)).filter((value) => value !== undefined);
    if (values.length > 0) {
      const paths = [source.currency && [rows[0], source.currency], source.sharedCurrency && [record, source.sharedCurrency]];
      const [currency] = paths.filter(Boolean).map(([row, path]) => text(at(row, path))).filter(Boolean);
      return [sumText(values), currency].filter(Boolean).join(' ');
    }
  }
  return null;
};

const isLeftOut = (unless, row) => unless !== undefined && unless !== null && at(row, unless.at) === unless.equals;

/** Returns `{value, decimals}`, the amount of a row times its quantity, or undefined if it is not a number. */
const valueOf = ({ amount, quantity }, row) => {
  const price = text(at(row, amount));
  const count = quantity ? text(at(row, quantity)) : '1';
  if (!PLAIN.test(price ?? '') || !PLAIN.test(count ?? '')) return undefined;
  const decimals = (price.split('.')[1]?.length ?? 0) + (count.split('.')[1]?.length ?? 0);
  return { value: Number(price) * Number(count), decimals };
};

const PLAIN = /^-?\d+(\.\d+)?$/;

/** Returns the sum of amounts as text, without decimals if none has any, and with at least two otherwise. */
const sumText = (values) => {
  const decimals = Math.max(...values.map((one) => one.decimals));
  const sum = values.reduce((total, one) => total + one.value, 0);
  return sum.toFixed(decimals === 0 ? 0 : Math.min(Math.max(decimals, 2), 6));
};
