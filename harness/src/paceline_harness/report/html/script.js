"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const root = document.documentElement;
  const table = one("#overview");
  const form = one("#filters");

  // Colours: as the system says, or as chosen; kept where the browser lets a page keep something.
  const theme = one("#theme");
  const KEY = "paceline-theme";
  const remembered = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const wear = (name) => {
    if (name === "light" || name === "dark") root.dataset.theme = name; else delete root.dataset.theme;
    one("span", theme).textContent = name || "auto";
    theme.setAttribute("aria-label", `Colours: ${name || "as the system"}`);
    try { name ? localStorage.setItem(KEY, name) : localStorage.removeItem(KEY); } catch { /* not kept, then */ }
  };
  theme.hidden = false;
  wear(remembered() || "");
  theme.addEventListener("click", () => {
    const turn = ["", "dark", "light"];
    wear(turn[(turn.indexOf(root.dataset.theme || "") + 1) % turn.length]);
  });
  if (!table) return;

  // Filters.
  const rows = [...table.tBodies[0].rows];
  const boxes = all("input[name=backend]");
  const operation = one("#operation"), verdict = one("#verdict"), search = one("#search"), count = one("#count");
  form.hidden = false;

  const chosen = () => new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const apply = () => {
    const backends = chosen(), wanted = verdict.value, words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of all("[data-backend]")) {
      each.classList.toggle("off-filter", !backends.has(each.dataset.backend));
    }
    let shown = 0;
    for (const row of rows) {
      const cells = all("td[data-backend]", row);
      const matching = cells.filter((cell) => backends.has(cell.dataset.backend) && cell.dataset.verdict === wanted);
      const kept = (!operation.value || row.dataset.op === operation.value)
        && words.every((word) => row.dataset.text.includes(word))
        && (!wanted || matching.length > 0);
      for (const cell of cells) cell.classList.toggle("faded", Boolean(wanted) && !matching.includes(cell));
      for (const each of all(`[data-row="${row.dataset.row}"]`)) each.classList.toggle("off-filter", !kept);
      shown += kept ? 1 : 0;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
    link();
  };

  // The choice is kept in the address, so that a view can be passed on.
  const link = () => {
    const state = new URLSearchParams();
    const backends = boxes.filter((box) => box.checked).map((box) => box.value);
    if (backends.length < boxes.length) state.set("backends", backends.join(","));
    if (operation.value) state.set("operation", operation.value);
    if (verdict.value) state.set("verdict", verdict.value);
    if (search.value) state.set("search", search.value);
    const text = state.toString();
    if (text || location.hash.includes("=")) history.replaceState(null, "", `#${text}`);
  };
  const restore = () => {
    if (!location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1));
    if (state.has("backends")) {
      const names = state.get("backends").split(",");
      for (const box of boxes) box.checked = names.includes(box.value);
    }
    operation.value = state.get("operation") || "";
    verdict.value = state.get("verdict") || "";
    search.value = state.get("search") || "";
  };
  form.addEventListener("input", apply);
  one("#clear").addEventListener("click", () => { form.reset(); apply(); });

  // Sorting: numbers begin with the largest, text with A; the third press restores the order.
  const heads = all("thead th", table);
  heads.forEach((head, at) => one("button", head).addEventListener("click", () => {
    const numeric = head.dataset.kind === "number";
    const turn = numeric ? ["none", "descending", "ascending"] : ["none", "ascending", "descending"];
    const order = turn[(turn.indexOf(head.getAttribute("aria-sort")) + 1) % turn.length];
    for (const other of heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    const value = (row) => row.cells[at].dataset.value;
    const compare = (a, b) => {
      if (order === "none") return 0;
      const [x, y] = [value(a), value(b)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      const step = numeric ? Number(x) - Number(y) : x.localeCompare(y);
      return order === "ascending" ? step : -step;
    };
    table.tBodies[0].append(...[...rows].sort(compare));
  }));

  // What is shown, as Markdown.
  const text = (node) => {
    const copy = node.cloneNode(true);
    for (const each of all("[data-nocopy], .arrow, svg", copy)) each.remove();
    return copy.textContent.replace(/\s+/g, " ").trim().replace(/\|/g, "\\|");
  };
  const lines = (cell) => {
    const parts = all(".line", cell);
    const said = (parts.length ? parts : [cell]).map(text);
    if (cell.classList.contains("best")) said[0] = `**${said[0]}**`;
    return said.join("<br>");
  };
  const visible = (cell) => !cell.classList.contains("off-filter");
  const markdown = () => {
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const names = heads.filter(visible).map((head) => head.dataset.name);
    const body = [...table.tBodies[0].rows].filter(visible).map((row) => line([...row.cells].filter(visible).map(lines)));
    return [line(names), `|${"---|".repeat(names.length)}`, ...body].join("\n") + "\n";
  };
  const button = one("#copy"), label = button.textContent;
  const offer = (said) => {
    one("#markdown").value = said;
    one("#fallback").showModal();
    one("#markdown").select();
  };
  button.addEventListener("click", async () => {
    const said = markdown();
    try {
      await navigator.clipboard.writeText(said);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      offer(said);
    }
  });

  restore();
  apply();
})();
