// How far a job is, in words and as a bar.

import { byId, count, element, percent } from "./page.js";

export function showProgress(job) {
  const { counts } = job;
  byId("bar").value = counts.total - counts.queued - counts.processing;
  byId("state").textContent = byId("state").dataset.state = stateOf(job);
  byId("counts").replaceChildren(...tally(job).map((text) => element("span", { textContent: text })));
  byId("pace").textContent = paceOf(job.progress);
  byId("cancel").hidden = Boolean(job.ended_at);
  byId("delete").hidden = !job.ended_at;
  byId("retry").hidden = !job.ended_at || !counts.failed;
}

function stateOf({ status, outcome }) {
  if (status === "completed") return { partial: "partly read", all_failed: "nothing read" }[outcome] ?? "completed";
  return status === "in_progress" ? "reading" : status;
}

function tally({ counts, accepted_share: share }) {
  const read = [`${count(counts.succeeded)} of ${count(counts.total)} read`];
  if (share !== null) read.push(`${percent(share)} accepted`);
  const others = ["needs_review", "rejected", "failed", "canceled", "expired"].filter((name) => counts[name]);
  return [...read, ...others.map((name) => `${count(counts[name])} ${name === "needs_review" ? "to review" : name}`)];
}

function paceOf({ items_per_second: rate, eta_seconds: left }) {
  if (!rate) return "";
  const pace = `${count(Math.round(rate))} images/s`;
  return left ? `${pace}, about ${duration(left)} left` : pace;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
