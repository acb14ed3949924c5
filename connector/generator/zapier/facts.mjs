/**
 * Prints what the steps of an app work by, as one JSON document: `{steps: {'triggers/new_return': {…}}, operations}`.
 *
 *   node facts.mjs <folder of the app>
 *
 * A generated step holds its facts as constants beside what it exports (`source`, `form`, `hook`) and names the
 * function that runs it. The constants are literals, whose names from other modules (`operations.list_returns`)
 * become texts here.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = ['triggers', 'creates', 'searches'];
const CONSTANT = /^const (\w+) = (\{.*?\}|\{\n[\s\S]*?^\});$/gm;
const FUNCTION = /^\s*(perform\w*): (.+?),?$/gm;

const [folder] = process.argv.slice(2);

const named = (path) =>
  new Proxy({}, { get: (_, key) => (key === 'toJSON' ? () => path : named(`${path}.${String(key)}`)) });

const names = new Proxy({}, { has: (_, key) => typeof key === 'string', get: (_, key) => outside(key) });

function outside(key) {
  return key === Symbol.unscopables ? undefined : key === 'undefined' ? undefined : named(key);
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
