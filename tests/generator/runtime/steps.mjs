/**
 * Runs methods of all apps: reads a command `{vendor, url, method, inputs}` as JSON from each line of stdin, and writes
 * `{results}` or `{error}` to stdout.
 */
import { createInterface } from 'node:readline';

const answerWith = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // stdout contains the answers only

const { runStep } = await import('./apps.mjs');

for await (const line of createInterface({ input: process.stdin })) {
  const { vendor, url, ...step } = JSON.parse(line);
  let answer;
  try {
    answer = { results: await runStep(vendor, url, step) };
  } catch (error) {
    answer = { error: error.message };
  }
  answerWith(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
