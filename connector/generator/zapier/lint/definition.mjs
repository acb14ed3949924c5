/**
 * Loads an app with Zapier's core and prints a JSON object: `{definition, refused}`.
 *
 *   node definition.mjs <folder of the app>
 *
 * `definition` is the definition that `zapier-platform push` uploads, in which functions are replaced by strings.
 * `refused` lists the errors that `zapier-platform validate --without-style` prints.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

console.log = console.error; // stdout must contain only the JSON object

const entry = pathToFileURL(`${process.argv[2]}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const handle = core.createAppHandler((await import(entry.href)).default);

const { results: definition } = await handle({ command: 'definition' });
const { results: refused } = await handle({ command: 'validate' });
process.stdout.write(JSON.stringify({ definition, refused }));
