// The palette: Ctrl K opens it, on a phone the button in the top bar does, words narrow it, arrows choose, Enter opens, Esc closes.

const palette = document.getElementById("palette");
const field = document.getElementById("palette-words");
const list = document.getElementById("palette-list");

const choices = () => [...list.querySelectorAll("a[role=option]")];

function choose(at) {
  const all = choices();
  all.forEach((it, i) => it.setAttribute("aria-selected", String(i === at)));
  const chosen = all[at];
  if (chosen) {
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function step(by) {
  const all = choices();
  if (!all.length) return;
  const here = all.findIndex((it) => it.getAttribute("aria-selected") === "true");
  choose((here + by + all.length) % all.length);
}

function open() {
  if (palette.open) return;
  palette.showModal();
  field.value = "";
  field.focus();
  window.htmx.trigger(field, "palette");
}

if (palette) {
  palette.addEventListener("open-palette", open);
  document.querySelector("[data-opens-palette]")?.addEventListener("click", open);
  // a click beside the box closes it
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  list.addEventListener("htmx:afterSwap", () => choose(0));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter") list.querySelector("[aria-selected=true]")?.click();
    else return;
    event.preventDefault();
  });
}
