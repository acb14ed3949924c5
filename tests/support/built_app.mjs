/**
 * Runs a built Zapier app as the platform does, through the wrapper that the build adds.
 *
 *   node built_app.mjs <unpacked build.zip> '[{"method": "authentication.test", "bundle": {…}}, …]'
 *
 * Prints the results as one JSON list; fails if one of the calls fails.
 */
import { pathToFileURL } from 'node:url';

console.log = console.error; // stdout contains the results only
process.env.NODE_ENV = 'test'; // makes core throw if a result breaks the platform's rules

const [folder, events] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(`${folder}/zapierwrapper.js`).href);

const results = [];
for (const event of JSON.parse(events)) {
  results.push((await handler({ command: 'execute', ...event })).results);
}
process.stdout.write(JSON.stringify(results));
