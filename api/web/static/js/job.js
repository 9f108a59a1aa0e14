// A job's page: watch it, then look at what was read.

import { Grid } from "./grid.js";
import { call, get } from "./http.js";
import { Outline } from "./outline.js";
import { byId, count, telling, toast } from "./page.js";
import { Pictures } from "./pictures.js";

const { job: id, total } = byId("main").dataset;
const outline = new Outline(id, Number(total));
const grid = new Grid(byId("grid"), { outline, pictures: new Pictures(id) });

async function watch() {
  for (;;) {
    const job = await get(`/v1/jobs/${id}?wait=1`);
    show(job);
    await outline.update();
    grid.set(outline.where(() => true));
    if (job.ended_at) return;
  }
}

function show(job) {
  const { counts, progress } = job;
  byId("bar").value = counts.total - counts.queued - counts.processing;
  byId("state").textContent = byId("state").dataset.state = stateOf(job);
  byId("counts").replaceChildren(...tally(counts));
  byId("pace").textContent = progress.items_per_second ? `${count(Math.round(progress.items_per_second))} images/s` : "";
  byId("cancel").hidden = Boolean(job.ended_at);
  byId("delete").hidden = !job.ended_at;
}

function stateOf({ status, outcome }) {
  if (status === "completed") return { partial: "partly read", all_failed: "nothing read" }[outcome] ?? "completed";
  return status === "in_progress" ? "reading" : status;
}

function tally(counts) {
  const words = [["read", counts.succeeded], ["to review", counts.needs_review], ["failed", counts.failed], ["canceled", counts.canceled]];
  return words.filter(([word, number]) => number || word === "read").map(([word, number]) => Object.assign(document.createElement("span"), { textContent: `${count(number)} ${word}` }));
}

byId("cancel").addEventListener("click", telling(() => call("POST", `/v1/jobs/${id}/cancel`)));
byId("delete").addEventListener("click", telling(async () => {
  if (!confirm("Delete this job, its images and its results?")) return;
  await call("DELETE", `/v1/jobs/${id}`);
  location.assign("/jobs");
}));
watch().catch((error) => toast(error.message));
