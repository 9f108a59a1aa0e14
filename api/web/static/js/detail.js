// One image in a dialog: as sent, as the model saw it, how it was read, and what a person says.

import { get } from "./http.js";
import { byId, element, percent, telling } from "./page.js";
import { DECISION_WORDS, reasonsInWords, scoreBars } from "./scores.js";
import { freeKeys, onKeys, say, takeBack, verdictOf } from "./verdicts.js";

export class Detail {
  /** `places` gives the index at a place of what is shown; `onCorrect` hears (index, label or undefined). */
  constructor(jobId, { pictures, indexAt, onCorrect }) {
    Object.assign(this, { jobId, pictures, indexAt, onCorrect });
    this.dialog = byId("detail");
    byId("close").addEventListener("click", () => this.dialog.close());
    byId("previous").addEventListener("click", () => this.step(-1));
    byId("next").addEventListener("click", () => this.step(1));
    document.addEventListener("keydown", (event) => this.dialog.open && this.key(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    freeKeys(this.dialog);
    onKeys(byId("keys"), {
      onSay: (label) => this.say(label),
      onAgree: () => this.say(this.result?.prediction),
      onUndo: () => this.undo(),
    });
    this.say = telling(this.say.bind(this));
    this.undo = telling(this.undo.bind(this));
  }

  async open(place) {
    this.place = place;
    this.index = this.indexAt(place);
    // Nobody agrees with what is not known yet, least of all with the answer of the image before.
    this.result = null;
    if (!this.dialog.open) this.appear();
    byId("previous").disabled = this.indexAt(place - 1) === undefined;
    byId("next").disabled = this.indexAt(place + 1) === undefined;
    const index = this.index;
    this.pictures.show(index, byId("original"));
    this.showSeen(index);
    this.loading = get(`/v1/jobs/${this.jobId}/results/${index}`).then((result) => this.show(result));
    await this.loading;
  }

  appear() {
    this.dialog.showModal();
    // Else the browser focuses the first button, and Enter would press it.
    this.dialog.focus();
  }

  showSeen(index) {
    const image = element("img", { alt: "", src: `/v1/jobs/${this.jobId}/results/${index}/normalized` });
    image.addEventListener("error", () => image.replaceWith("nothing"));
    byId("seen").replaceChildren(image);
  }

  show(result) {
    if (result.index !== this.index) return;
    this.result = result;
    byId("detail-title").textContent = result.filename || `Image ${result.index}`;
    byId("reading").textContent = result.prediction ?? "–";
    byId("verdict").textContent = wordsOf(result);
    byId("scores").replaceChildren(...scoreBars(result.top_k));
    const why = result.reasons.length ? `Because ${reasonsInWords(result.reasons)}.` : "";
    byId("reasons").textContent = result.error?.message ?? why;
    byId("keys").querySelector("[data-key=Enter]").disabled = !result.prediction;
    this.mark(result.correction && (result.correction.label ?? "none"));
  }

  mark(label) {
    for (const button of byId("keys").querySelectorAll("[data-label]")) {
      button.setAttribute("aria-pressed", button.dataset.label === label);
    }
  }

  step(by) {
    if (this.indexAt(this.place + by) !== undefined) return this.open(this.place + by);
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in steps) return this.step(steps[event.key]);
    const verdict = verdictOf(event, this.result?.prediction);
    if (!verdict) return;
    event.preventDefault();
    if (verdict.undo) this.undo();
    else this.say(verdict.label);
  }

  async say(label) {
    if (!label) return;
    const { index } = this;
    // What is being shown must not arrive after what is said of it.
    await this.loading;
    this.show(await say(this.jobId, index, label));
    this.onCorrect(index, label);
  }

  async undo() {
    const { index } = this;
    await this.loading;
    this.show(await takeBack(this.jobId, index));
    this.onCorrect(index, undefined);
  }
}

function wordsOf(result) {
  if (result.status === "failed") return "failed";
  return `${percent(result.confidence)} sure, ${DECISION_WORDS[result.decision]}`;
}
