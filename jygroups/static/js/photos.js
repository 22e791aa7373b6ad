// data-photos: photos are shown as soon as they are chosen, and one after the other is added to them. They are made
// small before they are sent, and lose with that where and with what they were taken. What the browser cannot read goes
// as it is; the site cleans it too.
"use strict";

const LONGEST = 1280; // pixels
const QUALITY = 0.7;
const THUMBNAIL = 224; // pixels

function drawn(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// The file as it is sent, and its picture.
async function small(file) {
  if (!/^image\/(jpeg|png|webp|heic)$/.test(file.type)) return { file };
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const thumbnail = drawn(image, THUMBNAIL).toDataURL("image/jpeg", QUALITY);
    const blob = await new Promise((done) => drawn(image, LONGEST).toBlob(done, "image/jpeg", QUALITY));
    if (!blob) return { file, thumbnail };
    return { file: new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" }), thumbnail };
  } catch {
    return { file };
  }
}

function shown(chosen, remove, label) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const name = document.createElement(chosen.thumbnail ? "img" : "span");
  if (chosen.thumbnail) {
    name.src = chosen.thumbnail;
    name.alt = chosen.file.name;
  } else {
    name.textContent = chosen.file.name;
  }
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", `${label} ${chosen.file.name}`);
  button.addEventListener("click", remove);
  item.append(name, button);
  return item;
}

for (const box of "DataTransfer" in window ? document.querySelectorAll("[data-photos]") : []) {
  const inputs = [...box.querySelectorAll("input[type=file]")];
  const sent = inputs[inputs.length - 1];
  const list = box.querySelector("ul");
  let chosen = [];
  box.classList.add("with-thumbnails");
  const show = () => {
    const files = new DataTransfer();
    for (const each of chosen) files.items.add(each.file);
    sent.files = files.files;
    for (const item of list.querySelectorAll("[data-chosen]")) item.remove();
    for (const each of chosen) {
      const item = shown(each, () => {
        chosen = chosen.filter((other) => other !== each);
        show();
      }, box.dataset.remove);
      item.dataset.chosen = "";
      list.append(item);
    }
  };
  // While photos are made small the form waits for them.
  for (const input of inputs) {
    input.addEventListener("change", () => {
      const given = [...input.files];
      if (input !== sent) input.value = "";
      box.setAttribute("aria-busy", "true");
      const before = sent.work ?? Promise.resolve();
      const work = before.then(() => Promise.all(given.map(small))).then((found) => {
        chosen = [...chosen, ...found];
        show();
        if (sent.work !== work) return;
        delete sent.work;
        box.removeAttribute("aria-busy");
      });
      sent.work = work;
    });
  }
}
document.addEventListener("submit", (event) => {
  const waiting = [...event.target.elements].map((field) => field.work).filter(Boolean);
  if (!waiting.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const by = event.submitter;
  Promise.all(waiting).then(() => event.target.requestSubmit(by));
}, true);
