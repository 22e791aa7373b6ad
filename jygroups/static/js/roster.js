// A roster is edited in place, by keyboard alone.
"use strict";

// data-rows: the arrow keys go from row to row (data-row), and inside an open fold of acts from act to act.
document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || event.target.matches("select, textarea, [type=date]")) return;
  const fold = event.target.closest("details[open].more-acts");
  const places = [...(fold?.querySelectorAll("a") ?? event.target.closest("[data-rows]")?.querySelectorAll("[data-row]") ?? [])];
  const row = event.target.closest("tr, form");
  const here = places.findIndex((place) => place === event.target || (!fold && row?.contains(place)));
  const next = places[here === -1 && fold ? 0 : here + step];
  if (here === -1 && !fold || !next) return;
  event.preventDefault();
  next.focus();
});

// data-act: a form below a roster is left without asking the server; the cursor goes back to where it came from.
let opener = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (target.id !== "act" || target.contains(elt)) return;
  opener = elt.closest("details")?.querySelector("summary") ?? elt;
  for (const fold of document.querySelectorAll("details[open].more-acts")) fold.open = false;
});
document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-leave]")?.closest("[data-act]");
  if (!act) return;
  event.preventDefault();
  act.remove();
  opener?.focus();
});

// What htmx brings has the cursor in its first field, or the first in error.
document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelector?.(".is-invalid, [data-first]")?.focus();
});
