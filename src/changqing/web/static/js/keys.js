// Keys: Ctrl K finds, J and K walk a list, Enter opens, X ticks, Space peeks (peek.js), 1-9 and printed keys press what bears them.
// Single letters are off while typing, and off for good when <html data-keys="off">.

const typing = (element) =>
  element.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);

function find() {
  const palette = document.getElementById("palette");
  if (palette) {
    palette.dispatchEvent(new Event("open-palette"));
    return;
  }
  const field = document.getElementById("find");
  if (field?.offsetParent) {
    field.focus();
    field.select();
  } else {
    document.querySelector(".top-search-link")?.click();
  }
}

function walkedRows() {
  const table = document.activeElement.closest("[data-walk]") ?? document.querySelector("[data-walk]");
  return table ? [...table.tBodies[0].rows].filter((row) => row.offsetParent) : [];
}

function walk(step) {
  const rows = walkedRows();
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement.closest("tr"));
  const next = rows[Math.min(Math.max(here + step, 0), rows.length - 1)];
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  next.dispatchEvent(new Event("walked", { bubbles: true }));
}

function open(row, event) {
  const link = row.querySelector("a[href]");
  if (!link || document.activeElement !== row) return;
  event.preventDefault();
  link.click();
}

function tick(row) {
  row.querySelector("input[type=checkbox]")?.click();
}

function press(key) {
  const bearers = [...document.querySelectorAll("[data-key]")];
  const bearer = bearers.find((it) => it.dataset.key.toLowerCase() === key && it.offsetParent);
  if (!bearer) return false;
  if (typing(bearer)) bearer.focus();
  else bearer.click();
  return true;
}

function onLetter(event) {
  const row = document.activeElement.closest("[data-walk] tbody tr");
  const key = event.key.toLowerCase();
  if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (key === "enter" && row) open(row, event);
  else if (key === "x" && row) tick(row);
  else if (key === "?") document.getElementById("keys")?.togglePopover();
  else if (press(key)) event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    find();
    return;
  }
  const off = document.documentElement.dataset.keys === "off";
  if (off || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  onLetter(event);
});

// the section in view is marked in the jump rail
const links = new Map([...document.querySelectorAll(".jump-rail a")].map((a) => [a.hash.slice(1), a]));
if (links.size) {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((it) => it.isIntersecting)) {
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-80px 0px -70% 0px" },
  );
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) seen.observe(section);
  }
}
