// The sheet's table: a community's lines fold beneath its subtotal, and a line is explained beside the table. Without
// this, the lines stand open or are one link away, and a name leads to the page of its line.
"use strict";

function fold(body, folded) {
  body.classList.toggle("folded", folded);
  body.querySelector(".fold-button").setAttribute("aria-expanded", String(!folded));
}

function prepare(root) {
  for (const button of root.querySelectorAll(".fold-button, [data-fold-all]")) button.hidden = false;
}
document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.target));

document.addEventListener("click", (event) => {
  const button = event.target.closest(".fold-button, [data-fold-all]");
  if (!button) return;
  if (!button.matches("[data-fold-all]")) {
    const body = button.closest("[data-fold]");
    fold(body, !body.classList.contains("folded"));
    return;
  }
  const folded = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(folded));
  document.querySelectorAll(`#${button.dataset.foldAll} [data-fold]`).forEach((body) => fold(body, folded));
});

// data-line: a name opens the explanation of its line in #line-panel; arrow keys go on to the next line, Esc closes it.
let shownLine = null;

function showLine(link) {
  shownLine?.closest("tr").classList.remove("chosen");
  shownLine = link;
  link.closest("tr").classList.add("chosen");
  htmx.ajax("GET", link.href, { target: "#line-panel", select: "#why", swap: "innerHTML" });
}

function closeLine() {
  document.querySelector("#line-panel").replaceChildren();
  shownLine?.closest("tr").classList.remove("chosen");
  shownLine?.focus();
  shownLine = null;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-line]")) return closeLine();
  const link = event.target.closest("[data-line]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !isPlain || !window.matchMedia("(min-width: 1000px)").matches) return;
  event.preventDefault();
  showLine(link);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shownLine) return closeLine();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const link = step && event.target.closest("[data-line]");
  if (!link) return;
  event.preventDefault();
  const links = [...document.querySelectorAll("[data-line]")].filter((each) => each.offsetParent);
  const next = links[links.indexOf(link) + step];
  if (!next) return;
  next.focus();
  if (shownLine) showLine(next);
});
