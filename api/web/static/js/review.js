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
let sent = Promise.resolve();

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
  if (item) drawDesk(item);
  else drawEmpty();
}

function drawEmpty() {
  byId("nothing").hidden = queue.unsaid;
  byId("unsaid").hidden = byId("again").hidden = !queue.unsaid;
  byId("undo").hidden = !queue.steps.length;
}

function drawDesk(item) {
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
  try {
    await step();
  } finally {
    draw();
  }
});

/** Let each label stand for its item; undefined takes back what was said. */
function decide(decisions) {
  const send = async () => {
    for (const { item, label } of decisions) await settle(item, label);
  };
  // One after another, so that no undo overtakes what it takes back.
  sent = sent.then(send, send);
  return sent;
}

async function settle(item, label) {
  if (item.said === label) return;
  const { job_id: jobId, result } = item;
  await (label ? say(jobId, result.index, label) : takeBack(jobId, result.index));
  const more = Boolean(label) - Boolean(item.said);
  [left, done] = [left - more, done + more];
  item.said = label;
}

/** Decide, in one step of which undo knows, and go on at once. */
const conclude = (decisions, goOn) => move(async () => {
  queue.remember(decisions.map(({ item }) => item));
  await goOn();
  // The next image need not wait; whether all are done is not known before this is.
  if (queue.current) draw();
  await decide(decisions);
});

const onSay = (label) => conclude([{ item: queue.current, label }], () => queue.forward());

function agreeAll() {
  const first = queue.at - (queue.at % NINE);
  const open = queue.items.slice(first, first + NINE).filter(({ said }) => !said);
  return conclude(open.map((item) => ({ item, label: item.result.prediction })), () => queue.go(first + NINE));
}

const onUndo = () => move(() => decide(queue.back()));
const onAgree = () => onSay(queue.current.result.prediction);
const onSkip = () => move(() => queue.forward());

/** What a key does here, if anything; with no image in hand there is only something to take back. */
function actionOf(event) {
  const verdict = verdictOf(event, queue.current?.result.prediction);
  if (verdict?.undo) return onUndo;
  if (!queue.current) return null;
  if (event.key === " " && !event.target.closest("button, a, select")) return onSkip;
  if (event.key === "Enter" && event.shiftKey && verdict) return agreeAll;
  return verdict && (() => onSay(verdict.label));
}

freeKeys(byId("main"));
onKeys(byId("keys"), { onSay, onAgree, onUndo, onSkip });
onKeys(byId("empty"), { onUndo });
byId("agree-all").addEventListener("click", agreeAll);
byId("again").addEventListener("click", () => move(() => queue.rewind()));
byId("format").addEventListener("change", ({ target }) => {
  byId("export").href = `/v1/reviews/export?format=${target.value}`;
});
document.addEventListener("keydown", (event) => {
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
});
move(() => queue.go(0));
