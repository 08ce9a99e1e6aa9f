"use strict";
(() => {
  const table = document.getElementById("decision-table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const filters = ["task", "family", "evidence"]
    .map((name) => [name, document.getElementById("filter-" + name)])
    .filter(([, select]) => select);

  // rows without a value stay last, whichever way the others are sorted
  const compare = (a, b, numeric, sign) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (numeric ? a - b : a.localeCompare(b));
  };

  const sort = (column) => {
    const head = heads[column];
    const numeric = head.dataset.kind === "number";
    const first = head.classList.contains("c-effect") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = head.getAttribute("aria-sort") === first ? other : first;
    heads.forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [row, row.cells[column].dataset.key]);
    rows.sort(([, a], [, b]) => compare(a, b, numeric, sign));
    body.append(...rows.map(([row]) => row));
  };

  // a stack is of several families, joined by a plus sign
  const filter = () => {
    let shown = 0;
    for (const row of body.rows) {
      const keep = filters.every(([name, select]) => !select.value || row.dataset[name].split("+").includes(select.value));
      row.hidden = !keep;
      shown += keep;
    }
    document.getElementById("shown").value = `${shown} of ${body.rows.length} rows`;
  };

  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
  filters.forEach(([, select]) => select.addEventListener("change", filter));
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  filter(); // a reloaded page keeps its choices
})();
