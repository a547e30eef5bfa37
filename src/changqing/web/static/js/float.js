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

document.addEventListener("click", (event) => {
  opener = event.target.closest?.("[popovertarget]") ?? null;
}, true);

document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches?.("[popover]")) return;
  const button = opener ?? document.querySelector(`[popovertarget="${event.target.id}"]`);
  if (button && !event.target.matches(".in-the-middle")) place(event.target, button);
}, true);

// a popover is fixed to the window, so it would come loose from a page that scrolls
addEventListener("scroll", (event) => {
  const open = document.querySelector("[popover]:popover-open");
  if (open && !open.contains(event.target)) open.hidePopover();
}, { capture: true, passive: true });

const STAYS = 8000;
setTimeout(() => document.querySelectorAll(".toasts [role=status]").forEach((it) => it.remove()), STAYS);
