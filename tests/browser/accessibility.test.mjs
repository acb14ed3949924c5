// axe-core on every view, in light and dark and at two widths; first paint; nothing wider than a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startSandbox } from "./sandbox.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = ["serious", "critical"];
const FIRST_PAINT = 200; // ms, on loopback
const TENANT_VIEWS = ["", "/returns", "/returns/new", "/requests", "/webhooks", "/ledger", "/clock", "/faults", "/keys", "/tenant"];
const MODES = [
  { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { colorScheme: "light", viewport: { width: 390, height: 844 } },
  { colorScheme: "dark", viewport: { width: 390, height: 844 } },
];

let browser;
let sandbox;
let views;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser()]);
  await sandbox.control("POST", "/tenants", { name: "empty", seed_size: 0, frozen: true });
  const { returns } = await sandbox.control("GET", "/tenants/demo/returns?vendor=returngo&limit=1");
  const one = `/console/demo/returns/returngo/${returns[0].id}`;
  await fetch(`${sandbox.url}/returnmate/v1/rmas`).then((response) => response.text());
  const { requests } = await sandbox.control("GET", "/tenants/demo/requests?without_tenant=true");
  views = ["/", "/console", "/console/none", one, `${one}/timeline`, `${one}/raw`, `/console/demo/requests/${requests[0].id}`];
  views.push(...["demo", "empty"].flatMap((tenant) => TENANT_VIEWS.map((view) => `/console/${tenant}${view}`)));
});

after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

for (const mode of MODES) {
  test(`${mode.colorScheme}, ${mode.viewport.width} px: axe finds nothing serious, and nothing overflows`, async () => {
    const { page, close } = await openPage(browser, sandbox.url, { ...mode, bypassCSP: true });
    for (const view of views) {
      await page.goto(sandbox.url + view);
      await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run());
      const found = violations.filter(({ impact }) => SERIOUS.includes(impact));
      assert.deepEqual(found.map(({ id, nodes }) => [view, id, nodes[0].html, nodes[0].failureSummary]), []);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= mode.viewport.width, `${view} is ${width} px wide`);
    }
    await close();
  });
}

test("pages are painted quickly", async () => {
  const { page, close } = await openPage(browser, sandbox.url);
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    await page.goto(`${sandbox.url}/console/demo/returns`);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  }
  const median = times.sort((one, other) => one - other)[2];
  assert.ok(median < FIRST_PAINT, `the first paint took ${median} ms`);
  await close();
});
