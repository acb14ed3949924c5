/**
 * Runs an app in Zapier's own core for the tests: reads events as JSON lines, answers results as JSON lines.
 *
 *   node zapier_driver.mjs <folder of the app>
 *   {"command": "execute", "method": "triggers.new_return.operation.perform", "bundle": {…}}
 *   {"results": […]}   or   {"error": {"name": "ThrottledError", "message": "…", …}}
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

process.env.NODE_ENV = 'test'; // makes core throw where a result breaks the platform's rules
console.log = console.error; // stdout holds answers and nothing else

const entry = pathToFileURL(`${process.argv[2]}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const handle = core.createAppHandler((await import(entry.href)).default);

/** Core puts what its own errors know into the message, as JSON, and a log of what happened after it. */
const told = ({ name, message }) => {
  const [said, log] = message.split('\nWhat happened:');
  return { name, log: log ?? '', ...(said.startsWith('{') ? JSON.parse(said) : { message: said }) };
};

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await handle(JSON.parse(line)).then(
    ({ results }) => ({ results }),
    (error) => ({ error: told(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
