// data-draft="<user>": what is typed into a form stays on the device until it has been saved, so that a lost connection
// loses nothing. Never a file, never what looks like an ID number; another user's draft is dropped unread.
"use strict";

const DRAFTS = "draft ";
const DRAFT_DAYS = 3;
const PERSONAL = /\d{14,17}[\dXx]/;

function readDraft(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function typedInto(form) {
  const typed = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || ["hidden", "file", "password", "submit", "button"].includes(field.type)) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      if (field.checked) typed[field.name] = [...(typed[field.name] ?? []), field.value];
    } else if (!PERSONAL.test(field.value.replace(/\s/g, ""))) {
      typed[field.name] = field.value;
    }
  }
  return typed;
}

function fillIn(form, typed) {
  for (const field of form.elements) {
    const value = typed[field.name];
    if (["checkbox", "radio"].includes(field.type)) {
      if (field.name && !["hidden", "file"].includes(field.type)) field.checked = (value ?? []).includes(field.value);
    } else if (value !== undefined && field.type !== "hidden") {
      field.value = value;
    }
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// What was sent from the page before this one, and led here, has been saved.
const cameFrom = document.referrer && new URL(document.referrer).origin === location.origin ? new URL(document.referrer) : null;
for (const key of Object.keys(localStorage).filter((name) => name.startsWith(DRAFTS))) {
  const draft = readDraft(key);
  const old = !draft || Date.now() - draft.at > DRAFT_DAYS * 24 * 3600 * 1000;
  const saved = draft?.sent && cameFrom && key.endsWith(` ${cameFrom.pathname}${cameFrom.search}`)
    && cameFrom.pathname !== location.pathname;
  if (old || saved) localStorage.removeItem(key);
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = `${DRAFTS}${form.dataset.draft} ${location.pathname}${location.search}`;
  const offer = form.querySelector("[data-draft-offer]");
  const offline = form.querySelector("[data-draft-offline]");
  const keep = (more = {}) => {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), typed: typedInto(form), ...more }));
    } catch {
      // No room, or not allowed: the form works all the same.
    }
  };
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(DRAFTS) && !name.startsWith(`${DRAFTS}${form.dataset.draft} `)) localStorage.removeItem(name);
  }
  const draft = readDraft(key);
  const refused = form.querySelector(".is-invalid, [role=alert]:not([hidden])");
  if (draft && !refused && JSON.stringify(draft.typed) !== JSON.stringify(typedInto(form))) {
    offer.hidden = false;
    offer.querySelector("[data-draft-at]").textContent = new Date(draft.at).toLocaleString();
    offer.querySelector("[data-draft-restore]").addEventListener("click", () => {
      fillIn(form, draft.typed);
      offer.hidden = true;
    });
    offer.querySelector("[data-draft-drop]").addEventListener("click", () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    });
  }
  for (const name of ["input", "change"]) {
    form.addEventListener(name, (event) => {
      if (event.isTrusted) keep();
    });
  }
  // Without a connection the page stays, with all that is in it.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    if (navigator.onLine) {
      keep({ sent: true });
      return;
    }
    keep();
    event.preventDefault();
    event.stopImmediatePropagation();
    offline.hidden = false;
    offline.scrollIntoView({ block: "center" });
  }, true);
  window.addEventListener("online", () => { offline.hidden = true; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) keep(); });
}
