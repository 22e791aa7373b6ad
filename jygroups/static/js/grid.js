// data-grid: a table of fields is filled in by keyboard like a spreadsheet; blocks are pasted into it.
"use strict";

const MOST_GRID_FIELDS = 850; // of the form; the server takes 1,000

function gridField(row, column) {
  return row?.querySelectorAll("input:not([type=checkbox])")[column] ?? null;
}

// The next row, or with -1 the one before; what stands between two of them are notes.
function gridRow(row, step) {
  do row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  while (row?.matches(".line-notes"));
  return row;
}

function gridPlace(field) {
  const row = field.closest("tr");
  return [row, [...row.querySelectorAll("input:not([type=checkbox])")].indexOf(field)];
}

// One more empty row, made of the last one; its number goes on counting.
function addGridRow(last) {
  if (!("new" in last.dataset)) return null;
  if (last.closest("form").elements.length + last.querySelectorAll("input").length > MOST_GRID_FIELDS) return null;
  const row = last.cloneNode(true);
  for (const field of row.querySelectorAll("input")) {
    const [, number, place] = field.name.match(/-(\d+)-(\d+)$/);
    field.name = `cell-${+number + 1}-${place}`;
    field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, +number + 1));
    field.value = "";
  }
  last.after(row);
  return row;
}

// What was changed is not known to be wrong any more; it is checked again.
function setGridValue(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// The cells of a block on the clipboard; a cell in quotation marks may have line breaks.
function gridBlock(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.replace(/\r\n?/g, "\n").replace(/\n$/, "")
    .matchAll(/(?:"((?:[^"\t]|"")*)"(?=\t|\n|$)|([^\t\n]*))(\t|\n|$)/g)) {
    rows[rows.length - 1].push(quoted === undefined ? plain : quoted.replace(/""/g, '"').replace(/\n/g, " "));
    if (!end) break;
    if (end === "\n") rows.push([]);
  }
  return rows;
}

for (const grid of document.querySelectorAll("[data-grid]")) {
  const form = grid.closest("form");
  const full = form.querySelector("[data-grid-full]");
  form.querySelector("[data-grid-help]").hidden = false;

  // A duplicated tab has the name of the other; as long as that is open, it gets one of its own.
  const named = form.elements.window;
  if (named) navigator.locks?.request(`grid-${named.value}`, { ifAvailable: true }, (lock) => {
    if (!lock) named.value = crypto.randomUUID();
    return new Promise(() => {}); // held until the page is left
  });

  // What was typed since the last check is lost with the page: the browser asks first.
  let isTyped = false;
  form.addEventListener("input", () => { isTyped = true; });
  form.addEventListener("submit", () => { isTyped = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!isTyped) return;
    event.preventDefault();
    event.returnValue = ""; // what older browsers go by
  });

  grid.addEventListener("keydown", (event) => {
    if (!event.target.matches("input:not([type=checkbox])") || event.isComposing || event.altKey) return;
    const [row, column] = gridPlace(event.target);
    const isRepeat = event.key.toLowerCase() === "d" && event.ctrlKey;
    const step = isRepeat ? -1 : { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || (event.ctrlKey && !isRepeat)) return;
    event.preventDefault();
    const other = gridField(gridRow(row, step), column);
    if (isRepeat) {
      if (other) setGridValue(event.target, other.value);
      return;
    }
    other?.focus();
    other?.select();
  });

  // On a phone, which has no Ctrl+D, a button below the cell repeats it in the empty ones of its column.
  const fill = form.querySelector("[data-grid-fill]");
  grid.addEventListener("focusin", (event) => {
    if (!event.target.matches("tr:not([data-new]) > td > input:not([type=checkbox])")) return;
    event.target.after(fill);
    fill.hidden = false;
  });
  fill.addEventListener("click", () => {
    const field = fill.parentElement.querySelector("input");
    const [first, column] = gridPlace(field);
    for (let row = gridRow(first, 1); row && !("new" in row.dataset); row = gridRow(row, 1)) {
      const other = gridField(row, column);
      if (other && !other.value.trim()) setGridValue(other, field.value);
    }
  });

  grid.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (!event.target.matches("input") || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    let [row, column] = gridPlace(event.target);
    full.hidden = true;
    for (const cells of gridBlock(text)) {
      if (!row) {
        full.hidden = false;
        full.scrollIntoView({ block: "center" });
        break;
      }
      cells.forEach((cell, place) => {
        const field = gridField(row, column + place);
        if (field) setGridValue(field, cell.trim());
      });
      row = gridRow(row, 1) ?? addGridRow(row);
    }
  });

  // An empty row stands always at the end.
  grid.addEventListener("input", (event) => {
    const cell = event.target.closest("td");
    if (cell) {
      cell.classList.remove("bad", "odd");
      event.target.classList.remove("is-invalid");
      event.target.removeAttribute("aria-invalid");
    }
    const row = event.target.closest("tr");
    if (row && "new" in row.dataset && !row.nextElementSibling) addGridRow(row);
  });

  // A column that is chosen is checked at once.
  grid.addEventListener("change", (event) => {
    if (event.target.matches("[data-title]")) form.requestSubmit();
  });
}
