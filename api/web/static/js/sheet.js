// The contact sheet: every image read as one digit, the least sure first.

import { Detail } from "./detail.js";
import { DENSE, Grid } from "./grid.js";
import { Outline } from "./outline.js";
import { byId, count, telling } from "./page.js";
import { Pictures } from "./pictures.js";
import { printSheet, saveSheet } from "./save.js";

const { job: id, total, name } = byId("main").dataset;
const outline = new Outline(id, Number(total));
const pictures = new Pictures(id);
const grid = new Grid(byId("grid"), { outline, pictures, onOpen: telling((place) => detail.open(place)), size: DENSE });
const detail = new Detail(id, { pictures, indexAt: (place) => grid.shown[place], onCorrect: corrected });
let digit = new URLSearchParams(location.search).get("digit") ?? "0";

const readAs = (label) => outline.where((index) => outline.predictions[index] === label);

function show(label) {
  digit = label;
  history.replaceState(null, "", `?digit=${label}`);
  const found = outline.leastSureFirst(readAs(label));
  grid.set(found);
  byId("shown").textContent = `${count(found.length)} images read as ${label}`;
  for (const button of byId("digits").children) {
    button.setAttribute("aria-pressed", button.dataset.digit === label);
    button.querySelector("span").textContent = count(readAs(button.dataset.digit).length);
  }
}

function corrected(index, label) {
  outline.correct(index, label);
  grid.refresh(index);
}

byId("digits").addEventListener("click", ({ target }) => {
  const label = target.closest("button")?.dataset.digit;
  if (label) show(label);
});
const sheet = () => ({ name, digit, indexes: grid.shown, outline, pictures });
byId("save").addEventListener("click", telling(() => saveSheet(sheet())));
byId("print").addEventListener("click", telling(() => printSheet(byId("paper"), sheet())));
addEventListener("afterprint", () => byId("paper").replaceChildren());
telling(async () => {
  await outline.update();
  show(digit);
})();
