// Makes the console's pages live, copyable and usable by keyboard. Every page works without this script.
const root = document.documentElement;
root.classList.add("scripted");

// Copy buttons stay hidden where browsers offer no clipboard: http on a host other than localhost.
function showCopyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button.copy[hidden]")) button.hidden = false;
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

// Forms that choose what to show send themselves; their buttons are for browsers without a script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form");
  if (event.target.matches("select, input[type=checkbox]") && form?.method === "get") form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (button) copy(button);
  else if (event.target.closest("[data-pause]")) pause(event.target.closest("[data-pause]"));
});

// Keyboard
const rows = () => [...document.querySelectorAll("#content [data-row]")].filter((row) => row.offsetParent);

function move(step) {
  const all = rows();
  const chosen = all.findIndex((row) => row === document.activeElement);
  const current = chosen >= 0 ? chosen : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(current + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function toggleHelp() {
  const help = document.getElementById("keyboard");
  help.hidden = !help.hidden;
  if (!help.hidden) help.focus();
}

const shortcuts = {
  "/": () => document.querySelector("input[type=search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  "?": toggleHelp,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape") {
    const help = document.getElementById("keyboard");
    if (!help.hidden) help.hidden = true;
    else if (typing) typing.blur();
    else document.querySelector("a[data-back]")?.click();
  } else if (!typing && shortcuts[event.key]) {
    event.preventDefault();
    shortcuts[event.key]();
  }
});

// Live pages: after an event, the page is fetched again, and only what differs is changed, so that focus, scroll
// position and unfolded details stay.
const PARTS = ["content", "side", "clock", "calls"];
let source = null;
let paused = false;
let busy = false;
let stale = false;

function patch(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  if (old.isEqualNode(fresh) || old.matches("input, select, textarea, form[data-typed]")) return undefined;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open" && name !== "hidden") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && name !== "hidden" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  return patchChildren(old, [...fresh.childNodes]);
}

// Rows have keys, so that a new row at the top does not change every row below it.
function patchChildren(old, fresh) {
  const keyed = new Map([...old.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const kept = new Set(fresh.map((child) => child.dataset?.key).filter((key) => keyed.has(key)));
  for (const [key, child] of keyed) if (!kept.has(key)) child.remove();
  let place = old.firstChild;
  for (const child of fresh) {
    const known = keyed.get(child.dataset?.key);
    if (known) {
      if (known !== place) old.insertBefore(known, place);
      place = known.nextSibling;
      patch(known, child);
    } else if (place && !place.dataset?.key && !child.dataset?.key) {
      const next = place.nextSibling;
      patch(place, child);
      place = next;
    } else {
      old.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

async function refresh() {
  if (busy || paused) {
    stale = true;
    return;
  }
  busy = true;
  stale = false;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.redirected) location.reload();
    if (response.ok) show(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // The sandbox is restarting; the event source reconnects and the next event refreshes the page.
  } finally {
    busy = false;
    if (stale) refresh();
  }
}

function show(fresh) {
  const first = newest()?.dataset.key;
  for (const part of PARTS) {
    const [old, now] = [document.getElementById(part), fresh.getElementById(part)];
    if (old && now) patch(old, document.adoptNode(now));
  }
  showCopyButtons();
  tick();
  const row = newest();
  if (row && row.dataset.key !== first) {
    document.getElementById("news").textContent = `New: ${row.textContent.trim().replace(/\s+/g, " ")}`;
  }
}

const newest = () => document.querySelector("#content [data-live-list] > [data-key]");

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume" : "Pause";
  if (!paused) refresh();
}

function connect() {
  const live = document.querySelector("[data-live]");
  if (source || document.hidden || !live) return;
  source = new EventSource(`/console/changes?tenant=${encodeURIComponent(live.dataset.live)}`);
  source.onopen = refresh; // for what changed after the page was made and before the source was open
  source.onmessage = refresh;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (!source) {
    connect();
  }
});
// Times are relative to the present.
setInterval(() => { if (source) refresh(); }, 30000);

// The clock in the header ticks with real time unless it is frozen.
let shown = null;
function tick() {
  const clock = document.querySelector("[data-clock]:not([data-frozen])");
  if (!clock) return;
  if (shown?.moment !== clock.dateTime) shown = { moment: clock.dateTime, at: performance.now() };
  const now = new Date(Date.parse(shown.moment) + performance.now() - shown.at);
  clock.textContent = now.toISOString().slice(0, 16).replace("T", " ");
}
setInterval(tick, 1000);

for (const current of document.querySelectorAll(".side [aria-current], .rows [aria-current]")) {
  current.scrollIntoView({ block: "nearest", inline: "center" });
}
scrollTo(0, 0);
showCopyButtons();
connect();
