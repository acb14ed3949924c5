// The contract report in a browser: filters, cases on demand, no other file, readable on a phone, accessible.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { openPage, startBrowser } from "./sandbox.mjs";

const ROOT = new URL("../..", import.meta.url).pathname;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHECKS = ["errors_use_the_vendor_envelope", "created_can_be_read", "pages_cover_the_list"];
const FAILED = { vendor: "returngo", name: "get_rma", case: "404 empty body", result: "failed", detail: "It never ends." };
let browser;
let folder;
let address;

function rows() {
  const operations = ["list_rmas", "get_rma", "add_comment"];
  const responses = operations.flatMap((name) => [200, 404, 500].flatMap((status) => [..."abcd"].map((variant) => (
    { vendor: "returngo", name, case: `${status} ${variant}`, result: status === 200 ? "held" : "refused", detail: variant }
  ))));
  const sandbox = operations.flatMap((name) => CHECKS.map((check) => (
    { vendor: "returngo", name, case: check, result: "held", detail: "12 answers" }
  )));
  return { responses: [...responses, FAILED], sandbox };
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
  mkdirSync(join(folder, "data"));
  for (const [part, found] of Object.entries(rows())) {
    writeFileSync(join(folder, "data", `${part}-main.json`), JSON.stringify({ title: part, rows: found }));
  }
  const words = ["-m", "report", "--keep", "--data", join(folder, "data"), "--output", join(folder, "report.html")];
  const options = { cwd: ROOT, env: { ...process.env, PYTHONPATH: "tests" } };
  assert.throws(() => execFileSync(join(ROOT, ".venv/bin/python"), words, options), { status: 1 }); // a case failed
  address = pathToFileURL(join(folder, "report.html")).href;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a failure is on the first screen, and its matrix is open", async () => {
  const { page, problems, close } = await openPage(browser, address);
  await page.goto(address);
  const first = await page.locator(".failures li").first().boundingBox();
  assert.ok(first.y < 400);
  assert.match(await page.locator(".failures").textContent(), /returngo get_rma.*It never ends\./s);
  assert.ok(await page.locator("#responses td.cell span.failed").isVisible());
  assert.ok(!(await page.locator("#sandbox table.matrix").isVisible()));
  assert.deepEqual(problems, []);
  await close();
});

test("the cases of an operation open on demand and follow the filter", async () => {
  const { page, problems, close } = await openPage(browser, address);
  await page.goto(address);
  const responses = page.locator("#responses");
  await responses.getByRole("button", { name: "list_rmas" }).click();
  assert.equal(await responses.locator("tr.cases tbody tr").count(), 12);
  await responses.locator("input").fill("list 404");
  assert.equal(await responses.locator("output").textContent(), "1 of 3 shown");
  assert.equal(await responses.locator("tr.cases tbody tr").count(), 4);
  assert.ok(!(await responses.getByRole("button", { name: "add_comment" }).isVisible()));
  await responses.locator("input").fill("");
  await responses.locator("select").selectOption("failed");
  assert.equal(await responses.locator("output").textContent(), "1 of 3 shown");
  assert.ok(await responses.getByRole("button", { name: "get_rma" }).isVisible());
  await responses.locator("select").selectOption("");
  assert.equal(await responses.locator("tr[data-name]:visible").count(), 3);
  assert.deepEqual(problems, []);
  await close();
});

test("axe finds nothing serious, and nothing is wider than a phone, in light and dark", async () => {
  const { page, close } = await openPage(browser, address);
  await page.goto(address);
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  await page.locator("#responses").getByRole("button", { name: "get_rma" }).click();
  await page.evaluate(AXE);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const { violations } = await page.evaluate(() => window.axe.run());
      const found = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      assert.deepEqual(found.map(({ id, nodes }) => [colorScheme, width, id, nodes[0].html, nodes[0].failureSummary]), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
    }
  }
  await close();
});
