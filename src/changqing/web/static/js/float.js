// What floats: places a popover beside the button that opens it, and lets toasts go after a while.

const GAP = 6;
const EDGE = 8;

function place(floating, opener) {
  const at = opener.getBoundingClientRect();
  const size = floating.getBoundingClientRect();
  const left = Math.min(Math.max(at.left, EDGE), innerWidth - size.width - EDGE);
  const below = at.bottom + GAP;
  const fits = below + size.height < innerHeight - EDGE;
  floating.style.left = `${Math.max(left, EDGE)}px`;
  floating.style.top = `${fits ? below : Math.max(at.top - GAP - size.height, EDGE)}px`;
}

let opener = null;
// the button that the open popover stands beside
let beside = null;
let settled = 0;

function isInView(button) {
  const at = button.getBoundingClientRect();
  return at.bottom > 0 && at.top < innerHeight;
}

document.addEventListener("click", (event) => {
  opener = event.target.closest?.("[popovertarget]") ?? null;
}, true);

document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches?.("[popover]")) return;
  const button = opener ?? document.querySelector(`[popovertarget="${event.target.id}"]`);
  beside = event.target.matches(".in-the-middle") ? null : button;
  if (beside) place(event.target, beside);
}, true);

// A popover is fixed to the window, so where the page scrolls it goes with its button, and closes where the
// page comes to rest without the button: a glide to it may pass elsewhere first.
const AT_REST = 120;
addEventListener("scroll", (event) => {
  const open = document.querySelector("[popover]:popover-open");
  if (!open || open.contains(event.target)) return;
  if (beside) place(open, beside);
  clearTimeout(settled);
  settled = setTimeout(() => {
    if (open.matches(":popover-open") && !(beside && isInView(beside))) open.hidePopover();
  }, AT_REST);
}, { capture: true, passive: true });

const STAYS = 8000;
setTimeout(() => document.querySelectorAll(".toasts [role=status]").forEach((it) => it.remove()), STAYS);
