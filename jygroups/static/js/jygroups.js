// What pages do beyond the browser's own: each behaviour hangs on a data attribute, and every page works without it.
"use strict";

// data-submit: a filter is sent as soon as a choice is made.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit]");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// data-filter: a filter is sent as soon as a choice is made, and leaves empty choices out of the address.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form && event.target.matches("select")) form.requestSubmit();
});
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-filter]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  const boxes = [...event.target.querySelectorAll("[data-columns] input")];
  if (boxes.every((box) => box.checked === ("usual" in box.dataset))) event.formData.delete("columns");
});

// data-once: a form that is on its way is not sent a second time; coming back to the page opens it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// data-download: the answer is a file and the page stays, so once sent it keeps neither the password nor old errors.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-download]")) return;
  setTimeout(() => {
    for (const box of form.querySelectorAll("[type=password]")) box.value = "";
    for (const error of form.querySelectorAll(".note-wrong, .errorlist")) error.remove();
    for (const box of form.querySelectorAll(".is-invalid")) box.classList.remove("is-invalid");
  });
});

// data-check-all: ticks all boxes of that name, or whose names end so, in the same form, wherever they stand.
for (const all of document.querySelectorAll("[data-check-all]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of all.form.elements) if (box.name?.endsWith(all.dataset.checkAll)) box.checked = all.checked;
  });
}

// Esc leaves a form by its way out, or closes the fold that is open.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const fold = event.target.closest("details[open].choice, details[open].more-acts");
  if (fold) {
    fold.open = false;
    fold.querySelector("summary").focus();
    return;
  }
  const leave = (event.target.form ?? event.target.closest("form, [data-act]"))?.querySelector("[data-leave]");
  if (leave) leave.click();
});

// A fold of acts closes when another thing is clicked.
document.addEventListener("click", (event) => {
  for (const fold of document.querySelectorAll("details[open].choice, details[open].more-acts")) {
    if (!fold.contains(event.target)) fold.open = false;
  }
});

// data-when="name=value": a part of a form is asked for only while that choice is made; data-when-any: in any of the
// form's fields of that name, also numbered ones (says, says-1).
for (const part of document.querySelectorAll("fieldset[data-when], fieldset[data-when-any]")) {
  const form = part.closest("form");
  const [name, value] = (part.dataset.when ?? part.dataset.whenAny).split("=");
  const fields = () => "when" in part.dataset
    ? [form.elements[name]]
    : [...form.elements].filter((field) => field.name === name || field.name.startsWith(`${name}-`));
  const choose = () => { part.hidden = part.disabled = !fields().some((field) => field.value === value); };
  form.addEventListener("change", choose);
  window.addEventListener("pageshow", choose);
  choose();
}

// data-print: the page is printed; data-print="now" once it is there.
window.addEventListener("load", () => {
  if (document.querySelector("[data-print=now]")) window.print();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// The first field in error has the cursor, else the one marked data-first.
document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("form .is-invalid, [data-first]");
  if (field) field.focus();
});

// Forms made by htmx carry the page's token.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

// A form that is refused (422) is shown as it comes back; so is a page that somebody was quicker on (409).
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// What scrolls sideways can be reached and scrolled by keyboard; it is called what stands above it.
function reachable(root) {
  for (const box of root.querySelectorAll(".scroller:not([tabindex])")) {
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) continue;
    const heading = box.closest("section, form, main")?.querySelector("h1, h2");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    if (heading) box.setAttribute("aria-label", heading.textContent.trim());
  }
}
document.addEventListener("DOMContentLoaded", () => reachable(document));
window.addEventListener("resize", () => reachable(document));
document.addEventListener("htmx:load", (event) => reachable(event.target));

// data-more: one more empty row, made of the last one before the button; each name and id goes on counting.
document.querySelectorAll("[data-more]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const last = button.previousElementSibling;
    const row = last.cloneNode(true);
    for (const field of row.querySelectorAll("[name], label[for]")) {
      for (const name of ["name", "id", "for"]) {
        const value = field.getAttribute(name);
        if (value) field.setAttribute(name, value.replace(/-(\d+)-(\w+)$/, (_all, place, end) => `-${+place + 1}-${end}`));
      }
    }
    row.querySelectorAll(".errorlist").forEach((list) => list.remove());
    row.querySelectorAll("input").forEach((input) => { input.value = ""; input.classList.remove("is-invalid"); });
    button.before(row);
    row.querySelector("input").focus();
  });
});

// "/" and Ctrl K lead to the search box.
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("[data-suggests]");
  const isSlash = event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]");
  if (!box || !(isSlash || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)))) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// data-menu-fold: the folds of the menu that the reader has left open are remembered, for the server to open them again.
document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-menu-fold] > summary")?.parentElement;
  if (!fold) return;
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("folds="));
  const keys = new Set((cookie ?? "folds=").slice(6).split(".").filter(Boolean));
  if (fold.open) keys.delete(fold.dataset.menuFold); else keys.add(fold.dataset.menuFold); // it has not moved yet
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `folds=${[...keys].join(".")}; path=/; max-age=31536000; samesite=lax${secure}`;
});

// data-suggests: arrow keys walk from the box through the links beneath it, Esc and a click elsewhere close them.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest("form.search");
  if (!form) return;
  const stops = [...form.querySelectorAll("[data-suggests], .suggestions a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && stops.length > 1) {
    event.preventDefault();
    stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(event.target) + step))].focus();
  } else if (event.key === "Escape") {
    stops[0].focus();
    form.querySelector(".suggestions").replaceChildren();
  }
});
document.addEventListener("click", (event) => {
  const list = document.querySelector(".suggestions");
  if (list && !list.parentElement.contains(event.target)) list.replaceChildren();
});

// data-worker: the service worker, which shows a page of its own while there is no connection.
window.addEventListener("load", () => {
  const link = document.querySelector("[data-worker]");
  if (link && "serviceWorker" in navigator) navigator.serviceWorker.register(link.dataset.worker).catch(() => {});
});

// data-copy: the text goes to the clipboard; where the browser offers none (no https), it is copied as a selection.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const isDone = document.execCommand("copy");
    box.remove();
    return isDone;
  }
}
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const isDone = await copied(button.dataset.copy);
    button.focus();
    for (const other of document.querySelectorAll("[data-copied]")) delete other.dataset.copied;
    if (isDone) button.dataset.copied = "";
  });
});
