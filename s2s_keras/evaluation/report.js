"use strict";
const section = document.getElementById("sentences");
const body = section.querySelector("tbody");
const rows = Array.from(body.rows);
const texts = rows.map((row) => row.textContent.toLowerCase());
const search = section.querySelector("input");
const status = section.querySelector("[role=status]");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => {
    row.hidden = !words.every((word) => texts[index].includes(word));
    shown += row.hidden ? 0 : 1;
  });
  status.textContent = `${shown} of ${rows.length} shown`;
}

function valueOf(row, column) {
  return row.cells[column].dataset.value;
}

function sort(header) {
  const isNumber = header.dataset.kind === "number";
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const column = header.cellIndex;
  const sorted = rows.slice().sort((a, b) => {
    const [first, second] = [valueOf(a, column), valueOf(b, column)];
    return sign * (isNumber ? first - second : first.localeCompare(second));
  });
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  body.append(...sorted);
}

section.querySelector("form").hidden = false;
section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", filter);
for (const button of section.querySelectorAll("th button")) {
  button.addEventListener("click", () => sort(button.closest("th")));
}
filter();
