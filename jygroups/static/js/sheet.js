// The sheet's table: a community's lines fold beneath its subtotal. Without this, all lines stand open.
"use strict";

function fold(body, folded) {
  body.classList.toggle("folded", folded);
  body.querySelector(".fold-button").setAttribute("aria-expanded", String(!folded));
}

document.querySelectorAll("[data-fold]").forEach((body) => {
  const button = body.querySelector(".fold-button");
  button.hidden = false;
  button.addEventListener("click", () => fold(body, !body.classList.contains("folded")));
});

document.querySelectorAll("[data-fold-all]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const folded = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(folded));
    document.querySelectorAll(`#${button.dataset.foldAll} [data-fold]`).forEach((body) => fold(body, folded));
  });
});
