// Swagger UI of every API: Execute succeeds without a login by hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startSandbox } from "./sandbox.mjs";

const PATIENCE = 15_000;

let browser;
let sandbox;
let apis;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser()]);
  const { vendors } = await sandbox.control("GET", "/tenants/demo/credentials");
  apis = Object.values(vendors).map((vendor) => new URL(vendor.base_url).pathname);
});

after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

test("Execute succeeds as prefilled, with the keys of the tenant demo", async () => {
  assert.ok(apis.length > 1);
  for (const api of apis) {
    const { page, problems, close } = await openPage(browser, sandbox.url);
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${sandbox.url}${api}/ui/`);
    await page.waitForFunction(() => window.ui?.getSystem().authSelectors.authorized().size > 0);
    const list = page.locator(".opblock-get").first();
    await list.locator(".opblock-summary-control").first().click();
    await list.locator("button.execute").click();
    const status = list.locator(".live-responses-table tbody .response-col_status").first();
    assert.match(await status.innerText(), /^200/, api);
    assert.deepEqual(problems, []);
    await close();
  }
});
