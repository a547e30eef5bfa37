// Imports: files dropped or chosen go at once, Ctrl Enter writes, a best guess is taken into its cell.

const form = () => document.getElementById("hand-over");

function hand(files) {
  const most = Number(form().dataset.most);
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  form().querySelector("[role=alert]").hidden = size <= most;
  if (!files.length || size > most) return;
  form().querySelector("progress").hidden = false;
  form().requestSubmit();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("#hand-over input[type=file]")) hand(event.target.files);
});

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!form() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form().classList.add("over");
  });
}

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form()?.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  if (!form() || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  form().classList.remove("over");
  form().querySelector("input[type=file]").files = event.dataTransfer.files;
  hand(event.dataTransfer.files);
});

document.addEventListener("htmx:xhr:progress", (event) => {
  if (event.target !== form() || !event.detail.lengthComputable) return;
  form().querySelector("progress").value = event.detail.loaded / event.detail.total;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = document.querySelector("[data-write]");
  if (!button) return;
  event.preventDefault();
  button.click();
});

document.addEventListener("click", (event) => {
  const taken = event.target.closest("[data-take]");
  if (!taken) return;
  const cell = document.querySelector(`[name="${taken.dataset.for}"]`);
  cell.value = taken.dataset.take;
  cell.focus();
});
