// Polls a trigger of a generated app in Zapier's runtime, and prints the CPU time of a poll in milliseconds.
//
//   node zapier.mjs <folder of the app> <URL of the vendor's API> <API key> <polls> <moment>

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, url, key, polls, moment] = process.argv.slice(2);
const ahead = Date.parse(moment) - Date.now(); // the sandbox's clock does not show real time
const wall = Date.now;
Date.now = () => wall() + ahead;
process.env.RETURNMATE_BASE_URL = url;
process.env.LOGGING_ENDPOINT = 'http://127.0.0.1:9'; // the runtime must not send its log anywhere
console.log = console.error; // standard output contains the result only

const entry = pathToFileURL(`${folder}/index.js`);
const core = createRequire(entry)('zapier-platform-core');
const begun = process.cpuUsage();
const handle = core.createAppHandler((await import(entry.href)).default);

const poll = async () => {
  const { results } = await handle({
    command: 'execute',
    method: 'triggers.new_return.operation.perform',
    bundle: {
      authData: { api_key: key },
      inputData: {},
      meta: { limit: -1, isLoadingSample: false, isPopulatingDedupe: false },
    },
  });
  return results;
};

const milliseconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

await poll();
const loaded = milliseconds(begun);
for (let warmUp = 0; warmUp < 5; warmUp += 1) await poll();
const before = process.cpuUsage();
let rows = 0;
for (let count = 0; count < Number(polls); count += 1) rows = (await poll()).length;
process.stdout.write(JSON.stringify({ poll: milliseconds(before) / Number(polls), first: loaded, rows }));
