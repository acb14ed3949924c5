/**
 * Runs the hidden triggers that list the choices in dropdowns. Zapier requests a page at a time as the user scrolls.
 */
import { word } from './compare.js';
import { withDeadline } from './deadline.js';
import { readPage } from './pages.js';
import { at } from './paths.js';

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
    const usable = rows.filter((row) => word(at(row, value)));
    const choices = usable.map((row) => ({ id: at(row, value), label: text(row, label) || String(at(row, value)) }));
    return uniqueChoices(choices);
  });

/**
 * Keeps only the first choice for each ID, because Zapier requires unique IDs. For example, an order with two returns
 * must be listed only once.
 */
const uniqueChoices = (choices) =>
  choices.filter(({ id }, index) => choices.findIndex((choice) => choice.id === id) === index);

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
