// The review queue: nine doubtful images at a time, one of them in hand; every key is one decision.

import { get } from "./http.js";
import { byId, count, element, percent, telling } from "./page.js";
import { Pictures } from "./pictures.js";
import { Queue } from "./queue.js";
import { reasonsInWords, scoreBars } from "./scores.js";
import { freeKeys, onKeys, say, takeBack, verdictOf } from "./verdicts.js";

const NINE = 9;
const queue = new Queue((after) => get(`/v1/reviews/pending?limit=45&after=${after}`));
const jobs = new Map();
let left = Number(byId("main").dataset.pending);
let done = 0;

function picturesOf(jobId) {
  if (!jobs.has(jobId)) jobs.set(jobId, new Pictures(jobId));
  return jobs.get(jobId);
}

function draw() {
  const item = queue.current;
  byId("desk").hidden = !item;
  byId("empty").hidden = Boolean(item);
  byId("left").textContent = count(left);
  byId("done").textContent = count(done);
  if (!item) return;
  const { job_id: jobId, result } = item;
  byId("name").textContent = result.filename || `Image ${result.index}`;
  picturesOf(jobId).show(result.index, byId("original"));
  byId("seen").replaceChildren(element("img", { alt: "", src: `/v1/jobs/${jobId}/results/${result.index}/normalized` }));
  byId("reading").textContent = result.prediction;
  byId("verdict").textContent = `${percent(result.confidence)} sure`;
  byId("scores").replaceChildren(...scoreBars(result.top_k));
  byId("reasons").textContent = `Because ${reasonsInWords(result.reasons)}.`;
  for (const button of byId("keys").querySelectorAll("[data-label]")) {
    button.setAttribute("aria-pressed", button.dataset.label === item.said);
  }
  drawNine();
}

function drawNine() {
  const first = queue.at - (queue.at % NINE);
  byId("nine").replaceChildren(...queue.items.slice(first, first + NINE).map((item, place) => small(item, first + place)));
}

function small(item, at) {
  const picture = element("span", { className: "picture" });
  const answer = item.said ? `✓ ${item.said === "none" ? "✕" : item.said}` : `${item.result.prediction}?`;
  const button = element("button", { type: "button" }, picture, element("b", { textContent: answer }));
  button.setAttribute("aria-current", at === queue.at);
  button.setAttribute("aria-label", `${answer}, ${item.result.filename}`);
  button.toggleAttribute("data-said", Boolean(item.said));
  button.addEventListener("click", () => move(() => queue.go(at)));
  // The frame must be on the page when its picture comes, so it is asked for a moment later.
  queueMicrotask(() => picturesOf(item.job_id).show(item.result.index, picture));
  return button;
}

const move = telling(async (step) => {
  await step();
  draw();
});

async function decide(item, label) {
  await say(item.job_id, item.result.index, label);
  if (!item.said) [left, done] = [left - 1, done + 1];
  item.said = label;
}

const onSay = (label) => move(async () => {
  const item = queue.current;
  queue.remember();
  await queue.forward();
  draw();
  await decide(item, label);
});

const onUndo = () => move(async () => {
  const item = queue.back();
  if (!item) return;
  await takeBack(item.job_id, item.result.index);
  item.said = undefined;
  [left, done] = [left + 1, done - 1];
});

const agreeAll = () => move(async () => {
  const first = queue.at - (queue.at % NINE);
  const open = queue.items.slice(first, first + NINE).filter(({ said }) => !said);
  for (const item of open) await decide(item, item.result.prediction);
  await queue.go(first + NINE);
});

const onAgree = () => onSay(queue.current.result.prediction);
const onSkip = () => move(() => queue.forward());

freeKeys(byId("main"));
onKeys(byId("keys"), { onSay, onAgree, onUndo, onSkip });
byId("agree-all").addEventListener("click", agreeAll);
byId("format").addEventListener("change", ({ target }) => {
  byId("export").href = `/v1/reviews/export?format=${target.value}`;
});
document.addEventListener("keydown", (event) => {
  const verdict = verdictOf(event, queue.current?.result.prediction);
  const skip = event.key === " " && !event.target.closest("button, a, select");
  if (!queue.current || (!verdict && !skip)) return;
  event.preventDefault();
  if (skip) onSkip();
  else if (event.shiftKey && event.key === "Enter") agreeAll();
  else if (verdict.undo) onUndo();
  else onSay(verdict.label);
});
move(() => queue.go(0));
