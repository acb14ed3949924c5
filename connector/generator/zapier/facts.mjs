/**
 * Prints the facts of an app's steps as JSON: `{steps: {'triggers/new_return': {…}}, operations}`.
 *
 *   node facts.mjs <folder of the app>
 *
 * A generated step holds its facts in constants next to its export (`source`, `form`, `hook`), and names the function
 * that runs it. The constants are literals. Names from other modules in them, such as `operations.list_returns`,
 * become texts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = ['triggers', 'creates', 'searches'];
const CONSTANT = /^const (\w+) = (\{.*?\}|\{\n[\s\S]*?^\});$/gm;
const FUNCTION = /^\s*(perform\w*): (.+?),?$/gm;

const [folder] = process.argv.slice(2);

/** Stands for an imported name: `operations.list_returns` becomes the text 'operations.list_returns' in JSON. */
const imported = (path) =>
  new Proxy({}, { get: (_, key) => (key === 'toJSON' ? () => path : imported(`${path}.${String(key)}`)) });

// `with` asks `has` for every name in the literal, so each name that it does not define itself ends up here.
const names = new Proxy({}, { has: (_, key) => typeof key === 'string', get: (_, key) => lookUp(key) });

function lookUp(key) {
  return key === Symbol.unscopables || key === 'undefined' ? undefined : imported(key);
}

const value = (literal) => new Function('names', `with (names) { return (${literal}); }`)(names);

const factsOf = (text) => ({
  ...Object.fromEntries([...text.matchAll(CONSTANT)].map(([, name, literal]) => [name, value(literal)])),
  ...Object.fromEntries([...text.matchAll(FUNCTION)].map(([, name, call]) => [name, call])),
});

const steps = {};
for (const kind of KINDS) {
  const files = await readdir(join(folder, kind)).catch(() => []);
  for (const file of files.filter((one) => one.endsWith('.js') && one !== 'index.js').sort()) {
    steps[`${kind}/${file.slice(0, -3)}`] = factsOf(await readFile(join(folder, kind, file), 'utf8'));
  }
}
const { default: operations } = await import(pathToFileURL(join(folder, 'operations.js')).href);
process.stdout.write(JSON.stringify({ steps, operations }));
