/** Hidden triggers that fill a dropdown, page by page as the person scrolls. */
import { word } from './compare.js';
import { withDeadline } from './deadline.js';
import { readPage } from './pages.js';
import { at } from './paths.js';

/** `value` is the path of what is sent, `label` the paths of what the person reads. */
export const offer =
  (facts, { operation, query, value, label }) =>
  withDeadline(facts, async (api, z, bundle) => {
    const number = bundle.meta?.page ?? 0;
    const { rows } = await (isOpaque(api, operation) ? followed : readPage)(api, z, bundle, operation, {
      query,
      number,
    });
    const known = rows.filter((row) => word(at(row, value)));
    return once(known.map((row) => ({ id: at(row, value), label: words(row, label) || String(at(row, value)) })));
  });

/** The first choice of each value: an order with two returns is one choice, and Zapier wants ids unique. */
const once = (choices) =>
  choices.filter(({ id }, place) => choices.findIndex((choice) => choice.id === id) === place);

const isOpaque = (api, operation) => api.paging[operation.paging]?.style === 'cursor';

/** A page of a list with cursors; Zapier keeps the next one's for us between two calls. */
const followed = async (api, z, bundle, operation, { query, number }) => {
  const from = number > 0 ? await z.cursor.get() : undefined;
  if (number > 0 && !from) return { rows: [] };
  const page = await nextWithRows(api, z, bundle, operation, { query, from });
  if (page.next !== undefined || number > 0) await z.cursor.set(page.next ?? '');
  return page;
};

/** Zapier takes an empty page for the end of the choices; a vendor may mean none by it. */
const nextWithRows = async (api, z, bundle, operation, { query, from }) => {
  let page = await readPage(api, z, bundle, operation, { query, from });
  for (let empty = 0; page.rows.length === 0 && page.next !== undefined && empty < 3; empty += 1) {
    page = await readPage(api, z, bundle, operation, { query, from: page.next });
  }
  return page;
};

const words = (row, paths) =>
  paths
    .map((path) => at(row, path))
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(' · ');
