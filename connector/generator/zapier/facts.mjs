/**
 * Prints the facts about an app's steps as JSON: `{steps: {'triggers/new_return': {…}}, operations}`.
 *
 *   node facts.mjs <folder of the app>
 *
 * The file of a generated step contains the facts in constants (`source`, `form`, `hook`), and the call of the function
 * that runs the step. The constants are literals. Names in them that are imported from other modules, such as
 * `operations.list_returns`, are printed as strings.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = ['triggers', 'creates', 'searches'];
const CONSTANT = /^const (\w+) = (\{.*?\}|\{\n[\s\S]*?^\});$/gm;
const FUNCTION = /^\s*(perform\w*): (.+?),?$/gm;

const [folder] = process.argv.slice(2);

/** Creates a placeholder for an imported name, which JSON.stringify writes as a string: 'operations.list_returns'. */
const imported = (path) =>
  new Proxy({}, { get: (_, key) => (key === 'toJSON' ? () => path : imported(`${path}.${String(key)}`)) });

// `with` calls `has` for every free name in the literal. Since `has` returns true, `get` resolves all these names.
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
