// Cards that are dragged open their own "Move to" form, which asks why; answers of the review by one key.
import { on, ready, say } from "./base.js";

ready((root) => {
  for (const tile of root.querySelectorAll(".tile[draggable='true']")) {
    tile.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/plain", tile.dataset.key);
      event.dataTransfer.effectAllowed = "move";
      tile.classList.add("held");
    });
    tile.addEventListener("dragend", () => tile.classList.remove("held"));
  }
  for (const column of root.querySelectorAll(".column")) {
    column.addEventListener("dragover", (event) => {
      event.preventDefault();
      column.classList.add("over");
    });
    column.addEventListener("dragleave", () => column.classList.remove("over"));
    column.addEventListener("drop", (event) => {
      event.preventDefault();
      column.classList.remove("over");
      const tile = document.getElementById(event.dataTransfer.getData("text/plain"));
      if (tile === null || tile.closest(".column") === column) return;
      askWhy(tile, column.dataset.stage);
    });
  }
});

function askWhy(tile, stage) {
  const move = tile.querySelector("details.move");
  if (move === null) return;
  move.open = true;
  move.querySelector("select[name=stage]").value = stage;
  const reason = move.querySelector("input[name=reason]");
  reason.focus();
  say(`To ${stage}: say why, then press Enter.`);
}

for (const name of ["good", "bad", "next"]) {
  on(name, () => {
    const button = document.querySelector(`[data-answer="${name}"]`);
    if (button === null) return false;
    button.form.requestSubmit(button);
    return true;
  });
}
