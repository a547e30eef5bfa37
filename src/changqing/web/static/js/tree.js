// The tree of departments by mouse: a row dropped on another goes under it, by the form that the keyboard uses.

const dragged = () => document.querySelector("[data-dragged]");

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-department]");
  if (!row) return;
  row.dataset.dragged = "";
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", row.dataset.department);
});

document.addEventListener("dragend", () => {
  for (const row of document.querySelectorAll("[data-dragged], [data-over]")) {
    delete row.dataset.dragged;
    delete row.dataset.over;
  }
});

for (const target of document.querySelectorAll("[data-drop]")) {
  target.addEventListener("dragover", (event) => {
    if (!dragged() || dragged() === target) return;
    event.preventDefault();
    target.dataset.over = "";
  });
  target.addEventListener("dragleave", () => delete target.dataset.over);
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    const row = dragged();
    if (!row || row === target) return;
    const form = row.querySelector("form[data-move]");
    form.elements.to.value = target.dataset.drop;
    form.submit();
  });
}
