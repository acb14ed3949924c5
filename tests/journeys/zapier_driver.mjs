/**
 * Runs an app in Zapier's core for the tests: reads events and writes results as JSON lines.
 *
 *   node zapier_driver.mjs <folder of the app>
 *   {"command": "execute", "method": "triggers.new_return.operation.perform", "bundle": {…}, "now": 1772452800000}
 *   {"results": […]}   or   {"error": {"name": "ThrottledError", "message": "…", …}}
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** The app's clock shows the event's time, or real time. */
const wall = Date.now;
let ahead = 0;
Date.now = () => wall() + ahead;

/** Timers of at least five seconds; on SIGUSR2 they fire at once, as if their time had passed. */
const [setTimer, clearTimer] = [globalThis.setTimeout, globalThis.clearTimeout];
const long = new Map();
globalThis.setTimeout = (work, after, ...values) => {
  const timer = setTimer(work, after, ...values);
  if (after >= 5000) long.set(timer, () => work(...values));
  return timer;
};
globalThis.clearTimeout = (timer) => {
  long.delete(timer);
  clearTimer(timer);
};
process.on('SIGUSR2', () => {
  for (const [timer, work] of [...long]) {
    clearTimeout(timer);
    work();
  }
});

process.env.NODE_ENV = 'test'; // makes core throw if a result breaks the platform's rules
process.env.LOGGING_ENDPOINT = 'http://127.0.0.1:9'; // with a token, core would send its log to Zapier
console.log = console.error; // stdout contains answers only

const entry = pathToFileURL(`${process.argv[2]}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const handle = core.createAppHandler((await import(entry.href)).default);

/** Core's own errors have a JSON message, followed by a log. */
const told = ({ name, message }) => {
  const [said, log] = message.split('\nWhat happened:');
  return { name, log: log ?? '', ...(said.startsWith('{') ? JSON.parse(said) : { message: said }) };
};

/** Zapier's store for the cursor of a dropdown between two pages. */
let kept = null;
const keeper = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const { id, method, params } = JSON.parse(text);
  if (method === 'set_cursor') [kept] = params;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id, result: method === 'get_cursor' ? kept : null }));
});
await new Promise((resolve) => keeper.listen(0, '127.0.0.1', resolve));
keeper.unref(); // must not keep the process alive
const keeping = { token: 'sandbox-of-the-tests', rpc_base: `http://127.0.0.1:${keeper.address().port}` };

const event = (line) => {
  const { now, ...said } = JSON.parse(line);
  ahead = now === undefined ? 0 : now - wall();
  return said.bundle?.meta?.page === undefined ? said : { ...said, ...keeping };
};

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await handle(event(line)).then(
    ({ results }) => ({ results }),
    (error) => ({ error: told(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
