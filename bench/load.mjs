// Sends requests with autocannon. Reads the options of one run from standard input as JSON, and prints the result.

import autocannon from 'autocannon';

let text = '';
for await (const part of process.stdin) text += part;
const { url, connections, seconds, requests } = JSON.parse(text);
const result = await autocannon({ url, connections, duration: seconds, requests });
process.stdout.write(
  JSON.stringify({
    rate: result.requests.average,
    total: result.requests.total,
    p50: result.latency.p50,
    p99: result.latency.p99,
    statuses: Object.keys(result.statusCodeStats).map(Number),
    errors: result.errors,
  }),
);
