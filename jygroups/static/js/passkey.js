// data-passkey: a form that is sent with what a passkey answers to the question in it (registry/access/factors/passkeys.py).
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

async function answer(options) {
  options.challenge = toBytes(options.challenge);
  for (const each of options.excludeCredentials ?? options.allowCredentials ?? []) each.id = toBytes(each.id);
  if (options.user) options.user.id = toBytes(options.user.id);
  const ask = options.user ? "create" : "get";
  const shown = await navigator.credentials[ask]({ publicKey: options });
  const response = {};
  for (const part of PARTS) if (shown.response[part]) response[part] = toText(shown.response[part]);
  return JSON.stringify({ id: shown.id, rawId: toText(shown.rawId), type: shown.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const usable = Boolean(window.PublicKeyCredential);
  form.querySelector("[data-passkey-none]").hidden = usable;
  form.querySelector("button").disabled = !usable;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const each of form.querySelectorAll("[data-passkey-failed], [data-passkey-there]")) each.hidden = true;
    try {
      form.elements.response.value = await answer(JSON.parse(form.dataset.passkey));
      form.submit();
    } catch (error) {
      const isThere = error.name === "InvalidStateError"; // the device has one of this user already
      form.querySelector(isThere ? "[data-passkey-there]" : "[data-passkey-failed]").hidden = false;
    }
  });
}
