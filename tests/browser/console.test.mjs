// The console in a real browser: one journey through all views, and what only a browser shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, openPage, startBrowser, startReceiver, startSandbox } from "./sandbox.mjs";

let browser;
let receiver;
let sandbox;

before(async () => {
  [sandbox, browser, receiver] = await Promise.all([startSandbox(), startBrowser(), startReceiver()]);
});

after(async () => {
  await browser?.close();
  await receiver?.stop();
  await sandbox?.stop();
});

const RETURN = {
  order_number: "#1001",
  customer_email: "iris.lane@example.com",
  items: [{ sku: "BOOT-CHE-39", quantity: 1, reason: "defective" }],
};

test("a developer follows a return from the request to the webhook", async () => {
  const { page, problems, close } = await openPage(browser, sandbox.url);

  // Create a tenant.
  await page.goto(`${sandbox.url}/console`);
  await page.getByLabel("Name").fill("journey");
  await page.getByLabel("Returns at each vendor").fill("0");
  await page.getByRole("button", { name: "Create tenant" }).click();
  await page.getByRole("heading", { name: "journey", exact: true }).waitFor();

  // Subscribe a receiver.
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  await page.getByLabel("Vendor").first().selectOption("returnmate");
  await page.getByLabel("URL").fill(receiver.url);
  await page.getByRole("button", { name: "Add the receiver" }).click();
  await page.getByText("Its secret, shown only once").waitFor();

  // Create a return as a program does, while the list is open: it appears by itself.
  await page.getByRole("link", { name: "Returns 0" }).click();
  await page.getByText("journey has no returns yet").waitFor();
  const { vendors } = await sandbox.control("GET", "/tenants/journey/credentials");
  const { base_url: base, headers } = vendors.returnmate;
  const made = await call(`${base}/rmas`, "POST", RETURN, headers);
  const row = page.getByRole("link", { name: made.data.rma_number });
  await row.waitFor();

  // Approve it.
  await row.click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("The return is now approved.").waitFor();
  await page.getByText("Return state changed").first().waitFor();
  const timeline = page.locator(".timeline");
  await timeline.getByText("Delivered").first().waitFor();
  assert.match(await timeline.innerText(), /Request POST create_return 201/i);

  // See the request, the ledger and the delivery.
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  await page.getByRole("link", { name: /POST .*\/rmas/ }).click();
  await page.getByRole("heading", { name: "Request", exact: true }).waitFor();
  assert.match(await page.locator("article").innerText(), /iris\.lane@example\.com/);
  await page.getByRole("link", { name: "Ledger", exact: true }).click();
  await page.getByRole("row", { name: /Return state changed.*approved/ }).waitFor();
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  const delivered = page.getByRole("row", { name: /Delivered.*answered 200/ });
  await delivered.first().waitFor();
  const sent = receiver.received.length;
  assert.ok(sent >= 2, `${sent} webhooks arrived`);

  // Send a delivery again.
  await page.locator("[data-row]").first().click();
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("is being sent again").waitFor();
  await page.locator("article tbody tr").nth(1).waitFor();
  assert.equal(receiver.received.length, sent + 1);

  // Advance a day.
  const before = await sandbox.control("GET", "/tenants/journey/clock");
  await page.getByRole("button", { name: "+1 d" }).click();
  await page.getByText(/The clock moved by 1 d/).waitFor();
  const now = await sandbox.control("GET", "/tenants/journey/clock");
  assert.ok(Date.parse(now.now) - Date.parse(before.now) >= 86_400_000);
  assert.deepEqual(problems, []);
  await close();
});

test("a refused request is found with its reason within a glance", async () => {
  const { page, problems, close } = await openPage(browser, sandbox.url);
  await page.goto(`${sandbox.url}/console/demo/requests`);
  const { vendors } = await sandbox.control("GET", "/tenants/demo/credentials");
  const { base_url: base, headers } = vendors.returnmate;
  await assert.rejects(call(`${base}/rmas`, "POST", { ...RETURN, customer_email: "nobody" }, headers));
  const row = page.getByRole("row", { name: /400/ });
  await row.waitFor();
  assert.match(await row.innerText(), /customer_email/);
  await assert.rejects(call(`${base}/rmaz`, "GET", undefined, headers));
  await page.getByRole("link", { name: /rmaz/ }).click();
  await page.getByText("Probably meant").waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("the keyboard is enough", async () => {
  const { page, problems, close } = await openPage(browser, sandbox.url);
  await page.goto(`${sandbox.url}/console/demo/returns`);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  const numbers = await page.locator("[data-row]").allInnerTexts();
  await page.keyboard.press("j");
  assert.equal(await focused(), numbers[0]);
  await page.keyboard.press("j");
  assert.equal(await focused(), numbers[1]);
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: numbers[0] }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { level: 1, name: "Returns" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("no such text");
  await page.keyboard.press("Enter");
  await page.getByText("No return matches").waitFor();
  await page.keyboard.press("?");
  assert.ok(await page.locator("#keyboard").isVisible());
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#keyboard").isHidden());
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Returns" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  assert.deepEqual(problems, []);
  await close();
});

test("a live page keeps focus, unfolded details and what was typed", async () => {
  const { page, problems, close } = await openPage(browser, sandbox.url);
  await page.goto(`${sandbox.url}/console/demo/ledger`);
  await page.getByText(/behind this page/).click();
  const link = page.getByRole("link", { name: "All tenants" });
  await link.focus();
  const first = await page.locator("tbody tr").first().getAttribute("data-key");
  await sandbox.control("POST", "/tenants/demo/returns", { vendor: "returnmate", ...RETURN });
  await page.locator(`tbody tr[data-key="${Number(first) + 1}"]`).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "All tenants");
  assert.ok(await page.locator("#calls").evaluate((part) => part.open));
  await page.locator("#news").filter({ hasText: "New:" }).waitFor({ state: "attached" });
  assert.deepEqual(problems, []);
  await close();
});

test("copy buttons copy the whole command", async () => {
  const { page, problems, close } = await openPage(browser, sandbox.url, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`${sandbox.url}/console/demo/keys?vendor=exsited`);
  await page.locator(".command button").first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^curl -H 'Authorization: Bearer [\w.-]{100,}'/);
  assert.deepEqual(problems, []);
  await close();
});

test("every view works without a script", async () => {
  const { page, close } = await openPage(browser, sandbox.url, { javaScriptEnabled: false });
  await page.goto(`${sandbox.url}/console/demo/returns`);
  await page.getByLabel("Vendor").selectOption("swap");
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("a.row").first().click();
  await page.getByRole("link", { name: "Raw" }).click();
  await page.locator(".json summary").first().click();
  await page.getByRole("button", { name: "Freeze" }).click();
  await page.getByText("The clock is frozen").first().waitFor();
  await page.getByRole("button", { name: "Resume the clock" }).click();
  await page.getByText("The clock ticks again.").waitFor();
  await close();
});
