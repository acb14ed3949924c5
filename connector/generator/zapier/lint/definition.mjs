/**
 * Prints what Zapier's core makes of an app, as one JSON document: `{definition, refused}`.
 *
 *   node definition.mjs <folder of the app>
 *
 * `definition` is what `zapier-platform push` would send (functions have become names), `refused` what
 * `zapier-platform validate --without-style` would print.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

console.log = console.error; // stdout holds the document and nothing else

const entry = pathToFileURL(`${process.argv[2]}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const handle = core.createAppHandler((await import(entry.href)).default);

const { results: definition } = await handle({ command: 'definition' });
const { results: refused } = await handle({ command: 'validate' });
process.stdout.write(JSON.stringify({ definition, refused }));
