// Opens the cases of an operation, and filters the matrices. Without it, all numbers and failures are visible.
const results = ["held", "refused", "caught", "not reachable", "failed"];
const data = JSON.parse(document.getElementById("cases").textContent);
const tone = (result) => (result === "not reachable" ? "reachable" : result);

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function matching(filter, name, [situation, result, detail]) {
  const text = `${name} ${situation} ${detail}`.toLowerCase();
  return filter.words.every((word) => text.includes(word)) && (!filter.result || results[result] === filter.result);
}

function filterOf(section) {
  const input = section.querySelector(".filter input");
  const select = section.querySelector(".filter select");
  return { words: input.value.toLowerCase().split(/\s+/).filter(Boolean), result: select.value };
}

function casesOf(section, row) {
  const cases = data[section.id][row.dataset.vendor][row.dataset.name];
  return cases.filter((one) => matching(filterOf(section), row.dataset.name, one));
}

function show(section, row) {
  const lines = casesOf(section, row).map(([situation, index, detail]) =>
    element("tr", {}, element("td", {}, situation),
      element("td", {}, element("span", { className: `word ${tone(results[index])}` }, results[index])),
      element("td", { className: "detail" }, detail)));
  const head = element("tr", {}, ...["Case", "Result", "Detail"].map((word) => element("th", { scope: "col" }, word)));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines));
  const cell = element("td", { colSpan: row.cells.length }, element("div", { className: "table", tabIndex: 0 }, table));
  row.after(element("tr", { className: "cases whole" }, cell));
}

function hide(row) {
  if (row.nextElementSibling?.classList.contains("cases")) row.nextElementSibling.remove();
}

function toggle(section, row, button) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  hide(row);
  if (open) show(section, row);
}

function apply(section) {
  const filter = filterOf(section);
  const active = filter.words.length > 0 || filter.result !== "";
  let shown = 0;
  let total = 0;
  for (const group of section.querySelectorAll("details[data-vendor]")) {
    let here = 0;
    for (const row of group.querySelectorAll("tr[data-name]")) {
      const fits = casesOf(section, row).length > 0;
      hide(row);
      row.hidden = !fits;
      total += 1;
      if (!fits) continue;
      here += 1;
      if (row.querySelector("button").getAttribute("aria-expanded") === "true") show(section, row);
    }
    shown += here;
    group.hidden = here === 0;
    if (active && here > 0) group.open = true;
  }
  section.querySelector(".filter output").textContent = active ? `${shown} of ${total} shown` : "";
}

for (const section of document.querySelectorAll("section[data-part]")) {
  section.addEventListener("click", (event) => {
    const button = event.target.closest("tr[data-name] button");
    if (button) toggle(section, button.closest("tr"), button);
  });
  section.addEventListener("input", () => apply(section));
}
for (const bar of document.querySelectorAll(".filter")) bar.hidden = false;
