// data-typeahead: a long choice (select) becomes a box to type in, searched by the options' text and by their
// data-pinyin, whole or by initials. The select stays beneath and is what the form sends; without JavaScript it is shown.
"use strict";

(() => {
  const MOST = 50; // options shown at once; the user types more to find others
  const joined = (text) => text.toLowerCase().replace(/\s+/g, "");
  let serial = 0;

  // 幸福社区 · xing fu she qu is found by 幸福, 社区, xingfu, shequ and xfsq.
  function fits(option, words) {
    if (joined(option.text + groupOf(option)).includes(words)) return true;
    const syllables = (option.dataset.pinyin || "").split(" ");
    if (syllables.map((syllable) => syllable[0]).join("").includes(words)) return true;
    return syllables.some((_, place) => syllables.slice(place).join("").startsWith(words));
  }

  const groupOf = (option) => (option.parentElement.matches("optgroup") ? option.parentElement.label : "");

  function enrich(select) {
    if (select.multiple || select.hidden) return;
    const box = document.createElement("div");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    list.id = `typeahead-${++serial}`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    Object.entries({
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    }).forEach(([name, value]) => input.setAttribute(name, value));
    // The box takes the select's place in every respect but the value.
    for (const name of ["id", "class", "aria-describedby", "aria-invalid", "aria-label", "data-first", "autofocus"]) {
      if (!select.hasAttribute(name)) continue;
      input.setAttribute(name, select.getAttribute(name));
      select.removeAttribute(name);
    }
    input.required = select.required;
    input.disabled = select.disabled;
    select.required = false;
    select.hidden = true;
    const label = input.id && document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
    list.setAttribute("aria-label", label ? label.textContent.trim() : input.getAttribute("aria-label") || "");
    box.className = "typeahead";
    select.before(box);
    box.append(input, list);

    const empty = [...select.options].find((option) => option.value === "");
    const shown = () => [...list.children].filter((item) => item.option);
    const active = () => shown().find((item) => item.id === input.getAttribute("aria-activedescendant"));

    function settle() {
      const chosen = select.selectedOptions[0];
      input.value = chosen && chosen.value !== "" ? chosen.text.trim() : "";
      input.placeholder = empty ? empty.text : "";
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(item) {
      for (const each of shown()) each.setAttribute("aria-selected", String(each === item));
      if (!item) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }

    function open(words) {
      const found = [...select.options].filter((option) => !option.disabled && fits(option, words));
      const items = found.slice(0, MOST).map((option, place) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${place}`;
        item.option = option;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = option.text;
        if (groupOf(option)) {
          const group = document.createElement("small");
          group.textContent = groupOf(option);
          item.append(" ", group);
        }
        return item;
      });
      list.replaceChildren(...items);
      list.hidden = !items.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(words ? items[0] : items.find((item) => item.option.selected));
    }

    function choose(option) {
      close();
      const changed = option && !option.selected;
      if (option) option.selected = true;
      settle();
      if (changed) select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    input.addEventListener("input", (event) => {
      event.stopPropagation();
      open(joined(input.value));
    });
    // The box's own events are ignored; the select's change event counts.
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("click", () => (list.hidden ? open("") : close()));
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => {
      if (input.value.trim() === "" && empty) choose(empty);
      else if (list.hidden) settle();
      else choose(input.value.trim() && active() ? active().option : null);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) return open("");
        const items = shown();
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(items[(items.indexOf(active()) + step + items.length) % items.length]);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (active()) choose(active().option);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        settle();
        close();
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the cursor
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) choose(item.option);
    });
    select.form?.addEventListener("reset", () => setTimeout(settle));
    settle();
  }

  const enrichAll = (root) => root.querySelectorAll("select[data-typeahead]").forEach(enrich);
  enrichAll(document);
  document.addEventListener("htmx:load", (event) => enrichAll(event.detail.elt.parentElement || event.detail.elt));
})();
