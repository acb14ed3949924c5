// Adds keys (j, k) and reloads the content in the background. Every page works without this script.
const RELOAD = 10_000;

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const chosen = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = rows[Math.min(Math.max(chosen + step, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input")) return;
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});

async function reload() {
  const content = document.getElementById("content");
  if (document.hidden || content.contains(document.activeElement) || String(getSelection())) return;
  const answer = await fetch(location.href, { redirect: "manual" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
  if (fresh && !content.contains(document.activeElement)) content.replaceChildren(...fresh.childNodes);
}

if (location.pathname !== "/page/login") setInterval(() => reload().catch(() => {}), RELOAD);
