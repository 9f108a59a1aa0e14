// Draw a digit and see it read at once: each pause sends the drawing, and the last answer counts.

import { call } from "./http.js";
import { byId, element, percent, toast } from "./page.js";
import { DECISION_WORDS, reasonsInWords, scoreBars } from "./scores.js";

const PEN = 18;
const PAUSE_MS = 350;
const DIGITS = [..."0123456789"];

const pad = byId("pad");
const pen = pad.getContext("2d");
let drawing = 0;
let pause;
let lastJob = null;

function clear() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, pad.width, pad.height);
  Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#16181d" });
  drawing++;
  clearTimeout(pause);
  show({ prediction: "", top_k: [] });
  byId("pad-verdict").textContent = "Draw with a mouse, a finger or a pen.";
  byId("pad-seen").replaceChildren();
}

function at(event) {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
}

function begin(event) {
  pad.setPointerCapture(event.pointerId);
  clearTimeout(pause);
  pen.beginPath();
  pen.moveTo(...at(event));
  draw(event);
}

function draw(event) {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  // A fast pen reports several positions at a time.
  for (const each of event.getCoalescedEvents?.() ?? []) pen.lineTo(...at(each));
  pen.lineTo(...at(event));
  pen.stroke();
}

function end() {
  clearTimeout(pause);
  pause = setTimeout(read, PAUSE_MS);
}

async function read() {
  const mine = ++drawing;
  const about = { filename: "drawing.png", options: { top_k: 10 }, metadata: { name: "A drawing" } };
  const body = { image: pad.toDataURL("image/png"), ...about };
  try {
    const answer = await call("POST", "/predict", body);
    if (lastJob) call("DELETE", `/v1/jobs/${lastJob}`).catch(() => {});
    lastJob = answer.job_id;
    if (mine === drawing) show(answer);
  } catch (error) {
    toast(error.message);
  }
}

function show(answer) {
  const scores = new Map(answer.top_k.map(({ label, score }) => [label, score]));
  byId("pad-scores").replaceChildren(...scoreBars(DIGITS.map((label) => ({ label, score: scores.get(label) ?? 0 }))));
  byId("pad-reading").textContent = answer.prediction || "?";
  if (!answer.prediction) return;
  const why = answer.reasons.length ? `: ${reasonsInWords(answer.reasons)}` : "";
  byId("pad-verdict").textContent = `${percent(answer.confidence)} sure, ${DECISION_WORDS[answer.decision]}${why}`;
  byId("pad-seen").replaceChildren(element("img", { alt: "", src: `/v1/jobs/${answer.job_id}/results/0/normalized` }));
}

pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", draw);
pad.addEventListener("pointerup", end);
pad.addEventListener("pointercancel", end);
byId("pad-clear").addEventListener("click", clear);
clear();
