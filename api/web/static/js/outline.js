// Every result of a job in columns: what is needed to count, filter and sort a hundred thousand of them at once.

import { get } from "./http.js";

const DECISIONS = ["", "accept", "needs_review", "reject", "failed"];
const PAGE = 20000;

export class Outline {
  constructor(jobId, total) {
    this.path = `/v1/jobs/${jobId}/outline`;
    this.total = total;
    this.predictions = new Array(total).fill(null);
    this.confidences = new Float32Array(total);
    this.corrected = new Map();
    this.reset();
  }

  /** Forget which images have a result, as after a retry. */
  reset() {
    this.decisions = new Uint8Array(this.total);
    this.known = 0;
  }

  /** Fetch what is new: all from the first image that has no result yet. */
  async update() {
    const { decisions } = this;
    let page;
    let after = this.known - 1;
    do {
      page = await get(`${this.path}?after=${after}&limit=${PAGE}`);
      // What was asked for before a reset is no longer true.
      if (decisions !== this.decisions) return;
      page.index.forEach((index, row) => this.take(page, index, row));
      after = page.index.at(-1);
    } while (page.has_more);
    while (this.known < this.total && this.decisions[this.known]) this.known++;
  }

  take(page, index, row) {
    this.predictions[index] = page.prediction[row];
    this.confidences[index] = page.confidence[row] ?? 0;
    this.decisions[index] = DECISIONS.indexOf(page.decision[row]);
    if (page.corrected[row]) this.corrected.set(index, page.corrected[row]);
  }

  /** What a person said ("none" for not a digit), or undefined: nobody has looked. */
  correct(index, label) {
    if (label === undefined) this.corrected.delete(index);
    else this.corrected.set(index, label);
  }

  decision(index) {
    return DECISIONS[this.decisions[index]];
  }

  /** Whether an image belongs to a choice; "corrected" is one beside the model's decisions. */
  is(index, choice) {
    return choice === "corrected" ? this.corrected.has(index) : this.decision(index) === choice;
  }

  /** What to take for true: a person's word, or else the model's. */
  digit(index) {
    return this.corrected.get(index) ?? this.predictions[index];
  }

  leastSureFirst(indexes) {
    return indexes.sort((one, other) => this.confidences[one] - this.confidences[other]);
  }

  /** The indexes of the results so far that pass `test`, in the order sent. */
  where(test) {
    const found = [];
    for (let index = 0; index < this.total; index++) if (this.decisions[index] && test(index)) found.push(index);
    return found;
  }
}
