// A sandbox in its own process, a browser and a webhook receiver, each stopped after the tests.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { chromium } from "playwright-core";

const ROOT = new URL("../..", import.meta.url).pathname;
const PATIENCE = 30_000;

/** Start `returns serve` on a free port; `stop` ends it. */
export async function startSandbox(...options) {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  const readyFile = join(folder, "ready.json");
  const child = spawn(
    join(ROOT, ".venv/bin/returns"),
    ["serve", "--port", "0", "--database", "sqlite://", "--seed-size", "6", "--ready-file", readyFile, ...options],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (text) => { log += text; });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const deadline = Date.now() + PATIENCE;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`The sandbox did not start:\n${log}`);
    await wait(50);
  }
  const { url } = JSON.parse(readFileSync(readyFile, "utf8"));
  return {
    url,
    log: () => log,
    control: (method, path, body, headers = {}) => call(`${url}/__sandbox${path}`, method, body, headers),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Send a JSON request, and return the JSON of the response; fail unless the status is 2xx. */
export async function call(url, method = "GET", body = undefined, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}: ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Start the browser of the system: $CHROMIUM, or Debian's package. */
export const startBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});

/** Open a page that collects what the browser reports: errors in the console and requests to other hosts. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) problems.push(`foreign: ${request.url()}`);
  });
  return { page, problems, close: () => context.close() };
}

/** Start a receiver of webhooks that answers 200, or the status in `status`. */
export async function startReceiver() {
  const receiver = { received: [], status: 200 };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      receiver.received.push({ headers: request.headers, body });
      response.writeHead(receiver.status).end("seen");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks`;
  receiver.stop = () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });
  return receiver;
}
