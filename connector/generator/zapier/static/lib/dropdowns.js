/**
 * Runs the hidden triggers that list the choices in dropdowns. Zapier requests a page at a time as the user scrolls.
 */
import { payload, send } from './api.js';
import { trimmed, word } from './compare.js';
import { withDeadline } from './deadline.js';
import { fill, invalid, isEmpty } from './inputs.js';
import { readPage } from './pages.js';
import { at, isObject } from './paths.js';

/**
 * Lists one page of choices as `{id, label}`. `value` is the path to a choice's value in a row, and `label` is a list
 * of paths to the values that are joined to its label. Rows without a value are left out.
 */
export const listChoices =
  (facts, { operation, query, value, label }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const number = bundle.meta?.page ?? 0;
    const { rows } = await (hasCursors(api, operation) ? readByCursor : readPage)(api, z, bundle, operation, {
      query,
      number,
    });
    return choicesOf(rows, value, label);
  });

/**
 * Keeps only the first choice for each ID, because Zapier requires unique IDs. For example, an order with two returns
 * must be listed only once.
 */
const uniqueChoices = (choices) =>
  choices.filter(({ id }, index) => choices.findIndex((choice) => choice.id === id) === index);

/**
 * Lists the choices that depend on other inputs, such as the lines of the chosen invoice, as `{id, label}`.
 *
 * `pathValues` and `query` map parameters of the operation to keys of the form's inputs. `isList` is true if the
 * operation returns several records; otherwise it returns one. `items` is the path of the list of choices in a record;
 * `value` and `label` are paths in each of its items, as in `listChoices`. `inputs` contains the labels of the inputs,
 * for the error that is thrown while one of them is empty.
 */
export const listParts =
  (facts, { operation, isList, pathValues = {}, query = {}, items, value, label, inputs }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const given = bundle.inputData ?? {};
    const missing = Object.keys(inputs).filter((key) => isEmpty(given[key]));
    if (missing.length > 0) {
      throw invalid(z, `Fill in ${missing.map((key) => inputs[key]).join(' and ')} first. It decides what is listed here.`);
    }
    const values = (names) => Object.fromEntries(Object.entries(names).map(([name, key]) => [name, trimmed(String(given[key]))]));
    const options = { path: fill(z, operation.path, values(pathValues)), query: values(query) };
    const records = await (isList ? recordsOfPage : oneRecord)(api, z, bundle, operation, options);
    return choicesOf(records.flatMap((record) => at(record, items) ?? []).filter(isObject), value, label);
  });

const recordsOfPage = async (api, z, bundle, operation, options) =>
  (await readPage(api, z, bundle, operation, { ...options, number: bundle.meta?.page ?? 0 })).rows;

/** Reads the record, which has one page of choices. The list is empty if the record does not exist. */
const oneRecord = async (api, z, bundle, operation, options) => {
  if (bundle.meta?.page > 0) return [];
  const response = await send(api, z, bundle, operation, { ...options, missing: true });
  return response.status === 404 ? [] : [payload(api, z, operation, response)];
};

const choicesOf = (rows, value, label) =>
  uniqueChoices(
    rows
      .filter((row) => word(at(row, value)))
      .map((row) => ({ id: at(row, value), label: text(row, label) || String(at(row, value)) })),
  );

const hasCursors = (api, operation) => api.paging[operation.paging]?.style === 'cursor';

/** Reads a page of a list that uses cursors. Zapier stores the cursor of the next page between calls (`z.cursor`). */
const readByCursor = async (api, z, bundle, operation, { query, number }) => {
  const from = number > 0 ? await z.cursor.get() : undefined;
  if (number > 0 && !from) return { rows: [] };
  const page = await nextPageWithRows(api, z, bundle, operation, { query, from });
  if (page.next !== undefined || number > 0) await z.cursor.set(page.next ?? '');
  return page;
};

/**
 * Reads the next page that has rows, and skips up to three empty pages. Zapier treats an empty page as the end of the
 * list, but a vendor may return an empty page in the middle of a list.
 */
const nextPageWithRows = async (api, z, bundle, operation, { query, from }) => {
  let page = await readPage(api, z, bundle, operation, { query, from });
  for (let empty = 0; page.rows.length === 0 && page.next !== undefined && empty < 3; empty += 1) {
    page = await readPage(api, z, bundle, operation, { query, from: page.next });
  }
  return page;
};

const text = (row, paths) =>
  paths
    .map((path) => at(row, path))
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(' · ');
