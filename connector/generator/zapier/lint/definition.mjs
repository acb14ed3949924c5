/**
 * Loads an app with Zapier's core and prints one JSON document: `{definition, refused}`.
 *
 *   node definition.mjs <folder of the app>
 *
 * `definition` is what `zapier-platform push` uploads, with names in place of functions. `refused` is what
 * `zapier-platform validate --without-style` prints.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

console.log = console.error; // keep stdout for the document

const entry = pathToFileURL(`${process.argv[2]}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const handle = core.createAppHandler((await import(entry.href)).default);

const { results: definition } = await handle({ command: 'definition' });
const { results: refused } = await handle({ command: 'validate' });
process.stdout.write(JSON.stringify({ definition, refused }));
