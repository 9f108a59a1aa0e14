// Every result of a job in columns: what is needed to count, filter and sort a hundred thousand of them at once.

import { get } from "./http.js";

export const DECISIONS = ["", "accept", "needs_review", "reject", "failed"];
const PAGE = 20000;

export class Outline {
  constructor(jobId, total) {
    this.path = `/v1/jobs/${jobId}/outline`;
    this.total = total;
    this.predictions = new Array(total).fill(null);
    this.confidences = new Float32Array(total);
    this.decisions = new Uint8Array(total);
    this.known = 0;
  }

  /** Fetch what is new: all from the first image that has no result yet. */
  async update() {
    let after = this.known - 1;
    let page;
    do {
      page = await get(`${this.path}?after=${after}&limit=${PAGE}`);
      page.index.forEach((index, row) => {
        this.predictions[index] = page.prediction[row];
        this.confidences[index] = page.confidence[row] ?? 0;
        this.decisions[index] = DECISIONS.indexOf(page.decision[row]);
      });
      after = page.index.at(-1);
    } while (page.has_more);
    while (this.known < this.total && this.decisions[this.known]) this.known++;
  }

  decision(index) {
    return DECISIONS[this.decisions[index]];
  }

  /** The indexes that pass `test`, in the order sent. */
  where(test) {
    const found = [];
    for (let index = 0; index < this.total; index++) if (this.decisions[index] && test(index)) found.push(index);
    return found;
  }
}
