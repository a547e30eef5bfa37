// Peek: Space on a row of a list, or the button beside its name, shows the account's essentials at the side.
// Esc closes. While it is open, walking the list with J and K shows the next.

const panel = document.getElementById("peek");
const inside = document.getElementById("peek-inside");
const opener = document.getElementById("peek-opener")?.content.querySelector("button").cloneNode(true);
let shown = null;

const linkOf = (row) => row?.querySelector('a[href^="/accounts/"]');

function peek(row) {
  const link = linkOf(row);
  if (!link) return;
  shown = row;
  panel.hidden = false;
  window.htmx.ajax("GET", `${link.pathname}?part=peek`, { target: inside });
}

function close() {
  panel.hidden = true;
  inside.replaceChildren();
  shown?.focus?.({ preventScroll: true });
  shown = null;
}

function rowOf(element) {
  return element?.closest?.("[data-walk] tbody tr");
}

if (panel) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden && !document.querySelector("dialog[open]")) {
      close();
      return;
    }
    const off = document.documentElement.dataset.keys === "off";
    const row = document.activeElement.closest("[data-walk] tbody tr");
    if (event.key !== " " || off || !row || document.activeElement !== row || !linkOf(row)) return;
    event.preventDefault();
    if (shown === row) close();
    else peek(row);
  });
  document.addEventListener("walked", (event) => !panel.hidden && peek(event.target));
  panel.querySelector(".peek-close").addEventListener("click", close);
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    peek(rowOf(opener));
  });
  // one button follows the pointer from row to row
  document.addEventListener("mouseover", (event) => {
    const link = linkOf(rowOf(event.target));
    if (link && link.nextElementSibling !== opener) link.after(opener);
  });
}
