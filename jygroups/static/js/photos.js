// data-photos: photos are made small before they are sent, and lose with that where and with what they were taken.
// What the browser cannot read goes as it is; the site cleans it too.
"use strict";

const LONGEST = 1280; // pixels
const QUALITY = 0.7;

async function small(file) {
  if (!/^image\/(jpeg|png|webp|heic)$/.test(file.type)) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}

// While photos are made small the form waits for them.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-photos]") || !("DataTransfer" in window)) return;
  const given = [...input.files];
  const work = Promise.all(given.map(small)).then((files) => {
    const smaller = new DataTransfer();
    for (const file of files) smaller.items.add(file);
    if (input.work === work) {
      input.files = smaller.files;
      delete input.work;
    }
  });
  input.work = work;
});
document.addEventListener("submit", (event) => {
  const waiting = [...event.target.elements].map((field) => field.work).filter(Boolean);
  if (!waiting.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const by = event.submitter;
  Promise.all(waiting).then(() => event.target.requestSubmit(by));
}, true);
