// A job's page: watch it, then look at what was read.

import { Detail } from "./detail.js";
import { Filters } from "./filters.js";
import { follow } from "./follow.js";
import { leftOutWords } from "./gather.js";
import { Grid } from "./grid.js";
import { call } from "./http.js";
import { Outline } from "./outline.js";
import { byId, count, telling, toast } from "./page.js";
import { Pictures } from "./pictures.js";
import { showProgress } from "./progress.js";

const { job: id, total } = byId("main").dataset;
const outline = new Outline(id, Number(total));
const pictures = new Pictures(id);
const filters = new Filters(outline, draw);
const grid = new Grid(byId("grid"), { outline, pictures, onOpen: telling((place) => detail.open(place)) });
const detail = new Detail(id, { pictures, indexAt: (place) => grid.shown[place], onCorrect: corrected });

let updating = null;

function draw() {
  const chosen = filters.chosen();
  filters.show();
  grid.set(chosen);
  const all = count(outline.where(() => true).length);
  byId("shown").textContent = filters.active ? `${count(chosen.length)} of ${all} images` : "";
}

/** Fetch what is new; news that come meanwhile are fetched afterwards, once. */
async function update() {
  if (updating) return void (updating.again = true);
  const mine = (updating = { again: false });
  try {
    await outline.update();
  } finally {
    updating = null;
  }
  draw();
  if (mine.again) await update();
}

function corrected(index, label) {
  outline.correct(index, label);
  filters.show();
  grid.refresh(index);
}

/** What the upload left out stands in the address that it led to; it is said once. */
function tellLeftOut() {
  const [, leftOut] = location.hash.match(/^#left-out=(\d+)$/) ?? [];
  if (!leftOut) return;
  toast(leftOutWords(Number(leftOut)));
  history.replaceState(null, "", location.pathname);
}

const watch = () =>
  follow(id, (job) => {
    showProgress(job);
    telling(update)();
  });

byId("cancel").addEventListener("click", telling(() => call("POST", `/v1/jobs/${id}/cancel`)));
byId("retry").addEventListener("click", telling(async () => {
  await call("POST", `/v1/jobs/${id}/retry`);
  outline.reset();
  watch();
}));
byId("delete").addEventListener("click", telling(async () => {
  if (!confirm("Delete this job, its images and its results?")) return;
  await call("DELETE", `/v1/jobs/${id}`);
  location.assign("/jobs");
}));
tellLeftOut();
watch();
